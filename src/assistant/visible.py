"""Text as a reader sees it: without characters that act on what stands around them."""

import unicodedata

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def visible_line(text: str) -> str:
    """``text`` on one line, without control, direction and other invisible format characters.

    What no file can hold (half a surrogate pair, U+FFFE and U+FFFF) becomes U+FFFD, so that the
    result can be written as UTF-8 and stand in XML.
    """
    shown = text.translate({ord(char): _shown(char) for char in set(text)})
    return " ".join(shown.split())


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return " "
    if category == "Cf":
        return ""
    return _REPLACEMENT if category == "Cs" or char in "\ufffe\uffff" else char
