"""What a question asks for, from its wording (Dutch, with the common English and French forms)."""

import re
from enum import StrEnum

from assistant.dutch.folding import fold


class Expected(StrEnum):
    """The kind of thing that would answer a question."""

    DATE = "date"
    NUMBER = "number"
    NAME = "name"
    PLACE = "place"
    REASON = "reason"
    LIST = "list"
    YES_NO = "yes_no"
    DEFINITION = "definition"
    OTHER = "other"


_FIRST_VERBS = (
    "is zijn was waren heeft hebben had hadden wordt worden werd werden kan kunnen kon konden mag"
    " mogen moet moeten moest zal zullen zou zouden hoeft hoeven dient dienen bestaat bestaan staat"
    " staan komt komen krijgt krijgen geldt gelden doet doen gaat gaan klopt duurt duren voorziet"
    " voorzien neemt nemen loopt lopen valt vallen betaalt betalen ligt liggen zit zitten werkt"
    " werken blijft blijven telt bevat regelt vermeldt hoort verplicht volstaat maakt maken geeft"
    " kunt does do did are can has have must may will est-ce"
).split()
"""Verbs with which a Dutch (English, French) question for "ja" or "nee" begins."""

_SUBJECTS = "het|de|een|er|dit|deze|dat|die|men|je|u|we|wij|ze|zij|hij|elke?|iedere?|alle"
"""Words with which a subject begins; after a word in -t or -en they show that this is a verb."""

_NO_VERBS = "met|uit|tot|niet|wat|dat|sinds|binnen|buiten|tussen|tegen|naast|boven|een|geen|enkel"

# The first pattern that matches decides; more specific wordings come first.
_PATTERNS = (
    (
        Expected.YES_NO,
        rf"^(?:(?:{'|'.join(_FIRST_VERBS)})\b|(?!(?:{_NO_VERBS})\b)\w+(?:t|en) (?:{_SUBJECTS})\b)"
        r"(?!.*\b(?:wie|wat|waar|waarom|wanneer|welke?|hoeveel|hoe|who|what|when|which|how)\b)",
    ),
    (
        Expected.DATE,
        r"\bwanneer\b|\bdatum\b|\bdata van\b|\bwelk(?:e)? (?:dag|jaar|jaren|maand|moment|data)\b"
        r"|\bwhen\b|\bquand\b|\bwhat (?:date|year)\b|\bquelle date\b",
    ),
    (
        Expected.NUMBER,
        r"\bhoeveel|\bhoe ?lang\b|\bhoe groot\b|\baantal\b|\bhow (?:many|much|long)\b|\bcombien\b"
        r"|\bopzegtermijn\b",
    ),
    (Expected.REASON, r"\bwaarom\b|\bwaartoe\b|\bwhy\b|\bpourquoi\b|\bwat is de reden\b"),
    (
        Expected.LIST,
        r"^(?:geef|noem|som)\b|\blijst\b|\bopsomming\b|\balle\b"
        r"|\bwie (?:zijn|zitten|maken|zetelen)\b"
        r"|\bwelke (?:\w+e )?\w{3,}(?:en|s)\b|^list\b",
    ),
    (
        Expected.DEFINITION,
        r"\bwat betekent\b|\bwaar(?:voor)? staat\b|\bafkorting\b|\bwat wordt bedoeld\b"
        r"|^wat is (?:een |het |de )?\w+\??$|\bstand for\b|\bsignifie\b",
    ),
    (Expected.NAME, r"\bwie\b|\bdoor wie\b|\bwelke (?:persoon|organisatie)\b|\bwho\b|\bqui\b"),
    (Expected.PLACE, r"^(?:in |van )?waar\b|\bwhere\b|^ou\b"),
)
_COMPILED = tuple((expected, re.compile(pattern)) for expected, pattern in _PATTERNS)


def expected_answer(question: str) -> Expected:
    """The kind of answer that the wording of ``question`` asks for."""
    folded = fold(question).strip()
    for expected, pattern in _COMPILED:
        if pattern.search(folded):
            return expected
    return Expected.OTHER


_ORDINALS = (
    "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende laatste vorige volgende"
    " nieuwe huidige"
).split()
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_ORDINALS)})\b")


def ordinals(text: str) -> frozenset[str]:
    """The words of ``text`` that pick one out of a row: "eerste", "laatste", "derde"."""
    return frozenset(_ORDINAL.findall(fold(text)))


_COUNT = re.compile(r"^(?:hoeveel|how many|combien de)\b|\baantal\b")


def asks_count(question: str) -> bool:
    """Whether a question asks how many there are of something."""
    return _COUNT.search(fold(question).strip()) is not None


_COMPARISON = re.compile(
    r"\bverschil(?:len|t)?\b|\bvergelijk|\bbeide\b(?! (?:partijen|partners|organisaties))"
    r"|\ballebei\b|\bzowel\b"
    r"|\beven \w+ (?:als|samen als)\b|\bhetzelfde als\b|\bin vergelijking\b"
    r"|\b(?:eerst|eerder|vroeger|later|langer|korter|meer|minder|vaker|groter|kleiner|recenter)\b"
    r".*\bof\b|\w \b(?:en|of) (?:wie|wat|wanneer|hoeveel)\b(?! \w+ (?:hij|zij|ze|men)\b)"
    r"|\bcompar|\bdifference\b|\bdifference entre\b"
)


def is_comparison(question: str) -> bool:
    """Whether a question sets two things beside each other."""
    return _COMPARISON.search(fold(question)) is not None
