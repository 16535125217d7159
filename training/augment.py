"""Ways in which production differs from the sources: cropping, typing errors, near misses."""

import random
import re
import unicodedata
from dataclasses import replace

from training.readings import Pair, Reading, Span, overlaps, sentence_spans

LONGEST_TEXT = 700
_SHORTEST_TEXT = 100

_STOPWORDS = frozenset(
    (
        "de het een is zijn was waren wordt worden werd werden van in op aan voor met door bij te "
        "er dat die dit deze en of om naar uit heeft hebben had hoe wat wie waar welke welk the a "
        "an is are was were of in on at for by to and what which who how does did do et le la les "
        "des un une est que qui der die das ist und el los las es y il lo gli av og er som på"
    ).split()
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}(?:[.,]\d+)*(?![\w])")
_NAME = re.compile(
    r"(?<=[\w,;)] )[A-ZÀ-Þ][\w'’-]+(?: (?:(?:van|de|der|den|of|du) )?[A-ZÀ-Þ][\w'’-]+)*"
)
_OPPOSITES = (
    "eerste|laatste|tweede|derde|vierde|vijfde",
    "minimaal|maximaal",
    "minimum|maximum",
    "stijging|daling",
    "begin|einde",
    "vóór|na",
    "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
    "mannen|vrouwen",
    "Vlaanderen|Wallonië|Brussel",
    "federale|lokale|Vlaamse|Waalse",
    "first|last|second|third|fourth",
)
_KEYS = {"a": "sqz", "e": "wr3", "i": "uo", "o": "ip", "n": "bm", "t": "ry", "r": "et", "s": "ad"}


def crop(reading: Reading, rng: random.Random, heading: str) -> Pair | None:
    """Cut a passage of production length at sentence borders, around the evidence if there is any.

    ``None`` when a wanted evidence sentence is itself longer than a passage.
    """
    wanted = _wanted(reading, rng)
    limit = rng.randint(*rng.choice(((150, 400), (350, LONGEST_TEXT), (550, LONGEST_TEXT))))
    window = _grow(reading.context, wanted, limit, rng)
    if window is None:
        return None
    start, end = window
    answer = reading.answer if reading.answer and _within(reading.answer, window) else None
    evidence = reading.evidence
    if evidence is not None:
        evidence = tuple(_shift(e, start) for e in evidence if _within(e, window))
    return Pair(
        source=reading.source,
        question=reading.question,
        heading=heading,
        text=reading.context[start:end],
        answerable=reading.answerable,
        evidence=evidence,
        answer=_shift(answer, start) if answer else None,
    )


def _wanted(reading: Reading, rng: random.Random) -> list[Span]:
    """Spans that the crop must hold; the answer's own evidence first."""
    if reading.evidence:
        spans = list(reading.evidence)
        if reading.answer:
            spans.sort(key=lambda e: not overlaps(e, reading.answer or e))
        return spans
    if reading.focus:
        return [reading.focus]
    whole = sentence_spans(reading.context)
    return [rng.choice(whole)] if whole else []


def _grow(text: str, wanted: list[Span], limit: int, rng: random.Random) -> Span | None:
    """A window of whole sentences from the first wanted span on, to ``limit`` characters."""
    spans = sentence_spans(text)
    hits = [i for i, s in enumerate(spans) if any(overlaps(s, w) for w in wanted[:1])]
    if not hits:
        return None
    first, last = hits[0], hits[-1]
    if spans[last][1] - spans[first][0] > 2 * LONGEST_TEXT:
        return None
    for span in wanted[1:]:
        more = [i for i, s in enumerate(spans) if overlaps(s, span)]
        low, high = min([first, *more]), max([last, *more])
        if spans[high][1] - spans[low][0] <= LONGEST_TEXT:
            first, last = low, high
    while True:
        sides = [
            (low, high)
            for low, high in ((first - 1, last), (first, last + 1))
            if low >= 0 and high < len(spans) and spans[high][1] - spans[low][0] <= limit
        ]
        if not sides:
            return spans[first][0], spans[last][1]
        first, last = rng.choice(sides)


def _within(span: Span, window: Span) -> bool:
    return window[0] <= span[0] and span[1] <= window[1]


def _shift(span: Span, by: int) -> Span:
    return span[0] - by, span[1] - by


def near_miss(question: str, other: str, rng: random.Random) -> str | None:
    """The question with one year, number, name or ordinal swapped; ``None`` without any.

    ``other`` is text of the same family, where another name or year is taken from.
    """
    ways = [_swap_year, _swap_number, _swap_name, _swap_name, _swap_opposite]
    rng.shuffle(ways)
    for way in ways:
        changed = way(question, other, rng)
        if changed is not None and changed.lower() != question.lower():
            return changed
    return None


def _swap_year(question: str, other: str, rng: random.Random) -> str | None:
    match = _YEAR.search(question)
    if match is None:
        return None
    years = [y for y in _YEAR.findall(other) if y != match.group()]
    shifted = str(int(match.group()) + rng.choice((-10, -3, -2, -1, 1, 2, 3, 5)))
    year = rng.choice(years) if years and rng.random() < 0.5 else shifted
    return question[: match.start()] + year + question[match.end() :]


def _swap_number(question: str, _other: str, rng: random.Random) -> str | None:
    matches = [m for m in _NUMBER.finditer(question) if not _YEAR.fullmatch(m.group())]
    if not matches:
        return None
    match = rng.choice(matches)
    digits = re.sub(r"\D", "", match.group())
    number = str(max(1, int(digits) + rng.choice((-3, -2, -1, 1, 2, 5, 10))))
    return question[: match.start()] + number + question[match.end() :]


def _swap_name(question: str, other: str, rng: random.Random) -> str | None:
    matches = list(_NAME.finditer(question))
    names: list[str] = [n for n in set(_NAME.findall(other)) if n.lower() not in question.lower()]
    if not matches or not names:
        return None
    match = rng.choice(matches)
    return question[: match.start()] + rng.choice(sorted(names)) + question[match.end() :]


def _swap_opposite(question: str, _other: str, rng: random.Random) -> str | None:
    for words in _OPPOSITES:
        match = re.search(rf"\b(?:{words})\b", question)
        if match:
            rest = [word for word in words.split("|") if word != match.group()]
            return question[: match.start()] + rng.choice(rest) + question[match.end() :]
    return None


def noisy(question: str, rng: random.Random) -> str:
    """The question as typed in a hurry: no mark, lower case, keywords, letters out of place."""
    if rng.random() < 0.30:
        question = question.rstrip(" ?.")
    if rng.random() < 0.20:
        question = question.lower()
    if rng.random() < 0.12:
        question = keywords(question)
    if rng.random() < 0.15:
        question = without_diacritics(question)
    if rng.random() < 0.15:
        for _ in range(rng.randint(1, 2)):
            question = _typo(question, rng)
    return question


def keywords(question: str) -> str:
    """The words that carry the meaning, or the question itself when few remain."""
    kept = [w for w in question.rstrip(" ?.").split() if w.lower() not in _STOPWORDS]
    return " ".join(kept) if len(kept) >= 2 else question


def without_diacritics(text: str) -> str:
    """``text`` with accents taken off its letters."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if not unicodedata.combining(char))


def _typo(text: str, rng: random.Random) -> str:
    places = [m.start() for m in re.finditer(r"(?<=[a-z])[a-z](?=[a-z])", text)]
    if not places:
        return text
    at = rng.choice(places)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice(_KEYS.get(text[at], "aeion")) + text[at + 1 :]


def with_noise(pair: Pair, rng: random.Random) -> Pair:
    """The pair with its question as ``noisy`` types it and, rarely, a text without accents."""
    pair = replace(pair, question=noisy(pair.question, rng))
    if rng.random() < 0.05 and len(without_diacritics(pair.text)) == len(pair.text):
        pair = replace(pair, text=without_diacritics(pair.text))
    return pair
