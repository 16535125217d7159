"""Blocks to stored text and the sections that tile it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.blocks import Block, Role
from assistant.documents import Section

_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)\.?\s")
_LETTER = re.compile(r"[A-Z]\.\s")


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    level: int

    @property
    def style(self) -> str:
        """How the heading is numbered: ``1.2`` headings nest under ``1`` whatever their level."""
        if match := _DECIMAL.match(self.text):
            return f"decimal{match[1].count('.')}"
        return "letter" if _LETTER.match(self.text) else ""


def _nest(stack: list[_Heading], heading: _Heading) -> list[_Heading]:
    """The heading path after ``heading``.

    Numbering decides over Markdown level, because converters keep the numbers right and the
    levels wrong: a style that is already open closes down to itself, a new one goes inside.
    """
    if not heading.style:
        return [
            *(above for above in stack if not above.style and above.level < heading.level),
            heading,
        ]
    styles = [above.style for above in stack]
    kept = styles.index(heading.style) if heading.style in styles else len(stack)
    return [*stack[:kept], heading]


def _rendered(block: Block) -> str:
    if block.role is not Role.ITEM:
        return block.text
    return f"{'  ' * block.level}{block.marker} {block.text}"


def _glue(previous: Block, block: Block) -> str:
    tight = previous.role is Role.ITEM and block.role is Role.ITEM
    return "\n" if tight else "\n\n"


def stored_text(blocks: list[Block]) -> tuple[str, list[int]]:
    """The text of a document and the offset at which each block starts."""
    text, starts = "", []
    for index, block in enumerate(blocks):
        text += _glue(blocks[index - 1], block) if index else ""
        starts.append(len(text))
        text += _rendered(block)
    return text, starts


def find_sections(
    blocks: list[Block], text: str, starts: list[int], numbered_answers: bool
) -> tuple[Section, ...]:
    """The sections of a document; they tile ``text``.

    Headings that follow each other without text between them share one section. With
    ``numbered_answers`` every numbered item opens a section "Antwoord n".
    """
    finder = _answer_openings if numbered_answers else _heading_openings
    openings = list(finder(blocks, starts))
    if not openings or openings[0][1] > 0:
        openings.insert(0, ((), 0, 0))
    ends = [start for _, start, _ in openings[1:]] + [len(text)]
    return tuple(
        Section(path, start, min(body, end), end)
        for (path, start, body), end in zip(openings, ends, strict=True)
        if end > start
    )


_Opening = tuple[tuple[str, ...], int, int]
"""Path, start and body start of a section that begins somewhere."""


def _heading_openings(blocks: list[Block], starts: list[int]) -> Iterator[_Opening]:
    stack: list[_Heading] = []
    begin = -1
    has_body = False
    for index, block in enumerate(blocks):
        if block.role is Role.HEADING:
            if begin < 0:
                begin = starts[index]
            heading = _Heading(block.text, block.level)
            is_title = not has_body and not heading.style and begin == 0
            stack = [] if is_title else _nest(stack, heading)
        else:
            if begin >= 0:
                yield tuple(h.text for h in stack), begin, starts[index]
            begin, has_body = -1, True
    if begin >= 0:
        yield tuple(h.text for h in stack), begin, starts[-1] + len(blocks[-1].text)


def _answer_openings(blocks: list[Block], starts: list[int]) -> Iterator[_Opening]:
    """Numbered items at the left margin; a number that does not rise belongs to a list inside."""
    last = 0
    for block, start in zip(blocks, starts, strict=True):
        number = block.marker[:-1]
        if block.role is Role.ITEM and number.isdigit() and not block.level and int(number) > last:
            last = int(number)
            yield (f"Antwoord {number}",), start, start + len(block.marker) + 1
