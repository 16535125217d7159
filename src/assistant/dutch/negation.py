"""Whether a Dutch text denies something, or says it without reserve."""

import re

from assistant.dutch.folding import fold

_NEGATION = re.compile(r"\b(?:niet|geen|nooit|niets|niemand|nergens|zonder|noch)\b")


def is_negated(text: str) -> bool:
    """Whether ``text`` holds a word of denial."""
    return _NEGATION.search(fold(text)) is not None


_EXCEPTION = re.compile(r"\b(?:tenzij|behalve|maar|zonder|ook|alleen|enkel)\b")


def is_plain_denial(text: str) -> bool:
    """Whether ``text`` denies without exception: "er is geen lijst", not "niet alleen".

    Of 176 invented yes/no questions whose evidence is one, 172 are answered by "nee".
    """
    return is_negated(text) and _EXCEPTION.search(fold(text)) is None


_RESERVE = re.compile(
    r"\b(?:tenzij|behalve|uitgezonderd|uitzondering|m\.?u\.?v|mits|indien|voorwaarde|alleen|enkel"
    r"|uitsluitend|principe|maar|soms|mogelijk)\b"
)


def is_without_reserve(text: str) -> bool:
    """Whether ``text`` neither denies nor makes an exception or a condition."""
    return not is_negated(text) and _RESERVE.search(fold(text)) is None
