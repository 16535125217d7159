"""The commands ``assistant feedback list | to-cases``, over what users said of answers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.console import errors, fail, load_settings
from assistant.evaluation.cases import Case, CaseError, Draft, read_lines
from assistant.evaluation.drafts import ID_DIGITS, to_draft
from assistant.feedback import FeedbackItem, FeedbackUnavailable, Verdict, read_feedback
from assistant.visible import visible_line

feedback = typer.Typer(
    no_args_is_help=True,
    help="What users said of answers, in the file that ASSISTANT_FEEDBACK names.",
)

_SHOWN = 60
"""Characters of a question or text that the list shows."""

_CASE: TypeAdapter[Draft | Case] = TypeAdapter(Draft | Case)


@feedback.command("list")
def show() -> None:
    """List what users said, oldest first."""
    table = Table("id", "date", "verdict", "reason", "question", "text", box=None)
    for item in _read():
        day = item.at.strftime("%Y-%m-%d")
        reason = item.reason or ""
        texts = (_start(item.answer.question), _start(item.text))
        table.add_row(item.id[:ID_DIGITS], day, item.verdict, reason, *texts)
    console = Console()
    Console(width=None if console.is_terminal else 160).print(table)


def _start(text: str) -> Text:
    line = visible_line(text)
    return Text(line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…")


@feedback.command("to-cases")
def to_cases(
    output: Annotated[Path, typer.Option(help="File to add to.", metavar="FILE.jsonl")],
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", help="Only this one, as `list` names it; may be repeated."),
    ] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only this verdict.")] = None,
) -> None:
    """Add drafts of evaluation cases to a file, each with what is to be reviewed."""
    chosen = _chosen(_read(), ids or [], verdict)
    try:
        known = _known(output)
        new = [draft for draft in map(to_draft, chosen) if draft.id not in known]
        if new:
            _add(output, new)
    except CaseError as error:
        raise fail(f"{error}; choose another file for the output", status=2) from error
    except OSError as error:
        raise fail(f"{output}: {error.strerror}") from error
    typer.echo(f"{len(new)} cases to review added to {output}; {len(chosen) - len(new)} were there")


def _read() -> Sequence[FeedbackItem]:
    path = load_settings().feedback
    if path is None:
        raise fail("feedback is off; set ASSISTANT_FEEDBACK to the file that holds it", status=2)
    try:
        found = read_feedback(path)
    except FeedbackUnavailable as error:
        raise fail(str(error)) from error
    for reason in found.errors:
        errors.print(f"warning: skipped {reason}", markup=False, highlight=False)
    return found.items


def _chosen(
    items: Sequence[FeedbackItem], ids: Sequence[str], verdict: Verdict | None
) -> list[FeedbackItem]:
    """Those of the ids, or all where none is given, that have the verdict."""
    unknown = set(ids) - {name for item in items for name in (item.id, item.id[:ID_DIGITS])}
    if unknown:
        raise fail(f"there is no feedback {', '.join(sorted(unknown))}", status=2)
    return [
        item
        for item in items
        if (not ids or {item.id, item.id[:ID_DIGITS]} & set(ids))
        and verdict in (None, item.verdict)
    ]


def _known(output: Path) -> set[str]:
    """The ids of the cases in the file, reviewed or not. Raises ``CaseError``."""
    if not output.exists():
        return set()
    return {_parsed(line, place).id for place, line in read_lines(output)}


def _parsed(line: str, place: str) -> Case:
    try:
        return _CASE.validate_json(line)
    except ValidationError as error:
        raise CaseError(f"{place}: not a case") from error


def _add(output: Path, drafts: Sequence[Draft]) -> None:
    held = output.read_bytes() if output.exists() else b""
    lines = [json.dumps(draft.model_dump(mode="json"), ensure_ascii=False) for draft in drafts]
    start = b"" if not held or held.endswith(b"\n") else b"\n"
    with output.open("ab") as file:
        file.write(start + "".join(f"{line}\n" for line in lines).encode(errors="replace"))
