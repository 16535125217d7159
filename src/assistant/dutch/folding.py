"""One way of making text comparable: lower case, no accents, plain quotes and dashes."""

import unicodedata

_PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})


def fold(text: str) -> str:
    """Return ``text`` in lower case, without diacritics, with plain quotes and dashes."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_PLAIN)).lower()
    return "".join(char for char in decomposed if not unicodedata.combining(char))
