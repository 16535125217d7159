"""Whether an answer holds the facts of its case."""

import re
from collections.abc import Sequence

from assistant.evaluation.metrics.canonical import canonical


def facts_found(facts: Sequence[Sequence[str]], texts: Sequence[str]) -> list[bool]:
    """For every nugget whether one of its spellings stands, as whole words, in one of ``texts``."""
    haystack = [canonical(text) for text in texts]
    return [any(_stands_in(canonical(s), h) for s in nugget for h in haystack) for nugget in facts]


def _stands_in(phrase: str, text: str) -> bool:
    """As whole words; "5" does not stand in "3,5"."""
    pattern = rf"(?<!\w)(?<!\d[.,]){re.escape(phrase)}(?!\w)(?![.,]\d)"
    return re.search(pattern, text) is not None
