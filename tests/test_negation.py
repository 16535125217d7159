"""Whether a text denies something, and whether it does so without exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.negation import is_negated, is_plain_denial


@pytest.mark.parametrize(
    "text",
    [
        "Er is geen lijst.",
        "NIET gepland",
        "Dat gebeurt nooit, nergens en niemand vraagt het.",
        "opzegbaar zonder reden",
        "noch VDAB noch GO!",
        "niets.",
    ],
)
def test_a_word_of_denial_is_noticed(text: str) -> None:
    assert is_negated(text)


@pytest.mark.parametrize(
    "text",
    ["", "Er is een lijst.", "Dat is nietig.", "te niet-gedaan"[:3], "de nocht", "\x00 é 😀"],
)
def test_other_words_deny_nothing(text: str) -> None:
    assert not is_negated(text)
    assert not is_plain_denial(text)


@pytest.mark.parametrize("text", ["Er is geen lijst.", "Er werd NIET gestemd.", "Niemand kwam."])
def test_a_denial_without_exception_is_plain(text: str) -> None:
    assert is_plain_denial(text)


@pytest.mark.parametrize(
    "text",
    [
        "Niet alleen VDAB is lid.",
        "Niet enkel VDAB, ook GO! is lid.",
        "Er is geen lijst, maar wel een plan.",
        "Er is geen lijst, TENZIJ erom gevraagd wordt.",
        "Niemand behalve de voorzitter stemt.",
        "Opzeggen kan zonder reden.",
    ],
)
def test_an_exception_makes_a_denial_less_than_plain(text: str) -> None:
    assert is_negated(text)
    assert not is_plain_denial(text)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("er is geen niet ook maar lijst . , é\x00".split(" "))))
def test_a_plain_denial_is_a_denial(parts: list[str]) -> None:
    text = " ".join(parts)
    assert is_negated(text) or not is_plain_denial(text)
    assert is_negated(text.upper()) == is_negated(text)
