"""The trained reader: verbatim evidence, the order of passages, short answers, calibration.

Nothing here rests on a figure of the bundled model or calibration: better ones replace both.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents import Document, Filters, Kind, Metadata, Passage, ScoredPassage, Section
from assistant.dutch.analysis import Analyzer
from assistant.dutch.mentions import Mention
from assistant.embedding import BundledEncoder
from assistant.index import Index
from assistant.matching import Matcher, Sentence
from assistant.passages import split_document
from assistant.reader_model import ReadSentence, bundled_reader_model
from assistant.reading import (
    Calibration,
    Features,
    Reading,
    Thresholds,
    TrainedReader,
    bundled_calibration,
    short_answer,
    weigh,
)
from assistant.retrieval import HybridRetriever

QUESTIONS = (
    "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    "Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?",
    "Wie zijn lid van de sectorale partnerschappen?",
    "Wanner vont de laaste stuurgrop plaats?",
    "Wat is de hoofdstad van Peru?",
    "😀",
    "",
    "\x00\u202e stuur\u00adgroep?",
    "<b>&amp;</b>" * 166,
)
FEATURES = [field.name for field in fields(Features)]
NEUTRAL = Features(**dict.fromkeys(FEATURES, 0.0))
BY_WORDS = Calibration(
    relevance=replace(NEUTRAL, sentence_coverage=1.0),
    confidence=replace(NEUTRAL, sentence_coverage=2.0),
    bias=-1.0,
    thresholds=Thresholds(answered=0.7, partial=0.4),
)
"""Weighs what needs no network, so that the best sentence is known."""


@pytest.fixture(scope="module")
def reader(index: Index) -> TrainedReader:
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    return TrainedReader(matcher, bundled_reader_model(), bundled_calibration())


@pytest.fixture(scope="module")
def retriever(index: Index, encoder: BundledEncoder) -> HybridRetriever:
    return HybridRetriever(index=index, encoder=encoder)


def make(name: str, text: str, heading: int = 0) -> Document:
    path = (text[:heading],) if heading else ()
    section = Section(path, 0, heading, len(text))
    return Document(name, text, (section,), Metadata(name.capitalize(), Kind.ANDERE))


def as_found(*passages: Passage) -> list[ScoredPassage]:
    """Passages as retrieved, in this order."""
    return [ScoredPassage(p, 1 / n, 0.85, n, None) for n, p in enumerate(passages, 1)]


def read(
    question: str, *documents: Document, calibration: Calibration = BY_WORDS
) -> tuple[Reading, list[ScoredPassage]]:
    """What is read in whole documents, and the passages as they were given."""
    analyzer = Analyzer.learn(document.text for document in documents)
    matcher = Matcher({d.id: d for d in documents}, analyzer, lambda _term: 1.0)
    found = as_found(*(p for d in documents for p in split_document(d)))
    return TrainedReader(matcher, bundled_reader_model(), calibration).read(question, found), found


def assert_sound(
    reading: Reading, found: list[ScoredPassage], documents: dict[str, Document]
) -> None:
    """What ``Reader.read`` and ``Reading`` promise."""
    spans = [(item.passage.document, item.start, item.end) for item in reading.evidence]
    assert len(set(spans)) == len(spans)
    for item in reading.evidence:
        assert item.text == documents[item.passage.document].text[item.start : item.end]
        assert item.passage.body_start <= item.start < item.end <= item.passage.end
        assert item.text == item.text.strip()
        assert item.short_answer in item.text
        assert 0 <= item.confidence <= 1
    assert sorted(reading.passages, key=id) == sorted(found, key=id)
    if reading.evidence:
        assert reading.passages[0].passage == reading.evidence[0].passage


# The contract


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_read_in_the_corpus_is_sound(
    question: str, reader: TrainedReader, retriever: HybridRetriever, index: Index
) -> None:
    found = retriever.search("stuurgroep opzegtermijn partnerschappen leden", Filters(), 10)
    reading = reader.read(question, found)
    assert reading.evidence
    assert_sound(reading, found, index.documents)


def test_every_sentence_of_the_passages_is_offered(
    reader: TrainedReader, retriever: HybridRetriever, index: Index
) -> None:
    found = retriever.search(QUESTIONS[0], Filters(), 10)
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    sentences = {(s.start, s.text) for f in found for s in matcher.sentences(f.passage)}
    assert {(e.start, e.text) for e in reader.read(QUESTIONS[0], found).evidence} == sentences


def test_the_sentence_that_answers_comes_first(
    reader: TrainedReader, retriever: HybridRetriever
) -> None:
    best = reader.read(QUESTIONS[0], retriever.search(QUESTIONS[0], Filters(), 10)).evidence[0]
    assert best.text == "De laatste stuurgroep dateert van 17 januari 2013."
    assert best.short_answer == "17 januari 2013"


def test_a_question_that_the_corpus_answers_gets_more_confidence_than_one_it_does_not(
    reader: TrainedReader, retriever: HybridRetriever
) -> None:
    def best(question: str) -> float:
        found = retriever.search(question, Filters(), 10)
        return reader.read(question, found).evidence[0].confidence

    assert best(QUESTIONS[0]) >= reader.thresholds.partial > best("Wat is de hoofdstad van Peru?")


def test_no_passages_give_an_empty_reading(reader: TrainedReader) -> None:
    assert reader.read(QUESTIONS[0], []) == Reading((), ())
    reader.warm_up([])


@pytest.mark.parametrize("text", ["Duur", "Duur\n\n", "Duur\n\n- "])
def test_a_passage_of_a_heading_alone_is_kept_without_evidence(text: str) -> None:
    full = make("vol", "De raad vergadert elke maand.")
    reading, found = read("Hoe vaak vergadert de raad?", make("leeg", text, len("Duur\n\n")), full)
    assert [item.passage.document for item in reading.evidence][:1] == ["vol"]
    assert [item.passage.document for item in reading.passages] == ["vol", "leeg"]
    assert_sound(reading, found, {"vol": full, "leeg": make("leeg", text)})


def test_reading_again_after_warming_up_gives_the_same(
    reader: TrainedReader, retriever: HybridRetriever, index: Index
) -> None:
    found = retriever.search(QUESTIONS[1], Filters(), 3)
    first = reader.read(QUESTIONS[1], found)
    reader.warm_up(index.passages)
    assert reader.read(QUESTIONS[1], found) == first


def test_threads_read_what_is_read_one_by_one(
    reader: TrainedReader, retriever: HybridRetriever
) -> None:
    found = retriever.search(QUESTIONS[0], Filters(), 3)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda question: reader.read(question, found), QUESTIONS))
    for question, reading in zip(QUESTIONS, together, strict=True):
        alone = reader.read(question, found)
        assert [e.text for e in reading.evidence] == [e.text for e in alone.evidence]


@settings(derandomize=True, max_examples=25, deadline=None)
@given(
    question=st.text(max_size=30),
    parts=st.lists(
        st.one_of(
            st.sampled_from(["- ", "1. ", "\n", "\n\n", ". ", "De raad telt 3 leden. ", "x" * 900]),
            st.text(max_size=20),
        ),
        min_size=1,
        max_size=10,
    ),
)
def test_whatever_is_written_is_read_soundly(question: str, parts: list[str]) -> None:
    document = make("nota", "".join(parts) or " ")
    reading, found = read(question, document)
    assert_sound(reading, found, {"nota": document})


# The order of evidence and passages


def test_the_passage_with_the_best_sentence_comes_first_wherever_it_was_found() -> None:
    documents = [
        make("een", "De raad vergadert elke maand."),
        make("twee", "De overeenkomst loopt lang. Zij eindigt in mei."),
        make("drie", "Wie tekent er? De opzegtermijn van de overeenkomst is zes maanden."),
    ]
    reading, found = read("Wat is de opzegtermijn van de overeenkomst?", *documents)
    assert reading.evidence[0].text == "De opzegtermijn van de overeenkomst is zes maanden."
    assert [item.passage.document for item in reading.passages] == ["drie", "twee", "een"]
    assert_sound(reading, found, {document.id: document for document in documents})


def test_passages_that_are_alike_keep_their_order() -> None:
    documents = [make(name, f"Lid {name} tekent.") for name in ("een", "twee", "drie")]
    reading, found = read("Wat kost het?", *documents)
    assert list(reading.passages) == found


def test_a_sentence_that_stands_in_two_documents_is_evidence_in_both() -> None:
    documents = [make(name, "De raad vergadert elke maand.") for name in ("een", "twee")]
    reading, _ = read("Wanneer vergadert de raad?", *documents)
    assert [item.passage.document for item in reading.evidence] == ["een", "twee"]


def test_confidence_follows_from_bias_and_weights() -> None:
    document = make("nota", "De raad telt leden. Zij eten.")
    reading, _ = read("raad leden", document)
    sure, unsure = (item.confidence for item in reading.evidence)
    assert sure == pytest.approx(0.7310586)  # 1 / (1 + exp(-1))
    assert unsure == pytest.approx(0.2689414)


def test_the_thresholds_are_those_of_the_calibration(index: Index) -> None:
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    reader = TrainedReader(matcher, bundled_reader_model(), BY_WORDS)
    assert reader.thresholds == BY_WORDS.thresholds


def test_extreme_weights_still_give_a_probability() -> None:
    extreme = replace(BY_WORDS, confidence=replace(NEUTRAL, evidence=40.0), bias=-300.0)
    reading, _ = read("Wie?", make("nota", "De raad telt leden."), calibration=extreme)
    assert 0 <= reading.evidence[0].confidence < 1e-9


# Short answers

TEXT = "Op 3 mei 2015 en 4 mei 2016 kwam Ann Peeters, die leidt."
OFFSET = 100


def short(span: str, hits: list[str]) -> str:
    """The short answer when the network points at ``span``; the sentence stands at ``OFFSET``."""
    passage = Passage("nota", Section((), 0, 90, 200), 90, 200, "")
    nothing: frozenset[str] = frozenset()
    end = OFFSET + len(TEXT)
    sentence = Sentence(passage, OFFSET, end, TEXT, nothing, nothing, nothing, nothing)
    start = TEXT.index(span) + OFFSET - passage.body_start
    pointed = ReadSentence(10, 10 + len(TEXT), 0.0, start, start + len(span), 0.5)
    mentions = [Mention(hit, TEXT.index(hit), TEXT.index(hit) + len(hit)) for hit in hits]
    return short_answer(sentence, pointed, passage.body_start, mentions)


@pytest.mark.parametrize("span", ["mei 2015", "3 mei 2015", "Op 3", "2015 en", "Op 3 mei 2015"])
def test_the_date_that_the_span_touches_is_the_whole_answer(span: str) -> None:
    assert short(span, ["3 mei 2015", "4 mei 2016"]) == "3 mei 2015"


def test_a_span_over_two_dates_keeps_both() -> None:
    assert short("2015 en 4", ["3 mei 2015", "4 mei 2016"]) == "3 mei 2015 en 4 mei 2016"


def test_the_only_date_is_the_answer_wherever_the_span_is() -> None:
    assert short("Ann Peeters", ["3 mei 2015"]) == "3 mei 2015"


def test_a_span_that_touches_none_of_several_stays_the_answer() -> None:
    assert short("Ann Peeters", ["3 mei 2015", "4 mei 2016"]) == "Ann Peeters"


@pytest.mark.parametrize("span", ["Ann Peeters", " Ann Peeters", "Ann Peeters, "])
def test_without_mentions_the_span_is_the_answer(span: str) -> None:
    assert short(span, []) == "Ann Peeters"


def test_a_span_that_only_meets_a_mention_does_not_touch_it() -> None:
    assert short(" en ", ["3 mei 2015", "4 mei 2016"]) == "en"


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Wanneer was de vergadering?", "De vergadering was op 3 maart 2015.", "3 maart 2015"),
        ("Hoeveel leden zijn er?", "De raad telt 12 leden.", "12"),
        ("Welke opzegtermijn geldt er?", "De termijn is zes maanden.", "zes maanden"),
        ("Wie is de voorzitter?", "De voorzitter is Luc Sels.", "Luc Sels"),
        ("Hoeveel van de 12 leden kwamen?", "Van de 12 leden kwamen er 7.", "7"),
    ],
)
def test_the_only_date_number_or_name_of_a_sentence_is_its_short_answer(
    question: str, text: str, expected: str
) -> None:
    reading, _ = read(question, make("nota", text))
    assert reading.evidence[0].short_answer == expected


# Calibration


def test_weighing_adds_every_feature_times_its_weight() -> None:
    assert weigh(NEUTRAL, replace(NEUTRAL, span=5.0)) == 0
    for name in FEATURES:
        one = replace(NEUTRAL, **{name: 2.0})
        assert weigh(one, replace(NEUTRAL, **{name: -1.5})) == -3.0
    ones = Features(**dict.fromkeys(FEATURES, 1.0))
    assert weigh(ones, ones) == len(FEATURES)


def test_a_calibration_survives_json() -> None:
    weights = Features(**{name: number / 7 for number, name in enumerate(FEATURES)})
    calibration = Calibration(weights, replace(weights, span=-1.0), -2.5, Thresholds(0.61, 0.42))
    written = json.dumps(calibration.to_json())
    assert Calibration.from_json(json.loads(written)) == calibration


@pytest.mark.parametrize("part", ["relevance", "confidence"])
@pytest.mark.parametrize("name", ["evidence", "misses_ordinal"])
def test_a_calibration_of_another_version_is_refused(part: str, name: str) -> None:
    row = BY_WORDS.to_json()
    less = {key: value for key, value in row[part].items() if key != name}
    for other in (less, {**row[part], "new": 1.0}):
        with pytest.raises(TypeError):
            Calibration.from_json({**row, part: other})


def test_the_bundled_calibration_has_thresholds_in_order() -> None:
    thresholds = bundled_calibration().thresholds
    assert 0 < thresholds.partial <= thresholds.answered < 1
