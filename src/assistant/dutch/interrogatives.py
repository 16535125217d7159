"""Questions that a Dutch sentence answers, made of its own words by changing their order.

Few forms, and only where word order is all that changes: a sentence that does not fit one exactly
gives no question, because an awkward question is worse than none.
"""

import re
from collections.abc import Iterator

from assistant.dutch.analysis import STOPWORDS
from assistant.dutch.folding import fold
from assistant.dutch.mentions import count_value, find_dates, find_numbers
from assistant.dutch.negation import is_negated

LONGEST_SENTENCE = 300
"""Characters; a longer sentence has clauses that do not belong in a question."""

_WORD = r"[\w!’'-]+"
_NAMED = rf"(?:{_WORD}|‘[^’]+’)"
_PLURAL = r"(?:[\w-]+e(?<!ie) )?[\w-]{3,}(?:en|s|’s|'s)\b"
_FINITE = (
    "is zijn was waren wordt worden werd werden heeft hebben had hadden kan kunnen kon konden mag"
    " mogen moet moeten moest moesten zal zullen zou zouden gaat gaan ging gingen komt komen kwam"
    " kwamen start starten begint beginnen eindigt eindigen dateert dateren geldt gelden vindt"
    " vinden vond vonden treedt treden trad traden loopt lopen"
).split()
_VERB = "|".join(_FINITE)
_ARTICLES = ("De", "Het", "Een", "Elke", "Elk", "Alle")

_NEVER_IN_SUBJECT = frozenset(
    (
        "die dat wie waar waarin waarnaar zich niet als wanneer omdat zodat er ervan hij zij ze we"
        " wij dit deze ik u of"
    ).split()
).union(_FINITE)

_LEANING = re.compile(
    r"\b(?:(?:daar|hier)\w+|er(?:bij|in|mee|van|voor)|bovendien|dus|dan|echter|ook|wel|pas|slechts|al"
    r"|nog|toch|inderdaad|eveneens|ik|mij|u|uw|we|wij|ons|onze|hij|zij|ze|hun|haar|deze|dit"
    r"|bovenstaande|onderstaande|volgende)\b",
    re.IGNORECASE,
)
"""Words that lean on another sentence; what holds one cannot be asked on its own."""

_JOINED = re.compile(
    rf"[,;:()]|\.\S*[A-Z]|\b(?:en|of) (?:{_VERB}|\w+t|\w{{2,}}(?:te|de)n?|in|op|bij|voor|met)\b"
    r"|\b(?:die|dat|zodat|om)\b"
)
"""Where a second clause may begin, of which the date need not be true."""

_CLAUSE = re.compile(
    rf"(?P<subject>{_NAMED}(?: {_NAMED}){{0,7}}?) (?P<verb>{_VERB})\b(?P<rest>[^.]*)\."
)
_BEFORE_DATE = re.compile(
    r"\b(?P<when>op|in|sinds|vanaf|van) (?:de |het )?(?:periode |jaar |loop van )?$", re.IGNORECASE
)
_WHEN = {
    "op": "Wanneer",
    "in": "Wanneer",
    "sinds": "Sinds wanneer",
    "vanaf": "Vanaf wanneer",
    "van": "Van wanneer",
}
_VERB_NEXT = re.compile(rf" (?:{_VERB}|\w+(?:den?|ten?))\b")
_THERE = rf"Er (?P<verb>{_WORD}) (?P<now>(?:momenteel|nu|in totaal|op dit ogenblik) )?"
_THERE_ARE = re.compile(
    rf"{_THERE}(?P<count>\w+) (?P<what>{_PLURAL}(?: ‘[^’]+’)?)"
    r"(?P<rest>(?: (?!en\b|of\b)[^,;:.()]+)?)[.:]"
)
_THERE_ARE_NONE = re.compile(rf"{_THERE}geen (?P<what>{_PLURAL}[^,;:.()]*)\.")
_IS_LIST = re.compile(
    rf"(?P<subject>(?:De|Het) {_NAMED}(?: {_NAMED}){{0,8}}?) (?P<verb>is|zijn) ?:.*", re.DOTALL
)
_IS = re.compile(
    rf"(?P<subject>{_NAMED}(?: (?!en\b){_NAMED}){{0,3}}?) (?P<verb>is|zijn)"
    r"(?: een \w+ [^.]{10,}|(?: [\w-]+)? [\w-]+(?:en|s), [^.]+)\."
)
_PERSONS = re.compile(r"(?:partij|partner|actor|lid|leden|voorzitter|vertegenwoordiger)\w{0,3}$")
_FRONTED_LIST = re.compile(
    rf"(?P<place>(?:In|Bij|Voor|Aan|Binnen|Op|Tot) [^,;:.()]+?) (?P<verb>{_VERB})"
    rf" (?:de )?volgende (?P<what>{_PLURAL})(?P<rest>[^,;:.()]*?) ?:.*",
    re.DOTALL,
)
_ANNOUNCED = re.compile(
    rf"\b(?:(?<!het )volgende|een aantal) (?P<what>{_PLURAL})"
    r"(?=[^,.;:()]{0,40}:|, (?:met name|namelijk)\b)"
)
_CONTAINERS = frozenset(
    "cijfers dingen delen elementen gegevens gevallen onderdelen punten zaken".split()
)
"""Plurals that do not tell what is listed."""

_LASTING = re.compile(r"\b(?P<what>[\w-]{2,}(?:termijn|duur|periode)|looptijd|duurtijd) van $")
_TIME_UNIT = re.compile(r"\b(?:jaar|jaren|maand(?:en)?|we(?:ek|ken)|(?:werk)?dag(?:en)?|uur|uren)$")


def questions_answered_by(sentence: str) -> list[str]:
    """Questions, complete with question mark, of which ``sentence`` is the answer."""
    if len(sentence) > LONGEST_SENTENCE:
        return []
    forms = (_when, _how_many, _whether, _which, _what)
    made = [question for form in forms for question in form(sentence)]
    return [question for question in made if not _LEANING.search(question)]


def listed_by(sentence: str) -> str:
    """What ``sentence`` lists or announces a list of, as a bare plural; empty without a list."""
    match = _IS_LIST.fullmatch(sentence)
    if match and match["verb"] == "zijn" and not _is_person(match["subject"]):
        return match["subject"].removeprefix("De ") if _subject(match["subject"]) else ""
    announced = _ANNOUNCED.search(sentence)
    what = announced["what"] if announced else ""
    return "" if _CONTAINERS.intersection(what.split()) else what


def lasting_in(sentence: str) -> str:
    """The noun of which ``sentence`` tells how long it lasts ("opzegtermijn"), or empty."""
    for number in find_numbers(sentence):
        lasting = _LASTING.search(sentence[: number.start])
        if lasting and _TIME_UNIT.search(number.text):
            return lasting["what"]
    return ""


def _subject(text: str) -> str:
    """``text`` as a subject inside a sentence; empty when it may not be one."""
    parts = re.findall(_NAMED, text)
    if not _NEVER_IN_SUBJECT.isdisjoint(map(fold, parts)):
        return ""
    first = parts[0]
    if first in _ARTICLES:
        return first.lower() + text.removeprefix(first) if len(parts) > 1 else ""
    is_quoted = first.startswith("‘") and len(parts) == 1
    return text if is_quoted or _opens_like_name(parts) else ""


def _opens_like_name(parts: list[str]) -> bool:
    """Whether the first word is a name, and not capitalised only for opening the sentence."""
    first = parts[0]
    is_acronym = sum(char.isupper() for char in first) > 1
    goes_on = len(parts) > 1 and parts[1][0].isupper() and fold(first) not in STOPWORDS
    return is_acronym or (first[0].isupper() and goes_on)


def _is_person(subject: str) -> bool:
    return any(_PERSONS.search(word) for word in subject.split()[:3])


def _when(sentence: str) -> Iterator[str]:
    """From "Op 9 september 2016 werd X aangesteld." or "X werd in 2016 opgericht."."""
    dates = find_dates(sentence)
    opening = _BEFORE_DATE.search(sentence[: dates[0].start]) if len(dates) == 1 else None
    if opening is None or is_negated(sentence):
        return
    before, after = sentence[: opening.start()].rstrip(), sentence[dates[0].end :]
    asked, rest = _WHEN[opening["when"].lower()], before + after
    if find_numbers(rest) or _JOINED.search(rest) or not rest.endswith("."):
        return
    if not before:
        if opening["when"] != "Van" and _VERB_NEXT.match(after):
            yield f"{asked}{after.removesuffix('.')}?"
        return
    clause = _CLAUSE.fullmatch(rest)
    subject = _subject(clause["subject"]) if clause else ""
    if clause and subject and len(before) >= clause.end("verb"):
        is_dated = clause["verb"] in ("dateert", "dateren")
        if is_dated == (opening["when"] == "van"):
            yield f"{asked} {clause['verb']} {subject}{clause['rest']}?"


def _how_many(sentence: str) -> Iterator[str]:
    """From "Er kwamen 5 stuurgroepen samen."."""
    match = _THERE_ARE.fullmatch(sentence)
    if match and count_value(match["count"]) is not None:
        parts = (match["what"], match["verb"], "er", match["now"], match["rest"])
        yield f"Hoeveel {' '.join(part.strip() for part in parts if part)}?"


def _whether(sentence: str) -> Iterator[str]:
    """From "Er worden geen subsidies toegekend."."""
    match = _THERE_ARE_NONE.fullmatch(sentence)
    if match and " meer" not in match["what"]:
        yield f"{match['verb'].capitalize()} er {match['now'] or ''}{match['what']}?"


def _which(sentence: str) -> Iterator[str]:
    """From "In de groep zijn volgende actoren vertegenwoordigd: …"."""
    match = _FRONTED_LIST.fullmatch(sentence)
    if match:
        place = match["place"][0].lower() + match["place"][1:]
        yield f"Welke {match['what']} {match['verb']} {place}{match['rest']}?"


def _what(sentence: str) -> Iterator[str]:
    """From "De partnerschappen zijn platformen, waarin …" or "De partijen zijn:"."""
    match = _IS_LIST.fullmatch(sentence) or _IS.fullmatch(sentence)
    subject = _subject(match["subject"]) if match else ""
    if match and subject and not listed_by(sentence):
        asked = "Wie" if _is_person(subject) else "Wat"
        yield f"{asked} {match['verb']} {subject}?"
