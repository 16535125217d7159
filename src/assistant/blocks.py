"""Raw file text to blocks: headings, paragraphs and list items, without the residue of conversion.

The only changes to the words are those of layout: soft-wrapped lines and paragraphs that a page
break cut are joined, ``[bookmark: …]`` fields, control characters and bullet glyphs go, no-break
spaces become spaces, Markdown markup (with the targets of links) becomes structure or goes.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Role(Enum):
    """What a block is in its document."""

    HEADING = auto()
    PARAGRAPH = auto()
    ITEM = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of text with a role.

    ``level`` is the Markdown level of a heading (1 to 6) or the depth of a list item (from 0).
    ``marker`` is what stands before a list item: ``-``, or its number such as ``3.``.
    """

    role: Role
    text: str
    level: int = 0
    marker: str = ""


_BOOKMARK = re.compile(r"\[bookmark: [^\]\n]*\]")
# Word processors write a manual line break as a vertical tab or as U+2028.
_LAYOUT = str.maketrans(
    {
        "\r": "\n",
        "\v": "\n",
        "\x85": "\n",
        "\u2028": "\n",
        "\u2029": "\n\n",
        "\f": "\n\n",
        "\t": "    ",
    }
)
_SPACES = re.compile(r"[^\S\n]+")
_GLYPHS = "•▪◦‣·●○■□▶►➢➤✓»"
_BULLET = re.compile(
    rf"(?P<indent> *)(?:(?P<glyph>[{_GLYPHS}]+)\s*|(?P<dash>[-*])\s+|(?P<ocr>[eom])\s(?=[A-ZÀ-Þ]))"
)
_GLYPH_RESIDUE = re.compile(rf"^[{_GLYPHS}]+\s*")
_NUMBERED = re.compile(r"(?P<indent> *)(?P<number>\d{1,2}[.)])\s+(?=\S)")
_NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+[A-ZÀ-Þ]|[A-Z]\.\s+[A-ZÀ-Þ]")
_TERMINATED = re.compile(r"[.;:!?…][)\]”’\"'»]*$")
_SUSPENDED = re.compile(r"\w-$")
_LONGEST_WRAPPED_LINE = 120
_LONGEST_HEADING = 80
_CLEARLY_SHORT, _ROOM_LEFT = 0.6, 0.85


def tidy(raw: str) -> str:
    """``raw`` with one kind of line end and space, without bookmarks and invisible characters."""
    text = raw.replace("\r\n", "\n").translate(_LAYOUT)
    text = _BOOKMARK.sub("", text)
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    return "" if category in ("Cc", "Cf", "Zl", "Zp", "Cs") else char


def _squeeze(text: str) -> str:
    return "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n")).strip()


def is_wrapped(text: str) -> bool:
    """Whether the lines of ``text`` were broken to fit a page width."""
    return max(map(len, text.split("\n")), default=0) <= _LONGEST_WRAPPED_LINE


def parse_text(raw: str) -> list[Block]:
    """Blocks of a plain-text file."""
    text = tidy(raw)
    width = max(map(len, text.split("\n"))) if is_wrapped(text) else 0
    groups = re.split(r"\n\s*\n", text)
    blocks = [block for group in groups for block in _group_blocks(group, width)]
    return _rejoin(_mark_headings(blocks))


def _group_blocks(group: str, width: int) -> Iterator[Block]:
    """Blocks of lines that no blank line separates."""
    lines = [line.rstrip() for line in group.split("\n") if line.strip()]
    current: Block | None = None
    last = ""
    for line in lines:
        fresh = _line_block(line)
        if current and fresh.role is Role.PARAGRAPH and current.role is not Role.HEADING:
            glue = " " if _is_soft(last, line, width) else "\n"
            if glue == " " or current.role is Role.ITEM:
                current = replace(current, text=_join(current.text, glue, fresh.text))
                last = line
                continue
        if current:
            yield current
        current, last = fresh, line
    if current:
        yield current


def _line_block(line: str) -> Block:
    stripped = line.strip()
    if _is_numbered_heading(stripped):
        return Block(Role.HEADING, _squeeze(stripped), level=1)
    if match := _BULLET.match(line):
        depth = len(match["indent"]) // 2 + (match["ocr"] == "m")
        depth = 0 if match["glyph"] else depth
        return Block(Role.ITEM, _squeeze(line[match.end() :]), depth, "-")
    if match := _NUMBERED.match(line):
        depth = len(match["indent"]) // 2
        return Block(Role.ITEM, _squeeze(line[match.end() :]), depth, match["number"])
    return Block(Role.PARAGRAPH, _squeeze(stripped))


def _is_numbered_heading(line: str) -> bool:
    """A short numbered line without the full stop of a sentence, such as "4 Wie?"."""
    if not _NUMBERED_HEADING.match(line) or len(line) > _LONGEST_HEADING:
        return False
    ends_openly = not _TERMINATED.search(line) or line.endswith("?")
    has_list_number = _NUMBERED.match(line) is not None
    return ends_openly and (not has_list_number or len(line.split()) <= 6)


def _is_soft(line: str, following: str, width: int) -> bool:
    """Whether the break between two lines came from the page width, not from the writer."""
    if not width or line.endswith(";"):
        return False
    following = following.strip()
    if following[0].islower():
        return True
    fits = len(line) + 1 + len(following.split()[0]) <= _ROOM_LEFT * width
    ended = _TERMINATED.search(line) is not None
    return not (fits and (ended or len(line) < _CLEARLY_SHORT * width))


def _join(text: str, glue: str, following: str) -> str:
    """Join, closing up a word that was cut at a hyphen ("samen-" + "werking")."""
    suspended = _SUSPENDED.search(text) and following.split()[0] not in ("en", "of", "als", "tot")
    return text + ("" if glue == " " and suspended and following[0].islower() else glue) + following


def _mark_headings(blocks: list[Block]) -> list[Block]:
    """Turn short unpunctuated lines that stand above a paragraph into headings."""
    marked = []
    for block, following in zip(blocks, [*blocks, None][1:], strict=True):
        introduces = following is not None and following.role is not Role.ITEM
        is_title = (
            block.role is Role.PARAGRAPH
            and introduces
            and len(block.text) <= _LONGEST_HEADING
            and "\n" not in block.text
            and not _TERMINATED.search(block.text)
            and not block.text[0].islower()
            and not (following and following.text[0].islower())
        )
        marked.append(replace(block, role=Role.HEADING, level=1) if is_title else block)
    return marked


def _rejoin(blocks: list[Block]) -> list[Block]:
    """Join a paragraph or item with the paragraph that continues it after a page break."""
    joined: list[Block] = []
    for block in blocks:
        previous = joined[-1] if joined else None
        if previous and _continues(previous, block):
            joined[-1] = replace(previous, text=_join(previous.text, " ", block.text))
        else:
            joined.append(block)
    return joined


def _continues(previous: Block, block: Block) -> bool:
    if Role.HEADING in (previous.role, block.role) or block.role is Role.ITEM:
        return False
    starts_low = block.text.lstrip("(\"'“‘")[:1].islower()
    return starts_low and not _TERMINATED.search(previous.text)


def parse_markdown(raw: str) -> list[Block]:
    """Blocks of a Markdown (CommonMark) file; HTML in it stays literal text."""
    text = tidy(raw)
    soft = " " if is_wrapped(text) else "\n"
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    return _rejoin(list(_token_blocks(parser.parse(text), soft)))


def _token_blocks(tokens: list[Token], soft: str) -> Iterator[Block]:
    depth, markers, heading, row = -1, [""], 0, list[str]()
    in_table = False
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                markers.append(f"{token.info}." if token.info else "-")
            case "list_item_close":
                markers.pop()
            case "heading_open" | "heading_close":
                heading = int(token.tag[1]) if token.nesting == 1 else 0
            case "table_open" | "table_close":
                in_table = token.nesting == 1
            case "tr_close":
                yield Block(Role.PARAGRAPH, " | ".join(row))
                row = []
            case "inline" if in_table:
                row.append(_squeeze(_plain(token, " ")))
            case "inline":
                yield from _content_block(_plain(token, soft), heading, depth, markers)
            case "fence" | "code_block":
                yield from _content_block(token.content, 0, depth, markers)


def _content_block(text: str, heading: int, depth: int, markers: list[str]) -> Iterator[Block]:
    text = _squeeze(text)
    if heading and text:
        yield Block(Role.HEADING, text.replace("\n", " "), heading)
    elif text and depth >= 0 and markers[-1]:
        marker, markers[-1] = markers[-1], ""
        yield Block(Role.ITEM, _GLYPH_RESIDUE.sub("", text), depth, marker)
    elif text:
        yield Block(Role.PARAGRAPH, text)


def _plain(token: Token, soft: str) -> str:
    breaks = {"softbreak": soft, "hardbreak": "\n"}
    return "".join(breaks.get(child.type, child.content) for child in token.children or [])
