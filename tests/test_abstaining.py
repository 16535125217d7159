"""What an abstention says: what was looked for, where, and which word a named document lacks."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import wording
from assistant.abstaining import MOST_TOPICS, Search, explain
from assistant.documents import Document, Kind, Metadata, Section
from assistant.dutch.analysis import Analyzer, words


def make(name: str, title: str, parties: tuple[str, ...], text: str) -> Document:
    metadata = Metadata(title, Kind.OVEREENKOMST, parties)
    return Document(name, text, (Section((), 0, 0, len(text)),), metadata)


GO = make(
    "go",
    "Overeenkomst GO! – VDAB",
    ("GO!", "VDAB"),
    "De stuurgroep volgt de loopbaanbegeleiding en de coördinatie op. Elke loopbaan telt.",
)
VVSG = make(
    "vvsg",
    "Overeenkomst VDAB – VVSG",
    ("VDAB", "VVSG"),
    "De opzegtermijn bedraagt zes maanden. Lokale besturen werken samen.",
)
LEREN = make("leren", "Duaal leren", ("Vlaams Partnerschap",), "Het Partnerschap erkent bedrijven.")
ALL = (GO, VVSG, LEREN)
MISSING = re.compile(r"Het woord ‘(?P<word>[^’]*)’ komt niet voor in ‘(?P<title>[^’]*)’\.")


def explained(question: str, *documents: Document) -> str:
    searched = documents or ALL
    analyzer = Analyzer.learn(f"{d.metadata.title}. {d.text}" for d in searched)
    return explain(Search(question, searched), analyzer)


def missing(question: str, *documents: Document) -> tuple[str, str] | None:
    """The word that is said to be missing, and the title of the document."""
    match = MISSING.search(explained(question, *documents))
    return (match["word"], match["title"]) if match else None


def test_what_was_looked_for_and_where_is_told() -> None:
    assert explained("Wat is de hoofdstad van Peru?") == (
        "Ik vind dit niet in de documenten. Ik zocht naar ‘hoofdstad’, ‘Peru’ in 3 documenten."
    )


def test_one_document_is_told_as_one() -> None:
    assert explained("Wat is de hoofdstad?", GO).endswith("‘hoofdstad’ in 1 document.")


def test_at_most_eight_words_are_repeated_each_once() -> None:
    topics = [f"woord{n}" for n in range(20)]
    told = explained("Peru Peru " + " ".join(topics))
    assert re.findall(r"‘(\w+)’", told) == ["Peru", *topics[: MOST_TOPICS - 1]]


@pytest.mark.parametrize("question", ["", "???", "😀", " \x00 ", "<>&"])
def test_a_question_without_words_is_no_question(question: str) -> None:
    assert explained(question) == wording.NO_TERMS


def test_filters_that_leave_nothing_are_told() -> None:
    assert explain(Search("Wat is de opzegtermijn?", []), Analyzer([], {})) == wording.NO_DOCUMENTS


@pytest.mark.parametrize("question", ["de het een van", "Wat is er?", "什么时候"])
def test_a_question_without_topic_gets_the_plain_text(question: str) -> None:
    assert explained(question) == wording.ABSTAINED


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Wat is de opzegtermijn bij GO!?", "Overeenkomst GO! – VDAB"),
        ("Wat is de opzegtermijn van VDAB en GO!?", "Overeenkomst GO! – VDAB"),
        ("wat is de opzegtermijn bij go!", "Overeenkomst GO! – VDAB"),
        ("Wat is de opzegtermijn van het Vlaams Partnerschap?", "Duaal leren"),
    ],
)
def test_the_word_that_the_named_document_lacks_is_told(question: str, title: str) -> None:
    assert missing(question) == ("opzegtermijn", title)


@pytest.mark.parametrize(
    "question",
    [
        "Wat is de opzegvergoeding?",  # no document
        "Wat is de opzegvergoeding van VDAB?",  # two documents
        "Wat is de opzegvergoeding van GO! en VVSG?",  # two documents
        "Wat is de opzegvergoeding van VVGS?",  # a typo
        "Wat is de opzegvergoeding van het Partnerschap?",  # half a name
        "Wat is de opzegvergoeding in Gogo?",  # a longer word
    ],
)
def test_nothing_is_missing_unless_exactly_one_document_is_named(question: str) -> None:
    assert missing(question) is None


def test_a_filter_decides_which_documents_a_name_can_mean() -> None:
    assert missing("Wat is de opzegvergoeding van VDAB?", VVSG, LEREN) == (
        "opzegvergoeding",
        "Overeenkomst VDAB – VVSG",
    )


@pytest.mark.parametrize(
    "question",
    [
        "Wie leidt bij GO! de stuurgroepen?",  # another inflection
        "Wie doet bij GO! aan begeleiding?",  # part of a compound that the corpus explains
        "Wie doet bij GO! de coordinatie?",  # no accent
        "Wat doet VDAB met GO! in de overeenkomst?",  # the title
        "Wie is bij GO! lid?",  # a short word
        "Wat werd bij GO! gesproken, gestapt, betaalde?",  # verb forms
        "Wat kost bij GO! artikel12 of 123456?",  # no word
    ],
)
def test_what_says_little_is_not_called_missing(question: str) -> None:
    assert missing(question) is None


def test_a_word_inside_a_longer_one_is_not_called_missing() -> None:
    syntra = make("syntra", "Nota", ("Syntra",), "Er is een trajectopvolgingssysteem.")
    assert missing("Is er bij Syntra een systeem?", GO, syntra) is None
    assert missing("Is er bij Syntra opvolging?", GO, syntra) is None


def test_two_documents_with_the_same_parties_are_not_told_apart() -> None:
    copy = make("kopie", "Kopie", VVSG.metadata.parties, "Tekst.")
    assert missing("Wat is de opzegvergoeding van VVSG?", VVSG, copy) is None


def test_a_title_with_braces_is_taken_literally() -> None:
    odd = make("odd", "Nota {0} {word}", ("Actiris",), "Tekst.")
    assert missing("Wat is de opzegvergoeding van Actiris?", odd) == (
        "opzegvergoeding",
        "Nota {0} {word}",
    )


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    asked=st.lists(
        st.sampled_from(
            "stuurgroep coördinatie loopbanen opzegtermijn besturen Peru GO! VVSG i.f.v. <b> {0}"
            " loopbaan-begeleiding ‘bedrijven’ partnerschap".split()
        ),
        max_size=8,
    )
)
def test_what_is_called_missing_is_not_in_the_document(asked: list[str]) -> None:
    found = missing("Wat met " + " ".join(asked) + "?")
    if found:
        document = next(d for d in ALL if d.metadata.title == found[1])
        assert not set(words(found[0])) & set(words(document.text))


@pytest.mark.parametrize(
    "question", ["<b>&amp;</b>" * 160, "{0}%s" * 300, "GO! " * 400, "x" * 2000]
)
def test_two_thousand_signs_are_explained_without_their_markup(question: str) -> None:
    told = explained(question)
    assert told.startswith(wording.ABSTAINED)
    assert not set("<>&{}%") & set(told)
