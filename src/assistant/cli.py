"""The command line: ``assistant index | ask | serve | documents | eval | bench``.

Exit status: 0 good, 1 failed work, 2 wrong usage.
"""

import json
import sys
from collections import Counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assistant.console import errors, fail, load_settings, reported_failures
from assistant.evaluation.commands import bench, evaluate

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers Dutch questions over partnership agreements, with verbatim citations.",
)


@app.command()
def index(
    rebuild: Annotated[bool, typer.Option(help="Embed everything anew.")] = False,
) -> None:
    """Bring the index up to date with the corpus folder."""
    from assistant.assembly import update_from_corpus

    settings = load_settings()
    columns = (
        TextColumn("Embedding passages"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with reported_failures(), Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("", total=None)
        corpus, report = update_from_corpus(
            settings,
            rebuild,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    for error in corpus.errors:
        errors.print(f"error: {settings.corpus / error.path}: {error.reason}", markup=False)
    changes = [
        f"{len(ids)} {what}"
        for what, ids in (
            ("added", report.added),
            ("changed", report.changed),
            ("removed", report.removed),
        )
        if ids
    ]
    unchanged = "nothing changed" if report.is_unchanged else "rebuilt"
    typer.echo(
        f"{report.documents} documents, {report.passages} passages, {report.embedded} embedded "
        f"in {report.seconds:.1f} s; {', '.join(changes) or unchanged}"
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

    with reported_failures():
        assistant = build_assistant(load_settings())
        try:
            answer = assistant.answer(vraag)
        except InvalidQuestion as error:
            raise fail(str(error), status=2) from error
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

    settings = load_settings()
    with reported_failures():
        opened = Index.open(settings.index, settings.encoder, settings.chroma_url)
    table = Table("id", "kind", "passages", "title", box=None)
    counts = Counter(passage.document for passage in opened.passages)
    for document in opened.documents.values():
        metadata = document.metadata
        table.add_row(document.id, metadata.kind.value, str(counts[document.id]), metadata.title)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65535)] = None,
) -> None:
    """Serve the chat and the API on one port."""
    from assistant.server import ServerError
    from assistant.server import serve as run

    settings = load_settings(host=host, port=port)
    typer.echo(f"Chat: http://{settings.host}:{settings.port}/  API: /v1  docs: /docs", err=True)
    try:
        run(settings)
    except ServerError as error:
        raise fail(str(error)) from error


app.command("eval")(evaluate)
app.add_typer(bench, name="bench")


if __name__ == "__main__":
    app()
