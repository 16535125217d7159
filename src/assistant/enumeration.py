"""Lists in a document: the items of the list that a sentence belongs to or announces."""

import re
from dataclasses import dataclass, replace

from assistant.documents import Document, Section

_ITEM = re.compile(r"(?P<indent> *)(?:(?P<dash>-)|\d{1,2}[.)])\s+(?P<content>\S.*?)\s*$")

Span = tuple[int, int]
"""Offsets in the document, half open."""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A list of a document; ``intro`` is the line that announces it, where one does.

    The spans of the items leave out dashes and numbers.
    """

    intro: Span | None
    items: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with text; ``depth`` tells an inner list item from an outer one, -1 for other lines.

    Dashes lie deeper than numbers at the same indent; a line right under an item is part of it.
    """

    start: int
    end: int
    depth: int


def enumeration_at(
    document: Document, section: Section, start: int, end: int
) -> Enumeration | None:
    """The list that the text ``[start, end)`` is an item of or announces; ``None`` without one.

    Items of an inner list do not belong to the outer one.
    """
    lines = _lines(document.text, section)
    here = next((n for n, line in enumerate(lines) if line.start < end and start < line.end), None)
    if here is None:
        return None
    is_item = lines[here].depth >= 0
    announces = document.text[start:end].rstrip().endswith(":")
    if announces and here + 1 < len(lines) and lines[here + 1].depth > lines[here].depth:
        here += 1
    elif not is_item:
        return None
    return _around(document.text, lines, here)


def _around(text: str, lines: list[_Line], here: int) -> Enumeration | None:
    depth = lines[here].depth
    first = last = here
    while first > 0 and lines[first - 1].depth >= depth:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].depth >= depth:
        last += 1
    items = tuple((x.start, x.end) for x in lines[first : last + 1] if x.depth == depth)
    before = lines[first - 1] if first else None
    is_intro = before is not None and text[before.start : before.end].endswith(":")
    intro = (before.start, before.end) if before is not None and is_intro else None
    return Enumeration(intro, items) if len(items) > 1 else None


def _lines(text: str, section: Section) -> list[_Line]:
    lines = []
    start = section.body_start
    continues = False
    for raw in text[section.body_start : section.end].splitlines(keepends=True):
        line, stripped = raw.rstrip(), raw.strip()
        item = _ITEM.match(line)
        if item:
            begin = start + item.start("content")
            depth = 2 * len(item["indent"]) + bool(item["dash"])
            lines.append(_Line(begin, start + item.end("content"), depth))
        elif stripped:
            begin = start + raw.index(stripped)
            end = begin + len(stripped)
            if continues:
                lines[-1] = replace(lines[-1], end=end)
            else:
                lines.append(_Line(begin, end, -1))
        continues = bool(stripped) and bool(lines) and lines[-1].depth >= 0
        start += len(raw)
    return lines
