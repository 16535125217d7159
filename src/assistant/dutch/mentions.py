"""Dates, numbers and names as they are written in Dutch text."""

import re
from dataclasses import dataclass

from assistant.dutch.folding import fold

MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december"
).split()
_MONTH = r"(?:" + "|".join(MONTHS) + r"|jan|feb|mrt|apr|jun|jul|aug|sept?|okt|nov|dec)\.?"
_YEAR = r"(?:1[89]|20)\d\d"
_SEASON = (
    r"(?:(?:begin|midden|eind)\s+|(?:voorjaar|najaar|zomer|winter|lente|herfst)\s+(?:van\s+)?)"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:\s+en\s+\d{{1,2}})?\s+{_MONTH}(?:\s+{_YEAR})?\b"
    rf"|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}\b|\b{_YEAR}-\d\d-\d\d\b"
    rf"|\b(?:{_SEASON})?(?:{_MONTH}\s+)?{_YEAR}(?:\s*[-–]\s*{_YEAR})?\b",
    re.IGNORECASE,
)
_COUNT_WORDS = (
    "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien twintig dertig veertig vijftig zestig zeventig "
    "tachtig negentig honderd duizend"
).split()
_UNIT = (
    r"(?:procent|%|euro|jaar|jaren|maand(?:en)?|we(?:ek|ken)|dag(?:en)?|werkdag(?:en)?|uur|uren)"
)
_NUMBER = re.compile(
    rf"(?<![\w-])(?:€\s*)?(?:\d+(?:[.,]\d+)*|{'|'.join(_COUNT_WORDS)})(?:\s*{_UNIT}\b|\s*%)?(?![\w-])",
    re.IGNORECASE,
)
_CAPITAL = r"[A-ZÀ-Þ][\w'’-]*[^\W\d_]"
_TITLED = re.compile(
    r"\b(?:(?i:prof|dr|dhr|mevr|mw|mr|ir|ing|drs)\.\s*)+"
    rf"{_CAPITAL}(?:\s+(?:van|de|der|den|ten|ter)\b)*(?:\s+{_CAPITAL}){{0,3}}"
)
_NAME = re.compile(
    rf"\b{_CAPITAL}(?:\s+(?:van|de|der|den)\b)*(?:\s+{_CAPITAL}){{1,2}}\b|\b[A-Z]{{2,}}(?:\b|!)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of text: ``text`` stands at ``[start, end)`` of the string that was searched."""

    text: str
    start: int
    end: int


def _mentions(pattern: re.Pattern[str], text: str) -> list[Mention]:
    return [Mention(match[0], match.start(), match.end()) for match in pattern.finditer(text)]


def find_dates(text: str) -> list[Mention]:
    """Days, months, seasons, years and year ranges."""
    return _mentions(_DATE, text)


def find_numbers(text: str) -> list[Mention]:
    """Counts and quantities with their unit, in digits or words; not dates, not list numbers."""
    taken = [(date.start, date.end) for date in find_dates(text)]
    marker = re.match(r"\s*(?:-\s+)?\d{1,2}\.\s", text)
    if marker:
        taken.append((0, marker.end()))
    return [
        number
        for number in _mentions(_NUMBER, text)
        if not any(start < number.end and number.start < end for start, end in taken)
    ]


def count_value(text: str) -> int | None:
    """What a count in digits or words amounts to; nothing for a quantity with a unit."""
    folded = fold(text)
    if folded.isdecimal():
        return int(folded)
    return _COUNT_WORDS.index(folded) + 2 if folded in _COUNT_WORDS[:19] else None


def find_names(text: str, ordinary_words: frozenset[str]) -> list[Mention]:
    """Names of persons and bodies: titled names if there are any, else capitalised runs, acronyms.

    A run is no name when one of its words is also used without a capital: ``ordinary_words``
    holds the words that the document writes in lower case.
    """
    titled = _mentions(_TITLED, text)
    if titled:
        return titled
    return [
        name
        for name in _mentions(_NAME, text)
        if not any(fold(word) in ordinary_words for word in name.text.split())
    ]


def lower_case_words(text: str) -> frozenset[str]:
    """The folded words that ``text`` writes without a capital."""
    return frozenset(fold(word) for word in re.findall(r"\b[a-zà-ÿ][\w'’-]*", text))


def find_years(text: str) -> list[str]:
    """The years, in four digits, that a text names; both ends of a range."""
    return re.findall(rf"(?<!\d){_YEAR}(?!\d)", text)
