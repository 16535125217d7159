"""A conversation as a note for the file (dossier): Markdown, or a document of Word.

Both are made of the same blocks. What a user or a document says is one line of plain text in them,
which forms no markup and no link.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from assistant import wording
from assistant.documents import Answer, Citation, Quoted, Status, version_digits
from assistant.exchange import Exchange
from assistant.fragments import scope_text
from assistant.grounding import place_of
from assistant.pages import BRUSSELS
from assistant.visible import visible_line
from assistant.word_file import KEY_POINT, add_paragraph, new_document, packed

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*")
_PAGE = re.compile(r"/documents/[a-z0-9-]+(\?[A-Za-z0-9=&_-]*)?(#[A-Za-z0-9_-]*)?")
_MARKER = re.compile(r"\[([0-9]{1,9})\]")


class _Form(Enum):
    TITLE = auto()
    HEADING = auto()
    TEXT = auto()
    STRONG = auto()
    QUOTE = auto()
    PASSAGE = auto()
    SOURCE = auto()


_PREFIXES = {
    _Form.TITLE: "# ",
    _Form.HEADING: "## ",
    _Form.TEXT: "",
    _Form.QUOTE: "> ",
    _Form.PASSAGE: "- ",
}
_WORD_STYLES = {
    _Form.TITLE: "Heading1",
    _Form.HEADING: "Heading2",
    _Form.TEXT: "Normal",
    _Form.STRONG: KEY_POINT,
    _Form.QUOTE: "Quote",
    _Form.PASSAGE: "ListBullet",
    _Form.SOURCE: "ListNumber",
}


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph; ``url`` is the link behind its text, ``number`` that of a source."""

    form: _Form
    text: str
    url: str = ""
    number: int = 0


def to_markdown(title: str, exchanges: Sequence[Exchange], address: str, now: dt.datetime) -> str:
    """The note as Markdown. ``address`` is that of this server, before the path of a source."""
    return "\n\n".join(map(_markdown, _note(title, exchanges, address, now))) + "\n"


def to_docx(title: str, exchanges: Sequence[Exchange], address: str, now: dt.datetime) -> bytes:
    """The note as a document of Word; the same for the same arguments, byte for byte."""
    document = new_document(_title(title), now)
    for block in _note(title, exchanges, address, now):
        add_paragraph(document, block.text, _WORD_STYLES[block.form], block.url)
    return packed(document)


def _note(
    title: str, exchanges: Sequence[Exchange], address: str, now: dt.datetime
) -> Iterator[_Block]:
    """The blocks of a note, each with a line of text that a reader can see."""
    for block in _blocks(title, exchanges, address, now):
        line = visible_line(block.text)
        if line:
            yield _Block(block.form, line, block.url, block.number)


def _blocks(
    title: str, exchanges: Sequence[Exchange], address: str, now: dt.datetime
) -> Iterator[_Block]:
    numbers = _numbers(exchanges)
    yield _Block(_Form.TITLE, _title(title))
    yield _Block(_Form.TEXT, wording.NOTE_WRITTEN.format(moment=_moment(now)))
    yield _Block(_Form.TEXT, wording.NOTE_ORIGIN if exchanges else wording.NOTE_NO_QUESTIONS)
    for number, exchange in enumerate(exchanges, 1):
        question = wording.NOTE_QUESTION.format(number=number, question=exchange.question)
        yield _Block(_Form.HEADING, question)
        yield from _circumstances(exchange)
        if exchange.answer:
            yield from _answer(exchange.answer, numbers, address)
    yield _Block(_Form.HEADING, wording.SOURCES)
    if not numbers:
        yield _Block(_Form.TEXT, wording.NOTE_NO_SOURCES)
    for source, number in numbers.items():
        yield _linked(_Form.SOURCE, _source_text(source), address, source.url, number)


def _title(title: str) -> str:
    return visible_line(title) or wording.NOTE_TITLE


def _numbers(exchanges: Sequence[Exchange]) -> dict[Quoted, int]:
    """Every source of the note with its number, in the order in which they are cited."""
    answers = [exchange.answer for exchange in exchanges if exchange.answer]
    sources = (_source(citation) for answer in answers for citation in answer.citations)
    return {source: number for number, source in enumerate(dict.fromkeys(sources), 1)}


def _source(citation: Citation) -> Quoted:
    """What a citation cites, whatever its number."""
    return Quoted(**citation.model_dump(exclude={"marker"}))


def _moment(at: dt.datetime) -> str:
    """In Brussels; a moment without a time zone is taken for UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    try:
        return aware.astimezone(BRUSSELS).strftime(wording.NOTE_MOMENT)
    except OverflowError:  # the first and the last day of the calendar
        return aware.strftime(wording.NOTE_MOMENT)


def _circumstances(exchange: Exchange) -> Iterator[_Block]:
    """When and over what a question was asked, how it was understood, and how it ended."""
    answer, scope = exchange.answer, scope_text(exchange.filters, {})
    yield _Block(_Form.TEXT, wording.NOTE_ASKED.format(moment=_moment(exchange.asked)))
    if answer and answer.standalone_question != answer.question:
        understood = wording.UNDERSTOOD_AS.format(question=answer.standalone_question)
        yield _Block(_Form.TEXT, understood)
    if scope:
        yield _Block(_Form.TEXT, wording.LIMITED_TO.format(scope=scope))
    yield _Block(_Form.STRONG, _status(answer))
    yield _Block(_Form.TEXT, exchange.note)
    if answer and answer.status is Status.PARTIAL:
        yield _Block(_Form.TEXT, wording.PARTIAL_NOTE)


def _status(answer: Answer | None) -> str:
    """In words: the icon before them says nothing when it is read aloud."""
    if answer is None:
        return wording.NOTE_UNANSWERED
    return wording.STATUS_LABELS[answer.status.value].partition(" ")[2]


def _answer(answer: Answer, numbers: Mapping[Quoted, int], address: str) -> Iterator[_Block]:
    if answer.short_answer:
        short = wording.NOTE_SHORT_ANSWER.format(answer=answer.short_answer)
        yield _Block(_Form.STRONG, short)
    yield from _said(answer, numbers)
    if answer.related:
        yield _Block(_Form.TEXT, wording.RELATED)
    for passage in answer.related:
        source = _source_text(passage)
        text = wording.NOTE_PASSAGE.format(source=source, quote=passage.quote)
        yield _linked(_Form.PASSAGE, text, address, passage.url)


def _said(answer: Answer, numbers: Mapping[Quoted, int]) -> Iterator[_Block]:
    """The text of an answer with its quotes, each on a line of its own.

    The quotes of a language model's claims do not stand in its text, so they follow it.
    """
    renumbered = {c.marker: numbers[_source(c)] for c in answer.citations}
    rest = answer.answer.removeprefix(f"{answer.short_answer}. ")  # that has its own line
    following: list[_Block] = []
    for citation in answer.citations:
        number = renumbered[citation.marker]
        quote = _Block(_Form.QUOTE, wording.QUOTE.format(quote=citation.quote, marker=number))
        quoted = wording.QUOTE.format(quote=citation.quote, marker=citation.marker)
        before, found, after = rest.partition(quoted)
        if found:
            yield _Block(_Form.TEXT, _renumber(before, renumbered))
            yield quote
            rest = after
        else:
            following.append(quote)
    yield _Block(_Form.TEXT, _renumber(rest, renumbered))
    yield from following


def _renumber(text: str, numbers: Mapping[int, int]) -> str:
    return _MARKER.sub(lambda found: f"[{numbers.get(int(found[1]), found[1])}]", text)


def _source_text(quoted: Quoted) -> str:
    return wording.NOTE_SOURCE.format(
        place=place_of(quoted), document=quoted.document, version=version_digits(quoted.version)
    )


def _linked(form: _Form, text: str, address: str, url: str, number: int = 0) -> _Block:
    """A block with a link to a page of this server; any other is shown as text."""
    if _ADDRESS.fullmatch(address) and _PAGE.fullmatch(url):
        return _Block(form, text, address + url, number)
    return _Block(form, f"{text} {url}", number=number)


_MARKUP = re.compile(
    r"[\\`*_\[\]<>&#|~$^{}@]"  # inline, in CommonMark and its common extensions
    r"|^[+=:!%-]"  # opens a block
    r"|\.(?=\w)|:(?=[^\s\d])|/(?=/)"  # holds an address together, which would become a link
)
_NUMBERED = re.compile(r"^([0-9]+)(?=[.)])")  # an item of a list


def escape_markdown(line: str) -> str:
    """``line`` such that Markdown shows it as it stands, wherever it is put.

    It must be one line without white space around it, such as ``visible_line`` gives.
    """
    return _NUMBERED.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", line))


def _markdown(block: _Block) -> str:
    text = escape_markdown(block.text)
    if block.form is _Form.STRONG:
        return f"**{text}**"
    prefix = f"{block.number}. " if block.form is _Form.SOURCE else _PREFIXES[block.form]
    return f"{prefix}{text} <{block.url}>" if block.url else prefix + text
