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


# The first pattern that matches decides; more specific wordings come first.
_PATTERNS = (
    (
        Expected.DATE,
        r"\bwanneer\b|\bdatum\b|\bdata van\b|\bwelk(?:e)? (?:dag|jaar|maand|moment)\b|\bwhen\b"
        r"|\bquand\b|\bwhat (?:date|year)\b|\bquelle date\b",
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
        r"|\bwelke \w+(?:en|s)\b|^list\b",
    ),
    (
        Expected.DEFINITION,
        r"\bwat betekent\b|\bwaar(?:voor)? staat\b|\bafkorting\b|\bwat wordt bedoeld\b"
        r"|^wat is (?:een |het |de )?\w+\??$|\bstand for\b|\bsignifie\b",
    ),
    (Expected.NAME, r"\bwie\b|\bdoor wie\b|\bwelke (?:persoon|organisatie)\b|\bwho\b|\bqui\b"),
    (Expected.PLACE, r"^(?:in |van )?waar\b|\bwhere\b|^ou\b"),
    (
        Expected.YES_NO,
        r"^(?:is|zijn|was|waren|heeft|hebben|wordt|worden|werd|werden|kan|kunnen|mag|mogen|moet"
        r"|moeten|bestaat|bestaan|staat|komt|krijgt|krijgen|geldt|doet|gaat|klopt|does|do|are|can"
        r"|est-ce)\b",
    ),
)
_COMPILED = tuple((expected, re.compile(pattern)) for expected, pattern in _PATTERNS)


def expected_answer(question: str) -> Expected:
    """The kind of answer that the wording of ``question`` asks for."""
    folded = fold(question).strip()
    for expected, pattern in _COMPILED:
        if pattern.search(folded):
            return expected
    return Expected.OTHER
