"""Folding: text that differs in case, accents or typography becomes equal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.folding import fold


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("VDAB", "vdab"),
        ("één coördinatie", "een coordinatie"),
        ("e\u0301e\u0301n", "een"),
        ("Financiële armslag", "financiele armslag"),
        ("‘3voor1’", "'3voor1'"),
        ("“Werk heeft waarde”", '"werk heeft waarde"'),
        ("2011 – 2013 — slot", "2011 - 2013 - slot"),
        ("Excel™", "exceltm"),
        ("", ""),
    ],
)
def test_case_accents_and_typography_are_folded(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_punctuation_and_digits_stay() -> None:
    assert fold("GO! (POV), 17/01/2013?") == "go! (pov), 17/01/2013?"


@settings(derandomize=True, max_examples=200)
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(derandomize=True, max_examples=200)
@given(st.text(alphabet=st.characters(max_codepoint=0x17F)))
def test_upper_and_lower_case_fold_alike(text: str) -> None:
    assert fold(text) == fold(text.lower())
