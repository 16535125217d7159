"""Proof: a quote is the document's own text, a claim says no more than its quotes.

This is the only module that makes a ``Citation``.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote as url_quote

from assistant import wording
from assistant.documents import Citation, Document, Evidence, Passage, Quoted, version_digits
from assistant.dutch.folding import fold
from assistant.dutch.mentions import find_dates, find_numbers
from assistant.dutch.negation import is_negated

LEAST_SUPPORT = 0.6
"""Share of a claim's search terms that its quotes must hold."""

_NAME = re.compile(r"(?<=\s)[A-ZÀ-Þ][\w’'-]*")


class GroundingError(Exception):
    """A quote is not the text of its document at its offsets. Always a bug, never shown."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a generator wrote, with the quotes it says it rests on.

    Each quote names the passage it was taken from by position.
    """

    text: str
    quotes: tuple[tuple[int, str], ...]


def document_url(document: Document, start: int, end: int) -> str:
    """Link to the page of a document that highlights ``[start, end)`` of this version of it."""
    digits = version_digits(document.version)
    return f"/documents/{url_quote(document.id)}?versie={digits}&citaat={start}-{end}#citaat"


def place_of(quoted: Quoted) -> str:
    """Where a quote stands, as one line: the title of its document and the section."""
    if not quoted.section:
        return quoted.title
    return wording.PLACE.format(title=quoted.title, section=quoted.section)


def cite(evidence: Evidence, document: Document, marker: int) -> Citation:
    """The citation of one piece of evidence. Raises ``GroundingError`` if it is not verbatim."""
    _check(document, evidence.passage, evidence.start, evidence.end, evidence.text)
    fields = _quoted_fields(document, evidence.passage, evidence.start, evidence.end)
    return Citation(marker=marker, **fields)


def quote_evidence(evidence: Evidence, document: Document) -> Quoted:
    """The same without a place in an answer. Raises ``GroundingError`` if it is not verbatim."""
    _check(document, evidence.passage, evidence.start, evidence.end, evidence.text)
    return Quoted(**_quoted_fields(document, evidence.passage, evidence.start, evidence.end))


def quote_passage(passage: Passage, document: Document) -> Quoted:
    """A whole passage, without its heading, as a quote."""
    body = document.text[passage.body_start : passage.end]
    stripped = body.strip()
    start = passage.body_start + body.index(stripped)
    end = start + len(stripped)
    _check(document, passage, start, end, stripped)
    return Quoted(**_quoted_fields(document, passage, start, end))


def holds(quoted: Quoted, document: Document) -> bool:
    """Whether a quote that somebody else kept is what this version of the document says there."""
    is_verbatim = document.text[quoted.start : quoted.end] == quoted.quote
    return is_verbatim and quoted.url == document_url(document, quoted.start, quoted.end)


def _check(document: Document, passage: Passage, start: int, end: int, text: str) -> None:
    inside = passage.document == document.id and passage.start <= start <= end <= passage.end
    if not inside or document.text[start:end] != text:
        raise GroundingError(f"not verbatim: {document.id}[{start}:{end}] is not {text!r}")


def _quoted_fields(
    document: Document, passage: Passage, start: int, end: int
) -> dict[str, str | int]:
    return {
        "document": document.id,
        "title": document.metadata.title,
        "version": document.version,
        "section": passage.section.name,
        "quote": document.text[start:end],
        "start": start,
        "end": end,
        "url": document_url(document, start, end),
    }


def locate(quote: str, passage: Passage) -> tuple[int, int] | None:
    """Offsets in the document of a quote from a passage; white space may differ, words may not."""
    words = quote.split()
    if not words:
        return None
    match = re.search(_whole(r"\s+".join(map(re.escape, words))), passage.text)
    return (passage.start + match.start(), passage.start + match.end()) if match else None


def supported_evidence(
    claim: Claim, passages: Sequence[Passage], terms: Callable[[str], Iterable[str]]
) -> list[Evidence]:
    """The quotes of a claim as evidence, or nothing when they do not carry it.

    Every quote must stand in its passage; every date, number and capitalised word of the claim
    must stand in a quote, and so must ``LEAST_SUPPORT`` of its search terms (``terms`` analyses a
    text); claim and quotes must agree on whether something is denied.
    """
    found: list[Evidence] = []
    for position, quote in claim.quotes:
        passage = passages[position] if 0 <= position < len(passages) else None
        span = locate(quote, passage) if passage else None
        if passage is None or span is None:
            return []
        text = passage.text[span[0] - passage.start : span[1] - passage.start]
        found.append(Evidence(passage, *span, text, confidence=1.0))
    return found if found and _is_supported(claim.text, found, terms) else []


def _is_supported(
    claim: str, evidence: Sequence[Evidence], terms: Callable[[str], Iterable[str]]
) -> bool:
    quoted = " ".join(item.text for item in evidence)
    folded = fold(quoted)
    figures = [mention.text for mention in (*find_dates(claim), *find_numbers(claim))]
    asserted = set(terms(claim))
    shared = asserted & set(terms(quoted))
    has_figures = all(_stands_in(fold(figure), folded) for figure in figures)
    has_names = all(_stands_in(fold(name), folded) for name in _NAME.findall(claim))
    agrees = is_negated(claim) == is_negated(quoted)
    has_terms = bool(asserted) and len(shared) >= LEAST_SUPPORT * len(asserted)
    return has_figures and has_names and agrees and has_terms


def _stands_in(figure: str, text: str) -> bool:
    """Whether a figure stands in a text as whole words: "5" does not stand in "2015"."""
    return re.search(_whole(re.escape(figure)), text) is not None


def _whole(pattern: str) -> str:
    """``pattern`` where it cuts no word and no number: "500" is not in "1.500"."""
    cuts_before = r"(?<=\w)(?=\w)|(?<=\d[.,/])(?=\d)"
    cuts_after = r"(?<=\w)(?=\w)|(?<=\d)(?=[.,/]\d)"
    return rf"(?!{cuts_before}){pattern}(?!{cuts_after})"
