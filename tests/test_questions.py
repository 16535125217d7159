"""What the wording of a question asks for."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.questions import (
    Expected,
    asks_count,
    expected_answer,
    is_comparison,
    ordinals,
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Wanneer werd het Vlaams Partnerschap opgericht?", Expected.DATE),
        ("In welk jaar start het?", Expected.DATE),
        ("When was it founded?", Expected.DATE),
        ("Quand commence le projet?", Expected.DATE),
        ("Hoeveel sectorale partnerschappen zijn er?", Expected.NUMBER),
        ("Hoe lang loopt het project?", Expected.NUMBER),
        ("Wat is de opzegtermijn?", Expected.NUMBER),
        ("How many partners are there?", Expected.NUMBER),
        ("Waarom is er geen lijst?", Expected.REASON),
        ("Pourquoi?", Expected.REASON),
        ("Welke organisaties zitten in de stuurgroep?", Expected.LIST),
        ("Wie zitten in de stuurgroep?", Expected.LIST),
        ("Geef de leden van de stuurgroep.", Expected.LIST),
        ("Is er een lijst?", Expected.YES_NO),
        ("Duurt het drie jaar?", Expected.YES_NO),
        ("Verandert het akkoord iets?", Expected.YES_NO),
        ("Met het fonds?", Expected.OTHER),
        ("Geldt dit voor alle partners?", Expected.YES_NO),
        ("Kunt u zeggen wie de voorzitter is?", Expected.NAME),
        ("Wat betekent SPOC?", Expected.DEFINITION),
        ("Waarvoor staat TKO?", Expected.DEFINITION),
        ("Wat is een SPOC?", Expected.DEFINITION),
        ("Wie is de voorzitter?", Expected.NAME),
        ("Who chairs it?", Expected.NAME),
        ("Waar vindt het overleg plaats?", Expected.PLACE),
        ("Où se trouve VDAB?", Expected.PLACE),
        ("Zijn er bijkomende subsidies?", Expected.YES_NO),
        ("Kan de overeenkomst worden opgezegd?", Expected.YES_NO),
        ("Hoe werkt het?", Expected.OTHER),
        ("", Expected.OTHER),
    ],
)
def test_the_wording_decides_what_is_asked(question: str, expected: Expected) -> None:
    assert expected_answer(question) is expected


@pytest.mark.parametrize(
    "question", ["Welke sectorale partnerschappen zijn er?", "Welke andere partners doen mee?"]
)
def test_a_plural_behind_an_adjective_asks_a_list(question: str) -> None:
    assert expected_answer(question) is Expected.LIST


@pytest.mark.parametrize(
    "question", ["Welke organisatie is voorzitter?", "Welke persoon was de eerste?"]
)
def test_a_singular_before_a_short_verb_asks_a_name(question: str) -> None:
    assert expected_answer(question) is Expected.NAME


@pytest.mark.parametrize("question", ["WANNEER STARTTE HET?", "  wanneer startte het?  "])
def test_case_and_surrounding_space_do_not_matter(question: str) -> None:
    assert expected_answer(question) is Expected.DATE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Wie was de eerste voorzitter?", {"eerste"}),
        ("de LAATSTE of de derde", {"laatste", "derde"}),
        ("de nieuwe en de huidige", {"nieuwe", "huidige"}),
        ("de eersterangs, ten derden, laatst", set()),
        ("", set()),
    ],
)
def test_ordinals_are_whole_words(text: str, found: set[str]) -> None:
    assert ordinals(text) == found


@pytest.mark.parametrize(
    "question",
    [
        "Hoeveel partnerschappen zijn er?",
        "  HOEVEEL leden?",
        "Wat is het aantal leden?",
        "How many partners are there?",
        "Combien de membres?",
    ],
)
def test_a_question_for_a_number_of_things_asks_a_count(question: str) -> None:
    assert asks_count(question)


@pytest.mark.parametrize(
    "question", ["Hoe lang duurt het?", "Wat is de opzegtermijn?", "Welke leden zijn er?", ""]
)
def test_other_questions_ask_no_count(question: str) -> None:
    assert not asks_count(question)


@pytest.mark.parametrize(
    "question",
    [
        "Wat is het verschil tussen de overeenkomsten met GO! en VVSG?",
        "Waarin verschillen ze?",
        "Vergelijk de looptijd van beide overeenkomsten.",
        "Duurt de overeenkomst met GO! even lang als die met VVSG?",
        "Loopt de overeenkomst met GO! langer of korter dan die met VVSG?",
        "Wie startte eerder, OKOT of het Vlaams Partnerschap?",
        "Compare the two agreements.",
        "Quelle est la différence?",
    ],
)
def test_a_question_that_sets_two_things_beside_each_other_compares(question: str) -> None:
    assert is_comparison(question)


@pytest.mark.parametrize(
    "question",
    [
        "Welke verschillende partners zijn er?",
        "Kwamen er meer dan 3 stuurgroepen samen?",
        "Wat is de opzegtermijn van VDAB en VVSG?",
        "Wie is de eerste voorzitter?",
        "Hoe lang duurt het?",
        "",
    ],
)
def test_other_questions_do_not_compare(question: str) -> None:
    assert not is_comparison(question)


@pytest.mark.parametrize(
    "question",
    [
        "Kunnen beide partijen de overeenkomst opzeggen?",
        "Wie is de voorzitter en wanneer werd hij aangesteld?",
    ],
)
def test_questions_about_one_document_do_not_compare(question: str) -> None:
    assert not is_comparison(question)


@pytest.mark.parametrize("ask", [expected_answer, ordinals, asks_count, is_comparison])
@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from("wie welke hoeveel beide meer of en wat \x00 \ud800 é".split())
        ).map(" ".join),
    )
)
def test_any_text_is_judged_alike_in_capitals(ask: Callable[[str], object], text: str) -> None:
    if text.isascii():
        assert ask(text) == ask(text.upper())
    else:
        ask(text)


@pytest.mark.parametrize("text", ["<b>meer</b> " * 180, "eerder " * 290, "hoe" * 700])
def test_two_thousand_signs_are_judged_at_once(text: str) -> None:
    assert expected_answer(text) in Expected
    assert not is_comparison(text)
