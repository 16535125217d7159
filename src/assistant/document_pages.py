"""The pages about documents: the list, the reader view and the accessibility statement.

They work without a script and escape everything that is filled in.
"""

import base64
import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any
from urllib.parse import quote as url_quote
from urllib.parse import urlencode

from assistant import wording
from assistant.documents import Document, Metadata, Section, version_digits
from assistant.index import Index
from assistant.pages import BRUSSELS, templates

PAGE_STYLE = (files("assistant") / "templates" / "page.css").read_text(encoding="utf-8")

PAGE_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(PAGE_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Content-Security-Policy of these pages: no script, only this style."""

_MAIL = re.compile(r"[^@\s:/?]+@[^@\s:/?]+")

Span = tuple[int, int]
"""Offsets of a quote, ``[start, end)``."""


@dataclass(frozen=True, slots=True)
class Look:
    """For whom a page is made: the day it is there, what it should look like, where it is shown.

    ``theme`` is ``licht``, ``donker`` or empty for that of the system. In the chat's panel a page
    has no navigation, and links to other pages leave the panel.
    """

    today: dt.date
    theme: str = ""
    in_panel: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a quote begins: its id on the page and those of its neighbours.

    ``place`` says which one it is, and is empty for the only one.
    """

    id: str
    place: str
    previous: str
    next: str


@dataclass(frozen=True, slots=True)
class _Highlight:
    """A marked stretch of the text, for one quote or several that overlap."""

    start: int
    end: int
    marks: tuple[_Mark, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of text; ``marks`` are of the quotes that begin with it."""

    text: str
    is_quote: bool
    marks: tuple[_Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _SectionView:
    anchor: str
    label: str
    depth: int
    heading: tuple[_Part, ...]
    parts: tuple[_Part, ...]

    @property
    def holds_quote(self) -> bool:
        return any(part.is_quote for part in (*self.heading, *self.parts))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether a quote of an earlier version still stands in the current one, and where."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class _Fact:
    label: str
    value: str
    is_expired: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A document in the list."""

    document: Document
    values: Mapping[str, str]
    is_expired: bool
    passages: int


def documents_html(index: Index, look: Look) -> str:
    """The list of the corpus."""
    passages = Counter(passage.document for passage in index.passages)
    rows = [
        _Row(
            document,
            _values(document.metadata),
            document.metadata.is_expired(look.today),
            passages[document.id],
        )
        for document in index.documents.values()
    ]
    return _page(
        "documents.html", wording.DOCUMENTS, look, rows=rows, intro=_intro(len(rows), index)
    )


def _intro(count: int, index: Index) -> str:
    many = wording.MANY_DOCUMENTS.format(count=count)
    built = index.manifest.created.astimezone(BRUSSELS)
    return wording.DOCUMENTS_INTRO.format(
        count=wording.ONE_DOCUMENT if count == 1 else many,
        date=f"{built:%d/%m/%Y}",
        time=f"{built:%H:%M}",
    )


def document_html(
    document: Document, quotes: Sequence[Span], look: Look, notices: Sequence[str] = ()
) -> str:
    """One version of a document, with the quotes highlighted and the notices above the text.

    With a quote outside the text nothing is highlighted and one more notice says why.
    """
    cited, more_notices = _checked(document, quotes)
    return _page(
        "document.html",
        document.metadata.title,
        look,
        document=document,
        facts=_facts(document.metadata, look),
        notices=[*notices, *more_notices],
        permanent_link=_permanent_link(document, list(cited.values())),
        linked=[],
        sections=_section_views(document, cited, _marks(cited, len(cited), "")),
    )


def lost_version_html(document: Document, quotes: Sequence[Span], look: Look) -> str:
    """A document as it is now, for a link into a version that was not kept."""
    return document_html(document, (), look, [wording.LOST_VERSION] if quotes else [])


def removed_document_html(document: Document, quotes: Sequence[Span], look: Look) -> str:
    """The kept version of a document that left the corpus, with the quotes highlighted."""
    notice = wording.REMOVED_DOCUMENT.format(digits=version_digits(document.version))
    return document_html(document, quotes, look, [notice])


def changed_document_html(
    linked: Document, current: Document, quotes: Sequence[Span], look: Look
) -> str:
    """The sections that a link quotes as they were, and the document as it is now.

    Without quotes in it the whole linked version is shown. A quote that still stands in the current
    version is highlighted there too.
    """
    cited, notices = _checked(linked, quotes)
    found = {number: _still_at(span, linked, current) for number, span in cited.items()}
    present = {number: span for number, span in found.items() if span}
    marks = _marks(present, len(cited), "nu-")
    views = _section_views(linked, cited, _marks(cited, len(cited), ""))
    return _page(
        "document.html",
        current.metadata.title,
        look,
        document=current,
        facts=_facts(current.metadata, look),
        notices=[wording.CHANGED_DOCUMENT, *notices],
        permanent_link=_permanent_link(linked, list(cited.values())),
        linked=[view for view in views if view.holds_quote or not cited],
        linked_digits=version_digits(linked.version),
        verdicts=[_verdict(number, len(cited), marks.get(number)) for number in cited],
        sections=_section_views(current, present, marks),
    )


def accessibility_html(contact: str, look: Look) -> str:
    """The accessibility statement. ``contact`` is an address or number to report to, or empty."""
    return _page(
        "accessibility.html",
        wording.ACCESSIBILITY,
        look,
        contact=contact,
        contact_url=_contact_url(contact),
    )


def _page(template: str, title: str, look: Look, **filled_in: Any) -> str:
    return templates.get_template(template).render(
        title=title, look=look, style=PAGE_STYLE, **filled_in
    )


def _checked(document: Document, quotes: Sequence[Span]) -> tuple[dict[int, Span], list[str]]:
    """The quotes by number; none, and a notice, when one of them is no part of the text."""
    if all(0 <= start < end <= len(document.text) for start, end in quotes):
        return dict(enumerate(quotes, 1)), []
    return {}, [wording.BAD_QUOTE]


def _still_at(span: Span, linked: Document, current: Document) -> Span | None:
    """Where a quote of one version stands in another: under the same heading, if it can."""
    quote = linked.text[slice(*span)]
    heading = next((s.path[-1:] for s in linked.sections if span[0] < s.end), ())
    same = (s for s in current.sections if s.path[-1:] == heading)
    places = [current.text.find(quote, s.start, s.end) for s in same]
    start = next((place for place in places if place >= 0), current.text.find(quote))
    return (start, start + len(quote)) if start >= 0 else None


def _verdict(number: int, count: int, mark: _Mark | None) -> _Verdict:
    name = _place(number, count) or wording.THE_QUOTE
    text = wording.STILL_VERBATIM if mark else wording.NOT_VERBATIM
    return _Verdict(text.format(quote=name), mark.id if mark else "")


def _place(number: int, count: int) -> str:
    return wording.QUOTE_PLACE.format(number=number, count=count) if count > 1 else ""


def _marks(quotes: Mapping[int, Span], count: int, prefix: str) -> dict[int, _Mark]:
    """The marks of quotes by number, each linked to the ones before and after it."""
    ids = [f"{prefix}citaat-{number}" if number > 1 else f"{prefix}citaat" for number in quotes]
    return {
        number: _Mark(
            id=own,
            place=_place(number, count),
            previous=ids[position - 1] if position else "",
            next=next(iter(ids[position + 1 :]), ""),
        )
        for position, (number, own) in enumerate(zip(quotes, ids, strict=True))
    }


def _highlights(quotes: Mapping[int, Span], marks: Mapping[int, _Mark]) -> list[_Highlight]:
    """The stretches to mark, in order. Quotes that overlap share one: marks cannot cross."""
    found: list[_Highlight] = []
    for number, (start, end) in sorted(quotes.items(), key=lambda item: item[1]):
        mark = marks[number]
        if found and start < found[-1].end:
            last = found[-1]
            found[-1] = replace(last, end=max(last.end, end), marks=(*last.marks, mark))
        else:
            found.append(_Highlight(start, end, (mark,)))
    return found


def _section_views(
    document: Document, quotes: Mapping[int, Span], marks: Mapping[int, _Mark]
) -> list[_SectionView]:
    highlights = _highlights(quotes, marks)
    return [
        _section_view(document, section, number, highlights)
        for number, section in enumerate(document.sections, 1)
    ]


def _section_view(
    document: Document, section: Section, number: int, highlights: Sequence[_Highlight]
) -> _SectionView:
    heading = _parts(document.text, section.start, section.body_start, highlights)
    label = document.text[section.start : section.body_start].strip()
    if section.path and section.path[-1] not in label:
        label = section.path[-1]  # "6." in the text, "Antwoord 6" in every citation
        marks = tuple(mark for part in heading for mark in part.marks)
        heading = (_Part(label, any(part.is_quote for part in heading), marks),)
    return _SectionView(
        anchor=f"sectie-{number}",
        label=" – ".join(filter(None, label.split("\n"))) or wording.UNTITLED_SECTION,
        depth=len(section.path),
        heading=heading,
        parts=_parts(document.text, section.body_start, section.end, highlights),
    )


def _parts(text: str, start: int, end: int, highlights: Sequence[_Highlight]) -> tuple[_Part, ...]:
    """The text from ``start`` to ``end``, cut where a highlight begins or ends.

    White space at its end is left out: the page separates headings and sections itself.
    """
    last = start + len(text[start:end].rstrip())
    parts: list[_Part] = []
    done = start
    for highlight in highlights:
        begin, stop = max(highlight.start, start), min(highlight.end, end)
        if begin >= stop:
            continue
        marks = highlight.marks if begin == highlight.start else ()
        parts += [_Part(text[done:begin], False), _Part(text[begin : min(stop, last)], True, marks)]
        done = stop
    parts.append(_Part(text[done:last], False))
    return tuple(part for part in parts if part.text or part.marks)


def _permanent_link(document: Document, quotes: Sequence[Span]) -> str:
    """Link to this version of a document, with the quotes highlighted."""
    fields = [("versie", version_digits(document.version))]
    fields += [("citaat", f"{start}-{end}") for start, end in quotes]
    anchor = "#citaat" if quotes else ""
    return f"/documents/{url_quote(document.id)}?{urlencode(fields)}{anchor}"


def _facts(metadata: Metadata, look: Look) -> list[_Fact]:
    """Labelled metadata in the order of the labels, without what is unknown."""
    values = _values(metadata)
    return [
        _Fact(label, values[key], key == "valid" and metadata.is_expired(look.today))
        for key, label in wording.METADATA_LABELS.items()
        if values[key]
    ]


def _values(metadata: Metadata) -> dict[str, str]:
    """Metadata as text, by field; empty where it is unknown."""
    return {
        "kind": metadata.kind.value,
        "parties": ", ".join(metadata.parties),
        "date": f"{metadata.date:%d/%m/%Y}" if metadata.date else "",
        "valid": _validity(metadata),
        "source": metadata.source,
    }


def _validity(metadata: Metadata) -> str:
    bounds = [metadata.valid_from, metadata.valid_until]
    start, end = (f"{bound:%d/%m/%Y}" if bound else "" for bound in bounds)
    texts = {
        (True, True): wording.VALID_PERIOD,
        (True, False): wording.VALID_FROM,
        (False, True): wording.VALID_UNTIL,
    }
    return texts.get((bool(start), bool(end)), "").format(start=start, end=end)


def _contact_url(contact: str) -> str:
    if contact.startswith(("https://", "http://")):
        return contact
    return f"mailto:{url_quote(contact, safe='@')}" if _MAIL.fullmatch(contact) else ""
