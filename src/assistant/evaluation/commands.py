"""``assistant eval`` and ``assistant bench``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.console import errors, fail, load_settings, progress_bar, reported_failures

if TYPE_CHECKING:
    from assistant.evaluation.cases import Case
    from assistant.evaluation.outcomes import Outcome, Run
    from assistant.evaluation.report import Report
    from assistant.evaluation.scoring import Gold, Scored
    from assistant.evaluation.suite import Plan, Standards
    from assistant.settings import Settings

CASES, GATE, BASELINE = Path("evals/cases"), Path("evals/gate.toml"), Path("evals/baseline.json")
RESULTS, FRESH = Path("evals/results"), Path("evals/fresh")

RERANKED = 10
"""``answering.RETRIEVED``, which takes seconds to import."""

bench = typer.Typer(
    invoke_without_command=True, help="Measure speed and retrieval quality beside a baseline."
)


def evaluate(
    cases: Annotated[
        list[Path] | None, typer.Option(help="Case files; default: all of evals/cases.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the results; default: evals/results.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="Score these stored answers instead of asking.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Ask this running server over its API.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Questions at a time; more than 1 blurs latencies.")
    ] = 1,
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Exit 1 on a bad citation, a regression or a missed floor."),
    ] = False,
    update_baseline: Annotated[
        bool,
        typer.Option("--update-baseline", help="Make this run the new baseline; show the change."),
    ] = False,
) -> None:
    """Answer the evaluation cases and report how well."""
    _refuse_contradictions(
        {"--answers": answers, "--base-url": base_url},
        {"--update-baseline": update_baseline, "--gate": gate},
        {"--update-baseline": update_baseline, "--cases": cases},
        {"--update-baseline": update_baseline, "--base-url": base_url},
    )
    from assistant.evaluation import suite

    folder = output or (answers.parent if answers else RESULTS)
    with _reported_inputs(), reported_failures():
        loaded = _load_cases(cases, may_be_empty=answers is not None)
        standards = _load_standards(gate, update_baseline, is_whole=not cases)
        settings = load_settings()
        gold = suite.open_gold(settings, loaded)
        if answers:
            outcomes, run = suite.stored_outcomes(answers, loaded, gold)
            _tell_mismatch(outcomes, loaded)
        else:
            plan = suite.Plan(loaded, base_url, workers)
            outcomes, run = _ask(plan, settings, gold, folder)
        scored, report = suite.report_on(outcomes, run, gold, standards, folder)
    _show(report, folder)
    if update_baseline:
        _update_baseline(report, scored, loaded)
    elif gate and report.gate:
        raise typer.Exit(1)


def _refuse_contradictions(*pairs: dict[str, object]) -> None:
    for pair in pairs:
        if all(pair.values()):
            raise fail(f"{' and '.join(pair)} do not go together; give one", status=2)


def _load_cases(paths: list[Path] | None, may_be_empty: bool = False) -> "list[Case]":
    """Stored answers bring their cases along, so then there may be none here."""
    from assistant.evaluation.cases import CaseError, load_cases

    found = paths or sorted(CASES.glob("*.jsonl"))
    loaded = load_cases(found)
    if not loaded and not may_be_empty:
        where = ", ".join(map(str, found)) or CASES
        raise CaseError(f"there are no cases in {where}; name files with cases by --cases")
    return loaded


def _load_standards(gate: bool, is_replaced: bool, is_whole: bool) -> "Standards":
    """The gate file may be absent unless it is asked for; a baseline to be replaced may be bad."""
    from assistant.evaluation.baseline import load_baseline
    from assistant.evaluation.cases import CaseError
    from assistant.evaluation.gate import Bounds, load_bounds
    from assistant.evaluation.suite import Standards

    if gate and not GATE.exists():
        raise CaseError(f"{GATE} is missing; run from the project folder")
    bounds = load_bounds(GATE) if GATE.exists() else Bounds()
    baseline = None if is_replaced else load_baseline(BASELINE)
    return Standards(baseline, bounds, is_whole)


def _ask(
    plan: "Plan", settings: "Settings", gold: "Gold", folder: Path
) -> "tuple[list[Outcome], Run]":
    from assistant.evaluation.suite import answer_cases

    with progress_bar("Answering") as progress:
        task = progress.add_task("", total=len(plan.cases))
        return answer_cases(plan, settings, gold, folder, lambda: progress.advance(task))


def _tell_mismatch(outcomes: "Sequence[Outcome]", cases: "Sequence[Case]") -> None:
    """Stored answers are judged by themselves where the case files have moved on."""
    stored, present = {o.case.id for o in outcomes}, {case.id for case in cases}
    changed = sum(outcome.case not in cases for outcome in outcomes)
    if changed:
        errors.print(f"note: {changed} stored answers are to questions that no case asks now")
    if present - stored:
        errors.print(f"note: {len(present - stored)} cases have no stored answer")


def _show(report: "Report", folder: Path) -> None:
    for name, figure in report.summary.figures.items():
        typer.echo(f"{name:28} {figure.value:6.3f}  [{figure.low:.2f}, {figure.high:.2f}]")
    times = report.summary.latency["whole answer"]
    typer.echo(f"{'latency':28} p50 {times.p50:.1f}, p95 {times.p95:.1f}, p99 {times.p99:.1f} ms")
    typer.echo(f"report: {folder / 'report.html'}")
    if not report.gate:
        typer.echo("gate: open")
    for reason in report.gate:
        errors.print(f"gate: {reason}", markup=False)


def _update_baseline(report: "Report", scored: "Sequence[Scored]", cases: "Sequence[Case]") -> None:
    from assistant.evaluation.baseline import make_baseline, write_baseline

    if {item.case.id for item in scored} != {case.id for case in cases}:
        raise fail(f"a baseline holds all of {CASES}; answer them anew", status=2)
    if any(item.faults for item in scored):
        raise fail("a run with bad citations cannot be a baseline")
    difference = write_baseline(make_baseline(report.summary, scored), BASELINE)
    typer.echo(difference or f"{BASELINE} is unchanged")


@bench.callback()
def bench_speed(
    context: typer.Context,
    beir: Annotated[
        Path | None, typer.Option(help="Also measure on this folder in BEIR layout.")
    ] = None,
) -> None:
    """Measure speed and memory beside plain LangChain (needs the `bench` extra)."""
    if context.invoked_subcommand:
        return
    try:
        from assistant.evaluation import bench as speed
    except ModuleNotFoundError as error:
        raise fail(f"{error.name} is not installed; run `make bench`") from error
    from assistant.evaluation.beir import table

    with _reported_inputs(), reported_failures():
        questions = [case.question for case in _load_cases(None)]
        typer.echo(speed.table(speed.bench_corpus(load_settings(), questions, errors.print)))
        if beir:
            rows, qualities = speed.bench_beir(beir, errors.print)
            typer.echo(f"\n{speed.table(rows)}\n\n{table(qualities)}")


@bench.command("retrieval")
def bench_retrieval(
    beir: Annotated[Path, typer.Option(help="Folder with corpus.jsonl, queries.jsonl, qrels.")],
    queries: Annotated[
        list[Path] | None,
        typer.Option(help="Folder with other queries.jsonl and qrels over the same corpus."),
    ] = None,
    rerank: Annotated[
        int, typer.Option(min=0, help="Passages of the hybrid that the reader reorders; 0: none.")
    ] = RERANKED,
    held_out: Annotated[
        bool,
        typer.Option("--held-out", help="Only queries about dekamer documents new to the reader."),
    ] = False,
) -> None:
    """Measure plain BM25, our two legs, their fusion and the reader on documents in BEIR layout."""
    from assistant.evaluation.beir import table
    from assistant.evaluation.retrieval_bench import bench_retrieval as measure

    others = queries or []
    with _reported_inputs(), reported_failures():
        tables = measure(beir, others, errors.print, rerank, held_out)
        for folder, qualities in zip((beir, *others), tables, strict=True):
            typer.echo(f"{folder.name}\n\n{table(qualities)}\n")


@bench.command("load")
def bench_load(
    url: Annotated[str, typer.Option(help="A running server; its key is in ASSISTANT_API_KEY.")],
    clients: Annotated[int, typer.Option(min=1, max=1000, help="Questions at a time.")] = 32,
    seconds: Annotated[float, typer.Option(min=1, help="Length of a phase.")] = 60,
    overload: Annotated[
        int, typer.Option(min=1, max=20, help="Go on with so many times the clients; 1: do not.")
    ] = 1,
    pid: Annotated[
        int | None, typer.Option(help="Process of the server, to measure its memory.")
    ] = None,
    cases: Annotated[
        list[Path] | None, typer.Option(help="Case files; default: all of evals/cases, evals/fresh")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File for the report as JSON.")] = None,
) -> None:
    """Measure throughput and latency of a server under many clients, and how it recovers."""
    from assistant.evaluation import load

    found = cases or sorted([*CASES.glob("*.jsonl"), *FRESH.glob("*.jsonl")])
    plan = load.Plan(url.rstrip("/"), clients, seconds, overload, pid)
    with _reported_inputs(), reported_failures():
        report = load.measure(plan, _load_cases(found))
        if output:
            output.write_text(report.model_dump_json(indent=2), encoding="utf-8")
    typer.echo(load.table(report))
    if not any(phase.answers_per_second for phase in report.phases):
        raise fail("no question was answered")


@bench.command("chat")
def bench_chat(
    url: Annotated[str, typer.Option(help="A running server; its key is in ASSISTANT_API_KEY.")],
    questions: Annotated[int, typer.Option(min=1, max=500, help="How many to ask.")] = 40,
) -> None:
    """Measure how long users of the chat wait for an answer, in a real browser, beside the API."""
    from assistant.evaluation import chat_bench

    with _reported_inputs(), reported_failures():
        waits = chat_bench.measure(url.rstrip("/"), _load_cases(None), questions)
    typer.echo(chat_bench.table(waits))


@contextmanager
def _reported_inputs() -> Iterator[None]:
    """Turn unusable files into exit status 2, and a server that fails into 1."""
    from assistant.evaluation.beir import BeirError
    from assistant.evaluation.cases import CaseError
    from assistant.evaluation.runner import RunError

    try:
        yield
    except (BeirError, CaseError) as error:
        raise fail(str(error), status=2) from error
    except RunError as error:
        raise fail(str(error)) from error
