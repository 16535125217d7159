"""One spelling for what may be written in several: letters, spaces, dates, numbers."""

import re

from assistant.dutch.folding import fold
from assistant.dutch.mentions import MONTHS

_SPOKEN = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien twintig"
).split()
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_SPOKEN) if number > 1}
_MONTH_NAMES = {
    **{name: month for month in MONTHS for name in (month, month[:3])},
    **{"febr": "februari", "mrt": "maart", "sept": "september"},
}
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_SPOKEN_DATE = re.compile(rf"\b0?(\d{{1,2}}) ({'|'.join(_MONTH_NAMES)})\b\.?(?!\w)")
_THOUSANDS = re.compile(r"(?<=\d)\.(?=\d{3}\b)")


def canonical(text: str) -> str:
    """Text for comparing facts: folded, single spaces, one spelling of dates and numbers.

    ``17/01/2013``, ``2013-01-17`` and ``17 jan. 2013`` become ``17 januari 2013``; ``vijf`` becomes
    ``5``; ``1.500`` becomes ``1500``. "Een" stays: it is mostly the article.
    """
    plain = re.sub(r"\s+", " ", fold(text)).strip()
    dated = _ISO_DATE.sub(lambda m: _date(m[0], m[3], m[2], m[1]), plain)
    dated = _NUMERIC_DATE.sub(lambda m: _date(m[0], m[1], m[2], m[3]), dated)
    dated = _SPOKEN_DATE.sub(lambda m: f"{int(m[1])} {_MONTH_NAMES[m[2]]}", dated)
    numbered = _THOUSANDS.sub("", dated)
    return re.sub(r"[a-z]+", lambda match: _NUMBER_WORDS.get(match[0], match[0]), numbered)


def _date(written: str, day: str, month: str, year: str) -> str:
    is_date = 1 <= int(month) <= 12 and 1 <= int(day) <= 31
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}" if is_date else written
