"""``assistant ask --batch``: a file of questions in, a file of answers out; resumes.

Both are JSON lines. A line of the input is ``contract.AskIn`` with an optional ``id``; every line
that is not blank gets one line of the output, in the same order, with its ``id``, its number
(``line``, from 1) and either an ``answer`` or an ``error``.

A second run keeps every answer, asks what failed again and goes on where the first one stopped.
It refuses an output with answers to other questions, but cannot see a changed history or filter.
"""

import codecs
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import typer
from pydantic import BaseModel, ConfigDict, StrictInt, StrictStr, ValidationError
from pydantic_core import from_json

from assistant.answering import Assistant
from assistant.asking import InvalidQuestion, clean_question
from assistant.assembly import build_assistant
from assistant.console import errors, fail, load_settings, progress_bar, reported_failures
from assistant.contract import AskIn
from assistant.documents import Answer, wrong_fields
from assistant.index import IndexUnavailable
from assistant.parallel import in_order

_log = logging.getLogger(__name__)

Name = StrictStr | StrictInt | None
"""What a caller calls a question."""

_RECORD_START = b'{"id": '


class BatchError(Exception):
    """The two files cannot be used together; the message says why."""


class NamedAsk(AskIn):
    """A line of the input."""

    id: Name = None


class Record(BaseModel):
    """A line of the output."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    line: int
    answer: Answer | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the input that is not blank, or why it cannot be asked."""

    line: int
    id: Name
    asked: NamedAsk | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the output, whether it is of an earlier run, and whether it is an error."""

    text: bytes
    is_kept: bool = False
    is_error: bool = False


@dataclass(slots=True)
class Tally:
    """How many questions a batch answered, kept from an earlier run, and could not answer."""

    answered: int = 0
    kept: int = 0
    failed: int = 0

    def add(self, written: Written) -> None:
        """Count a line."""
        self.kept += written.is_kept
        self.failed += written.is_error
        self.answered += not (written.is_kept or written.is_error)


def run(source: Path, output: Path) -> None:
    """The command: answer ``source`` into ``output``, show progress, end with the exit status."""
    settings = load_settings()
    tally = Tally()
    with reported_failures(), _reported_files():
        items, kept = prepare(source, output)
        assistant = build_assistant(settings)
        with progress_bar("Answering") as progress:
            task = progress.add_task("", total=len(items))

            def on_line(written: Written) -> None:
                tally.add(written)
                progress.advance(task)

            answer_all(assistant, items, kept, output, settings.at_once, on_line)
    errors.print(
        f"{len(items)} questions: {tally.answered} answered, {tally.kept} kept of an earlier run, "
        f"{tally.failed} failed; see {output}",
        markup=False,
        highlight=False,
    )
    if tally.failed:
        raise typer.Exit(1)


@contextmanager
def _reported_files() -> Iterator[None]:
    try:
        yield
    except BatchError as error:
        raise fail(str(error), status=2) from error


def prepare(source: Path, output: Path) -> tuple[list[Item], dict[int, bytes]]:
    """The questions, and by line the answers that ``output`` already holds.

    Creates ``output``. Raises ``BatchError``, or ``OSError`` where a file cannot be used.
    """
    items = read_items(source)
    if output.exists() and source.samefile(output):
        raise BatchError(f"{output} is the input; choose another file for the output")
    kept = _read_kept(output, items)
    output.open("ab").close()  # a file that cannot be written is told before the models load
    return items, kept


def read_items(source: Path) -> list[Item]:
    """The lines of the input that are not blank. Raises ``OSError``."""
    lines = source.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    return [_item(number, raw) for number, raw in enumerate(lines, 1) if raw.strip()]


def _item(line: int, raw: bytes) -> Item:
    try:
        value = from_json(raw)
    except ValueError as error:
        reason = str(error).replace("line 1 ", "")  # a line has one line
        return Item(line, None, None, f"the line is not JSON: {reason}")
    if not isinstance(value, dict):
        return Item(line, None, None, "the line is not a JSON object")
    try:
        asked = NamedAsk.model_validate(value)
    except ValidationError as error:
        name = value.get("id")
        return Item(line, name if type(name) in (str, int) else None, None, wrong_fields(error))
    return Item(line, asked.id, asked)


def _read_kept(output: Path, items: Sequence[Item]) -> dict[int, bytes]:
    """Errors are not kept, nor a last line that was not written to its end."""
    if not output.is_file():
        return {}
    *lines, last = output.read_bytes().split(b"\n")
    is_ours = last.startswith(_RECORD_START) or _RECORD_START.startswith(last)
    records = [_record(output, number, raw) for number, raw in enumerate(lines, 1)]
    if not is_ours or len(records) > len(items):
        raise _foreign(output, len(records) + (not is_ours))
    kept = {}
    for number, (record, raw, item) in enumerate(zip(records, lines, items, strict=False), 1):
        if record.answer and not _is_of(record.answer, record, item):
            raise _foreign(output, number)
        if record.answer:
            kept[item.line] = raw + b"\n"
    return kept


def _record(output: Path, number: int, raw: bytes) -> Record:
    try:
        return Record.model_validate_json(raw)
    except ValidationError as error:
        raise _foreign(output, number) from error


def _foreign(output: Path, number: int) -> BatchError:
    return BatchError(
        f"{output} exists, and its line {number} is no answer to this input; choose another file"
    )


def _is_of(answer: Answer, record: Record, item: Item) -> bool:
    if (record.line, record.id) != (item.line, item.id) or item.asked is None:
        return False
    with suppress(InvalidQuestion):
        return answer.question == clean_question(item.asked.question)
    return False


def answer_all(
    assistant: Assistant,
    items: Sequence[Item],
    kept: dict[int, bytes],
    output: Path,
    at_once: int,
    on_line: Callable[[Written], None],
) -> None:
    """Bring ``output`` up to date, line by line; calls ``on_line`` for each.

    What stands before the last kept answer is replaced in one go, so that a stop loses nothing.
    Raises ``OSError``, or ``index.IndexUnavailable``.
    """

    def one(item: Item) -> Written:
        if item.line in kept:
            return Written(kept[item.line], is_kept=True)
        return _answered(assistant, item)

    lines = in_order(one, items, at_once)
    known = sum(item.line <= max(kept, default=0) for item in items)
    if output.is_file():
        with _replacing(output.resolve()) as file:
            _write(file, islice(lines, known), on_line)
    with output.open("ab") as file:
        _write(file, lines, on_line)


def _write(file: IO[bytes], lines: Iterator[Written], on_line: Callable[[Written], None]) -> None:
    for written in lines:
        file.write(written.text)
        file.flush()
        on_line(written)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of another when nothing goes wrong."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False) as file:
        new = Path(file.name)
        try:
            yield file
            shutil.copymode(path, new)
            new.replace(path)
        except BaseException:
            new.unlink()
            raise


def _answered(assistant: Assistant, item: Item) -> Written:
    if item.asked is None:
        return _failed(item, item.error)
    asked = item.asked
    history = [turn.to_turn() for turn in asked.history]
    try:
        answer = assistant.answer(
            asked.question, history, asked.filters.to_filters(), asked.answerer
        )
    except InvalidQuestion as error:
        return _failed(item, str(error))
    except IndexUnavailable:
        raise
    except Exception as error:  # one question that meets a fault must not cost the others
        _log.exception("Line %d could not be answered", item.line)
        return _failed(item, f"unexpected error: {error!r}")
    return Written(_line(item, answer=answer.to_json()))


def _failed(item: Item, error: str) -> Written:
    return Written(_line(item, error=error), is_error=True)


def _line(item: Item, **result: Any) -> bytes:
    record = {"id": item.id, "line": item.line} | result
    return json.dumps(record, ensure_ascii=False).encode() + b"\n"
