"""Text as a reader sees it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.visible import visible_line

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("een\ttwee\r\n\r\n drie\u2028vier\x0b", "een twee drie vier"),
        (f"be{BIDI}drag", "bedrag"),
        ("a\x00b\x1b[31mc\x7f\x85", "a b [31mc"),
        ("half \ud800 paar \ufffe", "half \ufffd paar \ufffd"),
        ("de\u00adel\u200bwoord\ufeff\U000e0041", "deelwoord"),
        ("¡Café, één ‘woord’ 👍 e\u0301!", "¡Café, één ‘woord’ 👍 e\u0301!"),
        (" \u00a0\u202e ", ""),
    ],
)
def test_only_what_can_be_seen_is_left(text: str, line: str) -> None:
    assert visible_line(text) == line


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_one_line_that_every_file_can_hold(text: str) -> None:
    line = visible_line(text)
    assert visible_line(line) == line
    assert line == " ".join(line.split())
    assert not NOT_XML.search(line)
    assert {unicodedata.category(char) for char in line}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
