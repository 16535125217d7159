"""Citation precision, citation recall and verbatim rate, as counts that a mean can be made of."""

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch ``[start, end)`` of one document."""

    document: str
    start: int
    end: int


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans share at least one character."""
    return one.document == other.document and one.start < other.end and other.start < one.end


def supported(cited: Sequence[Span], gold: Sequence[Span]) -> list[bool]:
    """For every citation whether it overlaps a gold quote; their mean is citation precision."""
    return [any(overlap(span, other) for other in gold) for span in cited]


def covered(cited: Sequence[Span], gold: Sequence[Span]) -> list[bool]:
    """For every gold quote whether a citation overlaps it; their mean is citation recall."""
    return supported(gold, cited)


def is_verbatim(quote: str, span: Span, text: str) -> bool:
    """Whether ``quote`` is exactly what stands at its offsets; their mean is the verbatim rate."""
    return bool(quote) and text[span.start : span.end] == quote
