"""The command line: ``assistant index | ask | serve | documents | eval | bench``.

Exit status: 0 good, 1 failed work, 2 wrong usage.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.evaluation.cases import Case

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers Dutch questions over partnership agreements, with verbatim citations.",
)
_errors = Console(stderr=True, soft_wrap=True)


def _settings(**overrides: Any) -> Settings:
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
    from assistant.assembly import AssemblyError
    from assistant.index import IndexUnavailable

    try:
        yield
    except (IndexUnavailable, NotADirectoryError, AssemblyError) as error:
        raise _fail(str(error)) from error
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise _fail(
            f"{error.strerror or error}{where}; free space or fix permissions, then retry."
        ) from error


@app.command()
def index(
    rebuild: Annotated[bool, typer.Option(help="Embed everything anew.")] = False,
) -> None:
    """Bring the index up to date with the corpus folder."""
    from assistant.assembly import update_from_corpus

    settings = _settings()
    columns = (
        TextColumn("Embedding passages"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
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

    settings = _settings(host=host, port=port)
    typer.echo(f"Chat: http://{settings.host}:{settings.port}/  API: /v1  docs: /docs", err=True)
    try:
        run(settings)
    except ServerError as error:
        raise _fail(str(error)) from error


def _load_cases(paths: list[Path] | None) -> "list[Case]":
    from assistant.evaluation.cases import CaseError, load_cases

    try:
        loaded = load_cases(paths or sorted(Path("evals/cases").glob("*.jsonl")))
    except (CaseError, OSError) as error:
        raise _fail(str(error), status=2) from error
    if not loaded:
        raise _fail("there are no cases in evals/cases; name some with --cases", status=2)
    return loaded


@app.command("eval")
def evaluate(
    cases: Annotated[
        list[Path] | None, typer.Option(help="Case files; default: all of evals/cases.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("evals/results"),
    gate: Annotated[
        bool, typer.Option(help="Fail when a floor of evals/gate.toml is missed.")
    ] = False,
) -> None:
    """Answer the evaluation cases and report how well."""
    from assistant.assembly import build_assistant
    from assistant.evaluation import report, runner

    loaded = _load_cases(cases)
    columns = TextColumn("Answering"), BarColumn(), MofNCompleteColumn()
    with _reported_failures(), Progress(*columns, console=_errors, transient=True) as progress:
        assistant = build_assistant(_settings())
        missing = report.missing_quotes(loaded, assistant.documents)
        if missing:
            raise _fail(f"not verbatim in the corpus: {'; '.join(missing)}", status=2)
        assistant.warm_up()
        task = progress.add_task("", total=len(loaded))
        outcomes = runner.run_cases(assistant, loaded, lambda: progress.advance(task))
        output.mkdir(parents=True, exist_ok=True)
        runner.write_outcomes(outcomes, output / "answers.jsonl")
        judged = [report.judge(outcome, assistant.documents) for outcome in outcomes]
        figures = report.score(judged, assistant.documents)
        report.write_report(judged, figures, output)
    for name, value in figures.model_dump().items():
        typer.echo(f"{name:20} {value if isinstance(value, int) else f'{value:.3f}'}")
    typer.echo(f"report: {output / 'report.html'}")
    failures = report.gate_failures(figures, Path("evals/gate.toml")) if gate else []
    for failure in failures:
        _errors.print(f"gate: {failure}", markup=False)
    if failures:
        raise typer.Exit(1)


@app.command()
def bench(
    beir: Annotated[
        Path | None, typer.Option(help="Also measure on this folder in BEIR layout.")
    ] = None,
) -> None:
    """Measure speed and memory beside plain LangChain (needs the `bench` extra)."""
    try:
        from assistant.evaluation import bench as speed
    except ModuleNotFoundError as error:
        raise _fail(f"{error.name} is not installed; run `make bench`") from error
    from assistant.evaluation.beir import table

    settings = _settings()
    loaded = _load_cases(None)
    questions = [case.question for case in loaded]
    with _reported_failures():
        rows = speed.bench_corpus(settings, questions, _errors.print)
        typer.echo(speed.table(rows))
        if beir:
            rows, qualities = speed.bench_beir(beir, _errors.print)
            typer.echo(f"\n{speed.table(rows)}\n\n{table(qualities)}")


if __name__ == "__main__":
    app()
