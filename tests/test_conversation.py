"""Follow-up questions become questions that stand alone."""

import pytest

from assistant.conversation import is_follow_up, standalone_question
from assistant.documents import Turn

CHAIR = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
NOTICE = "Wat is de opzegtermijn van de overeenkomst?"


def resolve(question: str, *earlier: str) -> str:
    return standalone_question(question, [Turn(before) for before in earlier])


@pytest.mark.parametrize(
    ("question", "earlier", "resolved"),
    [
        (
            "En wie was de eerste?",
            CHAIR,
            "Wie was de eerste: voorzitter Vlaams Partnerschap Duaal Leren?",
        ),
        ("En wanneer?", CHAIR, "Wanneer: voorzitter Vlaams Partnerschap Duaal Leren?"),
        ("Waarom?", NOTICE, "Waarom: opzegtermijn overeenkomst?"),
        (
            "Wanneer gaat die in?",
            "Hoe wordt de overeenkomst VDAB-VVSG geëvalueerd?",
            "Wanneer gaat die in: overeenkomst VDAB-VVSG geëvalueerd?",
        ),
        ("And when?", NOTICE, "When: opzegtermijn overeenkomst?"),
    ],
)
def test_a_follow_up_takes_its_topic_from_the_question_before(
    question: str, earlier: str, resolved: str
) -> None:
    assert resolve(question, earlier) == resolved


def test_a_new_subject_alone_is_asked_what_was_asked_before() -> None:
    resolved = resolve("En de stuurgroep excellente partnerschappen?", "Hoe vaak komt ze samen?")
    assert resolved == "Hoe vaak komt ze samen: de stuurgroep excellente partnerschappen?"


def test_a_word_that_points_back_needs_the_question_before() -> None:
    question = "Aan welke school kunnen cursisten zich daarvoor inschrijven?"
    assert is_follow_up(question)
    assert "voorzitter" in resolve(question, CHAIR)


@pytest.mark.parametrize(
    "question",
    [
        "Welke organisaties zitten in de stuurgroep?",
        "En hoeveel sectorale partnerschappen werden er opgestart?",
        "Hoe lang loopt het project 3voor1 in West-Vlaanderen?",
        "Zijn er subsidies voor excellente partnerschappen?",
    ],
)
def test_a_question_with_its_own_topic_is_left_alone(question: str) -> None:
    assert not is_follow_up(question)
    assert resolve(question, CHAIR, NOTICE) == question


def test_a_long_question_is_no_follow_up() -> None:
    assert not is_follow_up("En " + "waarom is dat zo en " * 5 + "niet?")


def test_the_first_question_is_left_alone() -> None:
    assert resolve("  En wanneer?  ") == "En wanneer?"


def test_a_chain_of_follow_ups_reaches_back_to_the_topic() -> None:
    chained = resolve("En waarom?", CHAIR, "En wie was de eerste?", "En wanneer?")
    assert chained.startswith("Waarom: ")
    assert "voorzitter Vlaams Partnerschap Duaal Leren" in chained


def test_a_follow_up_belongs_to_the_nearest_topic() -> None:
    resolved = resolve("En waarom?", CHAIR, NOTICE)
    assert "opzegtermijn" in resolved
    assert "voorzitter" not in resolved


def test_a_follow_up_narrows_the_topic_without_repeating_it() -> None:
    resolved = resolve("En wie van VVSG?", "Wie vertegenwoordigt VVSG?")
    assert resolved == "Wie van VVSG: vertegenwoordigt?"


def test_the_answers_of_the_conversation_add_nothing() -> None:
    history = [Turn(NOTICE, "Zes maanden, aldus de slotbepalingen.")]
    assert standalone_question("Waarom?", history) == "Waarom: opzegtermijn overeenkomst?"


def test_nothing_is_added_when_no_earlier_question_has_a_topic() -> None:
    assert resolve("En waarom?", "En wanneer?", "Wie?") == "En waarom?"


@pytest.mark.parametrize("question", ["", "?", "…"])
def test_a_question_without_words_stays_without_words(question: str) -> None:
    assert resolve(question, CHAIR) == question
