"""The command line: ``assistant index | ask | serve | mcp | documents | keys | openapi | eval``, ….

Exit status: 0 good, 1 failed work, 2 wrong usage.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from assistant.console import errors, fail, load_settings, progress_bar, reported_failures
from assistant.evaluation.commands import bench, evaluate
from assistant.feedback_commands import feedback
from assistant.key_commands import keys

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
    with reported_failures(), progress_bar("Embedding passages") as progress:
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
    vraag: Annotated[str | None, typer.Argument(help="The question.", metavar="VRAAG")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer object.")] = False,
    batch: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="IN.jsonl OUT.jsonl",
            help="Answer a file of questions instead; run it again to go on where it stopped.",
        ),
    ] = None,
) -> None:
    """Answer one question, or a file of them."""
    if batch and vraag is None and not as_json:
        from assistant.batch import run

        run(*batch)
    elif vraag is not None and not batch:
        _ask(vraag, as_json)
    else:
        raise fail("give either VRAAG or --batch IN.jsonl OUT.jsonl; --json goes with VRAAG", 2)


def _ask(vraag: str, as_json: bool) -> None:
    from assistant.asking import InvalidQuestion
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
    workers: Annotated[
        int | None, typer.Option(help="Processes that serve.", min=1, max=64)
    ] = None,
) -> None:
    """Serve the chat and the API on one port."""
    from assistant.server import ServerError
    from assistant.server import serve as run

    settings = load_settings(host=host, port=port, workers=workers)
    try:
        run(settings)
    except ServerError as error:
        raise fail(str(error)) from error


@app.command()
def mcp() -> None:
    """Serve the documents to one MCP client, over standard input and output."""
    from assistant.mcp_server import serve_stdio

    serve_stdio(load_settings())


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the API."""
    from assistant.api import contract_text

    typer.echo(contract_text(), nl=False)


app.command("eval")(evaluate)
app.add_typer(bench, name="bench")
app.add_typer(keys, name="keys")
app.add_typer(feedback, name="feedback")


if __name__ == "__main__":
    app()
