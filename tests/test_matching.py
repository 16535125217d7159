"""How questions and sentences compare: coverage, kind of answer, parties, years, ordinals."""

import datetime as dt
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents import Document, Kind, Metadata, Section
from assistant.dutch.analysis import Analyzer
from assistant.dutch.questions import Expected
from assistant.index import Index
from assistant.matching import Asked, Match, Matcher, Sentence
from assistant.passages import split_document

HEADING = "Derde overleg\n\n"
TEXT = (
    f"{HEADING}De opzegtermijn is zes maanden. De eerste voorzitter is Ann Peeters.\n\n"
    "- Het overleg met VVSG was op 3 mei 2018."
)
VVSG = Metadata(
    "Overeenkomst VDAB – VVSG 2017",
    Kind.OVEREENKOMST,
    ("VDAB", "VVSG"),
    valid_from=dt.date(2016, 5, 24),
    valid_until=dt.date(2020, 1, 1),
)
PARTIES = ("VDAB", "VVSG", "GO!", "Vlaams Partnerschap Duaal Leren")


def make(text: str, metadata: Metadata = VVSG, heading: int = 0) -> Document:
    path = (text[:heading].strip(),) if heading else ()
    return Document("nota", text, (Section(path, 0, heading, len(text)),), metadata)


NOTE = make(TEXT, heading=len(HEADING))
OTHER = Document("ander", "Tekst.", (Section((), 0, 0, 6),), Metadata("A", Kind.ANDERE, PARTIES))


def matcher(document: Document = NOTE) -> Matcher:
    documents = {document.id: document, OTHER.id: OTHER}
    rare = {"opzegtermijn": 3.0}
    return Matcher(documents, Analyzer.learn([document.text]), lambda term: rare.get(term, 1.0))


def sentences_of(document: Document) -> list[Sentence]:
    compared = matcher(document)
    return [s for passage in split_document(document) for s in compared.sentences(passage)]


def ask(question: str, text: str = TEXT) -> Asked:
    return matcher(make(text)).ask(question)


def matches(question: str, document: Document = NOTE) -> list[Match]:
    """The question against every sentence."""
    compared = matcher(document)
    asked = compared.ask(question)
    return [compared.match(asked, sentence) for sentence in sentences_of(document)]


def found(question: str, text: str) -> list[str]:
    compared = matcher(make(text))
    asked = compared.ask(question)
    (sentence,) = sentences_of(make(text))
    return [mention.text for mention in compared.mentions(asked, sentence)]


# Sentences


def test_sentences_are_verbatim_and_leave_out_the_heading_and_the_dash() -> None:
    read = sentences_of(NOTE)
    assert [s.text for s in read] == [
        "De opzegtermijn is zes maanden.",
        "De eerste voorzitter is Ann Peeters.",
        "Het overleg met VVSG was op 3 mei 2018.",
    ]
    assert all(TEXT[s.start : s.end] == s.text for s in read)


def test_the_sentences_of_the_corpus_are_verbatim_and_inside_their_passage(index: Index) -> None:
    compared = Matcher(index.documents, index.analyzer, index.rarity)
    for passage in index.passages:
        for sentence in compared.sentences(passage):
            text = index.documents[passage.document].text
            assert text[sentence.start : sentence.end] == sentence.text
            assert passage.body_start <= sentence.start < sentence.end <= passage.end


def test_a_passage_of_a_heading_alone_has_no_sentences() -> None:
    assert sentences_of(make("Derde overleg", heading=13)) == []


# Coverage


def test_every_sentence_says_what_title_heading_and_parties_say() -> None:
    for match in matches("Derde overleg overeenkomst VVSG 2017"):
        assert match.sentence_coverage == match.context_coverage == 1.0


def test_the_whole_passage_covers_what_its_sentences_do() -> None:
    shares = [(m.sentence_coverage, m.context_coverage) for m in matches("opzegtermijn mei")]
    assert shares == [(0.75, 1.0), (0.0, 1.0), (0.25, 1.0)]


def test_rare_words_weigh_more() -> None:
    assert matches("opzegtermijn peru")[0].sentence_coverage == 0.75
    assert matches("maanden peru")[0].sentence_coverage == 0.5


def test_inflections_are_covered_and_typos_are_not() -> None:
    assert matches("voorzitters")[1].sentence_coverage == 1.0
    assert matches("voorziter")[1].sentence_coverage == 0.0


def test_the_long_form_of_an_abbreviation_covers_the_short_one() -> None:
    text = "Tweedekansonderwijs (TKO) start in Gent. De raad vergadert."
    assert (
        matches("TKO", make("Het tweedekansonderwijs start.\n\n" + text))[0]
        == matches("tweedekansonderwijs", make("Het tweedekansonderwijs start.\n\n" + text))[0]
    )


@pytest.mark.parametrize("question", ["", "   ", "de het een", "😀", "什么时候"])
def test_a_question_without_search_terms_is_not_covered(question: str) -> None:
    assert {m.sentence_coverage for m in matches(question)} == {0.0}


# The kind of answer


@pytest.mark.parametrize(
    ("question", "expected", "hits"),
    [
        ("Wanneer was het?", Expected.DATE, [0, 0, 1]),
        ("Hoeveel maanden is het?", Expected.NUMBER, [1, 0, 0]),
        ("Wie is het?", Expected.NAME, [0, 1, 1]),
    ],
)
def test_a_sentence_has_or_misses_what_is_asked(
    question: str, expected: Expected, hits: list[int]
) -> None:
    assert ask(question).expected is expected
    assert [m.has_expected for m in matches(question)] == hits
    assert [m.misses_expected for m in matches(question)] == [1 - hit for hit in hits]


@pytest.mark.parametrize("question", ["Waarom was het?", "Is het zo?", "Hoe werkt het?", ""])
def test_nothing_is_missed_when_no_date_number_or_name_is_asked(question: str) -> None:
    assert {(m.has_expected, m.misses_expected) for m in matches(question)} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("question", "text", "hits"),
    [
        ("Wanneer was het?", "Vergaderd werd op 3 mei 2015 en in 2016.", ["3 mei 2015", "2016"]),
        ("Wanneer was het in 2016?", "Vergaderd werd op 3 mei 2015 en in 2016.", ["3 mei 2015"]),
        ("Hoeveel van de 12 leden kwamen?", "Van de 12 leden kwamen er 7.", ["7"]),
        ("Hoeveel keer in 2015?", "De raad kwam 5 keer samen.", ["5"]),
        ("Hoeveel leden telt 3voor1?", "Het telt 3 leden.", []),
        ("Wie is Ann Peeters?", "Ann Peeters leidt VDAB.", ["VDAB"]),
        ("Wie leidt de Raad?", "De Raad van Gent en Ann Peeters leiden de raad.", ["Ann Peeters"]),
        ("Waarom in 2016?", "Vergaderd werd op 3 mei 2015.", []),
    ],
)
def test_mentions_are_of_the_kind_asked_and_not_in_the_question(
    question: str, text: str, hits: list[str]
) -> None:
    assert found(question, text) == hits


# Another party than asked


@pytest.mark.parametrize(
    ("question", "others"),
    [
        ("Wat is de opzegtermijn?", 0.0),
        ("Wat is de opzegtermijn van VVSG?", 0.0),
        ("Wat spraken VDAB en VVSG af?", 0.0),
        ("Wat is de opzegtermijn van GO!?", 1.0),
        ("Wat spraken VDAB en GO! af?", 1.0),
        ("Wie leidt het Vlaams Partnerschap Duaal Leren?", 1.0),
        ("Wie leidt het Vlaams Partnerschap?", 0.0),
        ("Wat is de opzegtermijn van VVGS?", 0.0),
        ("Wat is de opzegtermijn van Actiris?", 0.0),
        ("WAT IS DE OPZEGTERMIJN VAN go!", 1.0),
    ],
)
def test_a_party_of_other_documents_is_noticed(question: str, others: float) -> None:
    assert {m.names_other for m in matches(question)} == {others}


def test_a_party_that_the_passage_writes_is_no_other_one() -> None:
    text = "Het overleg met GO! duurt een uur. De Vlaamse raad zetelt."
    assert {m.names_other for m in matches("Overlegt GO! mee?", make(text))} == {0.0}
    assert {m.names_other for m in matches("Overlegt GO! met Syntra?", make(text))} == {0.0}


@pytest.mark.parametrize("party", ["Газпром", "大学", "!", ""])
def test_a_party_without_latin_letters_is_not_in_every_question(party: str) -> None:
    other = Document("x", "Tekst.", OTHER.sections, Metadata("X", Kind.ANDERE, (party,)))
    compared = Matcher({"nota": NOTE, "x": other}, Analyzer([], {}), lambda _term: 1.0)
    assert compared.ask("Wat is de opzegtermijn?").parties == frozenset()


# Years and ordinals


@pytest.mark.parametrize(
    ("question", "misses"),
    [
        ("Wat is de opzegtermijn?", 0.0),
        ("Wat gold in 2018?", 0.0),  # the passage
        ("Wat gold in 2017?", 0.0),  # the title
        ("Wat gold in 2016?", 0.0),  # the first day
        ("Wat gold in 2020?", 0.0),  # the last day
        ("Wat gold in 2015 en 2018?", 0.0),
        ("Wat gold in de periode 2014-2016?", 0.0),
        ("Wat gold in 2015?", 1.0),
        ("Wat gold in 20180?", 0.0),
    ],
)
def test_a_year_that_is_nowhere_near_is_missed(question: str, misses: float) -> None:
    assert {m.misses_year for m in matches(question)} == {misses}


@pytest.mark.parametrize(
    ("question", "misses"),
    [
        ("Wie is de voorzitter?", 0.0),
        ("Wie was de eerste voorzitter?", 0.0),
        ("Wat was het derde overleg?", 0.0),
        ("Wie was de eerste of de laatste voorzitter?", 0.0),
        ("Wie was de LAATSTE voorzitter?", 1.0),
        ("Wie was de tweede voorzitter?", 1.0),
    ],
)
def test_an_ordinal_that_the_passage_does_not_say_is_missed(question: str, misses: float) -> None:
    assert {m.misses_ordinal for m in matches(question)} == {misses}


# Whatever is asked


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from("wie wanneer hoeveel VDAB GO! 2016 eerste < & \x00 é".split())
        ).map(" ".join),
    )
)
def test_every_feature_is_a_share(question: str) -> None:
    for match in matches(question):
        assert all(0 <= value <= 1.0000001 for value in astuple(match))
        assert match.sentence_coverage <= match.context_coverage + 1e-9
        assert match.has_expected + match.misses_expected <= 1


@pytest.mark.parametrize("question", ["<b>&amp;</b>" * 160, "((" * 1000, "\\d+" * 600, "9" * 2000])
def test_two_thousand_signs_of_markup_are_compared(question: str) -> None:
    assert len(matches(question)) == 3
