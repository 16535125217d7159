"""Abbreviations that a text itself defines, such as "Tweedekansonderwijs (TKO)".

The matching follows Schwartz and Hearst, "A simple algorithm for identifying abbreviation
definitions in biomedical text", Pacific Symposium on Biocomputing 8 (2003), extended with the
reversed order ("SPOC (single point of contact)") and with the legal formula "X, verder vermeld
als Y".
"""

import re
from collections.abc import Iterator

_SHORT = r"[A-Z][A-Za-z0-9&-]{1,9}"
_LONG_THEN_SHORT = re.compile(rf"(?P<long>[^()\n.;:]{{1,200}}?)\s*\((?P<short>{_SHORT})\)")
_SHORT_THEN_LONG = re.compile(rf"\b(?P<short>{_SHORT})\s*\((?P<long>[^()\n]{{4,80}})\)")
_FORMULA = re.compile(
    rf"(?P<long>[^()\n.;:]{{1,200}}?),?\s+(?:verder|hierna|voortaan)(?:\s+\w+){{0,2}}?\s+"
    rf"(?:als|genoemd|vermeld|afgekort)\s+(?P<short>{_SHORT})\b"
)


def _long_form(short: str, before: str) -> str:
    """The shortest tail of ``before`` that spells ``short``, or an empty string."""
    words = before.split()[-min(len(short) + 5, 2 * len(short)) :]
    window = " ".join(words)
    position = len(window)
    for index in range(len(short) - 1, -1, -1):
        position -= 1
        while position >= 0 and not _matches(short, index, window, position):
            position -= 1
        if position < 0:
            return ""
    start = _capital_start(short, window, position)
    return window[start:].strip(" ,'‘’“”\"")


def _capital_start(short: str, window: str, position: int) -> int:
    """An earlier capitalised word that fits better than a function word such as "van"."""
    if window[position].isupper():
        return position
    earlier = re.search(rf"\b{short[0].upper()}\w+\s+(?:\w+\s+)?$", window[:position])
    return earlier.start() if earlier else position


def _matches(short: str, index: int, window: str, position: int) -> bool:
    if window[position].lower() != short[index].lower():
        return False
    return index > 0 or position == 0 or not window[position - 1].isalnum()


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    for pattern in (_LONG_THEN_SHORT, _FORMULA):
        for match in pattern.finditer(text):
            if sum(char.isupper() for char in match["short"]) > 1:
                yield match["short"], _long_form(match["short"], match["long"])
    for match in _SHORT_THEN_LONG.finditer(text):
        if match["short"].isupper() and _long_form(match["short"], match["long"]) == match["long"]:
            yield match["short"], match["long"]


def find_abbreviations(text: str) -> dict[str, str]:
    """Map every abbreviation that ``text`` defines to its first long form."""
    found: dict[str, str] = {}
    for short, long in _candidates(text):
        if len(long) > len(short):
            found.setdefault(short, long)
    return found
