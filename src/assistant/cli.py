"""The command line: ``assistant index | ask | serve | documents | eval | bench``.

Exit status: 0 good, 1 failed work, 2 wrong usage.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assistant.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers Dutch questions over partnership agreements, with verbatim citations.",
)
_errors = Console(stderr=True)


def _settings(**overrides: object) -> Settings:
    try:
        given = {name: value for name, value in overrides.items() if value is not None}
        return Settings(**given)
    except ValidationError as error:
        for problem in error.errors():
            name = "ASSISTANT_" + "_".join(map(str, problem["loc"])).upper()
            _errors.print(f"error: setting {name}: {problem['msg']}", markup=False)
        raise typer.Exit(2) from error


def _fail(message: str, status: int = 1) -> typer.Exit:
    _errors.print(f"error: {message}", markup=False)
    return typer.Exit(status)


@contextmanager
def _reported_failures() -> Iterator[None]:
    """Turn the failures that a user can mend into one line and exit status 1."""
    from assistant.index import IndexUnavailable

    try:
        yield
    except (IndexUnavailable, NotADirectoryError) as error:
        raise _fail(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise _fail(f"{error.strerror or error}{where}; free space or fix permissions, then retry.") from error


@app.command()
def index(
    rebuild: Annotated[bool, typer.Option(help="Embed everything anew.")] = False,
) -> None:
    """Bring the index up to date with the corpus folder."""
    from assistant.assembly import update_from_corpus

    settings = _settings()
    columns = TextColumn("Embedding passages"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with _reported_failures(), Progress(*columns, console=_errors, transient=True) as progress:
        task = progress.add_task("", total=None)
        corpus, report = update_from_corpus(
            settings,
            rebuild,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    for error in corpus.errors:
        _errors.print(f"error: {settings.corpus / error.path}: {error.reason}", markup=False)
    changes = [
        f"{len(ids)} {what}"
        for what, ids in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
        )
        if ids
    ]
    typer.echo(
        f"{report.documents} documents, {report.passages} passages, {report.embedded} embedded "
        f"in {report.seconds:.1f} s; {', '.join(changes) or 'nothing changed'}"
    )
    if corpus.errors:
        raise typer.Exit(1)


@app.command()
def ask(
    vraag: Annotated[str, typer.Argument(help="The question.", metavar="VRAAG")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer object.")] = False,
) -> None:
    """Answer one question."""
    from assistant.answering import InvalidQuestion
    from assistant.assembly import build_assistant
    from assistant.documents import Status

    with _reported_failures():
        assistant = build_assistant(_settings())
        try:
            answer = assistant.answer(vraag)
        except InvalidQuestion as error:
            raise _fail(str(error), status=2) from error
    if as_json:
        typer.echo(json.dumps(answer.to_json(), ensure_ascii=False, indent=2))
        return
    typer.echo(answer.answer)
    quoted = answer.citations if answer.status is not Status.ABSTAINED else answer.related
    for number, quote in enumerate(quoted, 1):
        prefix = f"[{number}]" if answer.citations else "  -"
        typer.echo(f"{prefix} {quote.document}, {quote.section or quote.title}: {quote.quote}")


@app.command()
def documents() -> None:
    """List the documents of the index."""
    from assistant.index import Index

    settings = _settings()
    with _reported_failures():
        opened = Index.open(settings.index, settings.encoder, settings.chroma_url)
    table = Table("id", "kind", "passages", "title", box=None)
    for document in opened.documents.values():
        count = sum(passage.document == document.id for passage in opened.passages)
        metadata = document.metadata
        table.add_row(document.id, metadata.kind.value, str(count), metadata.title)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65535)] = None,
) -> None:
    """Serve the chat and the API on one port."""
    from assistant.server import serve as run

    settings = _settings(host=host, port=port)
    typer.echo(f"Chat: http://{settings.host}:{settings.port}/  API: /v1  docs: /docs", err=True)
    run(settings)
