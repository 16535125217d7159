"""The reader without a network: verbatim evidence, and what counts as a short answer."""

from dataclasses import replace

import pytest

from assistant.documents import (
    Document,
    Evidence,
    Filters,
    Kind,
    Metadata,
    Passage,
    ScoredPassage,
    Section,
)
from assistant.dutch.analysis import Analyzer
from assistant.embedding import BundledEncoder
from assistant.index import Index
from assistant.matching import Matcher
from assistant.passages import split_document
from assistant.reading import Reading
from assistant.retrieval import HybridRetriever
from assistant.similarity import Features, SimilarityReader, confidence, relevance

QUESTIONS = (
    "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    "Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?",
    "Wie was de eerste voorzitter van het Vlaams Partnerschap Duaal Leren?",
    "Waarvoor staat de afkorting SPOC?",
    "Wat is de hoofdstad van Peru?",
    "😀",
)
NEUTRAL = Features(0, 0, 0, 0, 0, 0, 0, 0)


@pytest.fixture(scope="module")
def reader(index: Index, encoder: BundledEncoder) -> SimilarityReader:
    return SimilarityReader(Matcher(index.documents, index.analyzer, index.rarity), encoder)


@pytest.fixture(scope="module")
def retriever(index: Index, encoder: BundledEncoder) -> HybridRetriever:
    return HybridRetriever(index=index, encoder=encoder)


def found_as_is(passage: Passage) -> ScoredPassage:
    return ScoredPassage(passage, score=0.1, cosine=0.85, dense_rank=1, lexical_rank=1)


def read_text(
    encoder: BundledEncoder, question: str, text: str, parties: tuple[str, ...] = ()
) -> tuple[Evidence, ...]:
    """Read a question from a document of one section."""
    metadata = Metadata("Nota", Kind.ANDERE, parties)
    document = Document("nota", text, (Section((), 0, 0, len(text)),), metadata)
    matcher = Matcher({document.id: document}, Analyzer.learn([text]), lambda _term: 1.0)
    found = [found_as_is(passage) for passage in split_document(document)]
    return SimilarityReader(matcher, encoder).read(question, found).evidence


def short_answer(encoder: BundledEncoder, question: str, text: str) -> str:
    return read_text(encoder, question, text)[0].short_answer


@pytest.mark.parametrize("question", QUESTIONS)
def test_evidence_is_verbatim_and_inside_the_body_of_its_passage(
    question: str, reader: SimilarityReader, retriever: HybridRetriever, index: Index
) -> None:
    found = retriever.search(question, Filters(), 10)
    reading = reader.read(question, found)
    assert reading.passages == tuple(found)
    assert reading.evidence
    for item in reading.evidence:
        assert item.text == index.documents[item.passage.document].text[item.start : item.end]
        assert item.passage.body_start <= item.start < item.end <= item.passage.end
        assert item.text == item.text.strip()
        assert item.short_answer in item.text
        assert 0 <= item.confidence <= 1


def test_every_sentence_is_offered_once(
    reader: SimilarityReader, retriever: HybridRetriever
) -> None:
    reading = reader.read(QUESTIONS[0], retriever.search(QUESTIONS[0], Filters(), 10))
    spans = [(item.passage.document, item.start, item.end) for item in reading.evidence]
    assert len(set(spans)) == len(spans)


def test_the_sentence_that_answers_comes_first(
    reader: SimilarityReader, retriever: HybridRetriever
) -> None:
    best = reader.read(QUESTIONS[0], retriever.search(QUESTIONS[0], Filters(), 10)).evidence[0]
    assert best.text == "De laatste stuurgroep dateert van 17 januari 2013."
    assert best.short_answer == "17 januari 2013"


def test_no_passages_give_an_empty_reading(reader: SimilarityReader) -> None:
    assert reader.read(QUESTIONS[0], []) == Reading((), ())


def test_a_passage_of_a_heading_alone_gives_no_evidence(encoder: BundledEncoder) -> None:
    section = Section(("Duur",), 0, 4, 4)
    document = Document("nota", "Duur", (section,), Metadata("Nota", Kind.ANDERE))
    reader = SimilarityReader(
        Matcher({"nota": document}, Analyzer([], {}), lambda _term: 1.0), encoder
    )
    found = [found_as_is(passage) for passage in split_document(document)]
    reader.warm_up(split_document(document))
    assert reader.read("Hoe lang duurt het?", found) == Reading((), tuple(found))


def test_reading_again_after_warming_up_gives_the_same(
    reader: SimilarityReader, retriever: HybridRetriever, index: Index
) -> None:
    found = retriever.search(QUESTIONS[1], Filters(), 10)
    first = reader.read(QUESTIONS[1], found)
    reader.warm_up(index.passages)
    assert reader.read(QUESTIONS[1], found) == first


def test_a_question_that_the_corpus_answers_gets_more_confidence_than_one_it_does_not(
    reader: SimilarityReader, retriever: HybridRetriever
) -> None:
    def best(question: str) -> float:
        found = retriever.search(question, Filters(), 10)
        return reader.read(question, found).evidence[0].confidence

    assert best(QUESTIONS[0]) > reader.thresholds.answered
    assert best("Wat is de hoofdstad van Peru?") < reader.thresholds.partial


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Wanneer was de vergadering?", "De vergadering was op 3 maart 2015.", "3 maart 2015"),
        ("Hoeveel leden zijn er?", "De raad telt 12 leden.", "12"),
        ("Welke opzegtermijn geldt er?", "De termijn is zes maanden.", "zes maanden"),
        ("Wie is de voorzitter?", "De voorzitter is Luc Sels.", "Luc Sels"),
    ],
)
def test_the_only_date_number_or_name_is_the_short_answer(
    question: str, text: str, expected: str, encoder: BundledEncoder
) -> None:
    assert short_answer(encoder, question, text) == expected


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Wanneer was de vergadering?", "Vergaderd werd op 3 maart 2015 en op 4 mei 2016."),
        ("Hoeveel leden zijn er?", "De raad telt 12 leden en 3 waarnemers."),
        ("Wie is de voorzitter?", "Luc Sels of Frank Baert is de voorzitter."),
    ],
)
def test_one_of_several_is_no_short_answer(
    question: str, text: str, encoder: BundledEncoder
) -> None:
    assert short_answer(encoder, question, text) == ""


def test_a_question_for_no_date_number_or_name_has_no_short_answer(
    encoder: BundledEncoder,
) -> None:
    assert short_answer(encoder, "Waarom werd vergaderd?", "Op 3 maart 2015 was er nood.") == ""


def test_what_the_question_says_is_not_its_short_answer(encoder: BundledEncoder) -> None:
    text = "Van de 12 leden kwamen er 7 naar de vergadering."
    question = "Hoeveel van de 12 leden kwamen naar de vergadering?"
    assert short_answer(encoder, question, text) == "7"
    assert short_answer(encoder, "Wanneer in 2015 was het?", "Het was in 2015.") == ""


def test_a_number_inside_a_number_of_the_question_is_still_an_answer(
    encoder: BundledEncoder,
) -> None:
    text = "De raad kwam 5 keer samen."
    assert short_answer(encoder, "Hoeveel keer kwam de raad samen in 2015?", text) == "5"


def test_a_sentence_about_another_party_than_asked_gets_less_confidence(
    index: Index, reader: SimilarityReader
) -> None:
    passages = {p.document: p for p in index.passages if "opgezegd" in p.text or "opzeg" in p.text}
    vvsg = found_as_is(passages["overeenkomst-vdab-vvsg-2017"])
    question = "Hoe kan de overeenkomst met {} worden opgezegd?"
    right = reader.read(question.format("VVSG"), [vvsg]).evidence[0].confidence
    wrong = reader.read(question.format("GO!"), [vvsg]).evidence[0].confidence
    assert right > wrong


@pytest.mark.parametrize("name", ["sentence_cosine", "sentence_coverage", "has_expected"])
def test_more_likeness_is_more_relevance(name: str) -> None:
    assert relevance(replace(NEUTRAL, **{name: 1.0})) > relevance(NEUTRAL)


@pytest.mark.parametrize("name", ["misses_expected", "names_other"])
def test_a_miss_lowers_relevance_and_confidence(name: str) -> None:
    missed = replace(NEUTRAL, **{name: 1.0})
    assert relevance(missed) < relevance(NEUTRAL)
    assert confidence(missed) < confidence(NEUTRAL)


def test_confidence_stays_a_probability() -> None:
    assert 0 <= confidence(replace(NEUTRAL, sentence_cosine=-30.0)) < 0.01
    assert 0.99 < confidence(replace(NEUTRAL, sentence_cosine=30.0)) <= 1
