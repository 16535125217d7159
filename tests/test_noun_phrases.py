"""Noun phrases that can be asked about: few, and cut where they end."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.noun_phrases import noun_phrases


def texts(sentence: str) -> list[str]:
    return [phrase.text for phrase in noun_phrases(sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("We letten op de vrijwillige terugkeer.", ["de vrijwillige terugkeer"]),
        (
            "We vragen een vrijstelling van de accijnzen en meer.",
            ["een vrijstelling van de accijnzen"],
        ),
        ("Dat helpt kwetsbare groepen in de stad.", ["kwetsbare groepen"]),
        ("Dit gaat over jeugdwerkloosheid.", ["jeugdwerkloosheid"]),
        ("opmaak en verwezenlijking van het plan.", ["de verwezenlijking van het plan"]),
        ("Het geldt voor de projecten van VDAB.", ["de projecten van VDAB"]),
    ],
)
def test_a_phrase_is_taken_whole(sentence: str, expected: list[str]) -> None:
    assert texts(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "het verbeteren van",  # a verb
        "een campagne lanceren om",
        "Dat is een belangrijk punt",  # the adjective
        "het secundair volwassenenonderwijs wordt",
        "de software verbeterd en",  # noun and verb
        "de volgende afspraken.",  # which?
        "de voortgang van deze overeenkomst.",
        "de Steden en Gemeenten.",  # cut off
        "de termijn loopt",
        "Mobiliteit.",  # may be a name
    ],
)
def test_what_may_be_no_phrase_or_may_go_on_is_left_out(sentence: str) -> None:
    assert texts(sentence) == []


def test_a_noun_alone_is_known_as_such() -> None:
    bare, full = noun_phrases("de stuurgroep en de nieuwe stuurgroep.")
    assert (bare.text, bare.head, bare.is_bare) == ("de stuurgroep", "stuurgroep", True)
    assert (full.text, full.head, full.is_bare) == ("de nieuwe stuurgroep", "stuurgroep", False)


@given(st.text(alphabet="de het een van oude werking!.,‘’-\n\x00é", max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_phrases_of_its_own_words(text: str) -> None:
    for phrase in noun_phrases(text):
        assert phrase.head in phrase.text
        assert phrase.text.removeprefix("de ") in text


@pytest.mark.parametrize("unit", ["de ", "a-", "de oude ", "een ding van ", "werking "])
def test_hostile_length_costs_little(unit: str) -> None:
    started = time.process_time()
    noun_phrases(unit * 600)
    assert time.process_time() - started < 1
