"""One run of the suite: answers first, on disk; then scores, comparison, gate and report."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.assembly import build_assistant
from assistant.evaluation import runner
from assistant.evaluation.baseline import Baseline, Changes, compare
from assistant.evaluation.cases import Case, CaseError
from assistant.evaluation.export import write_parquet
from assistant.evaluation.gate import Bounds, gate_failures
from assistant.evaluation.outcomes import (
    ANSWERS,
    RUN,
    Outcome,
    Run,
    read_outcomes,
    read_run,
    refresh,
    to_line,
)
from assistant.evaluation.report import Report, write_report
from assistant.evaluation.scoring import Gold, Scored, score
from assistant.evaluation.summary import summarise
from assistant.index import Index, read_manifest
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, whom (a server by URL, else this process), and how many at a time."""

    cases: Sequence[Case]
    base_url: str | None
    workers: int


@dataclass(frozen=True, slots=True)
class Standards:
    """What a run is measured by: the last release, and the bounds of the gate.

    ``is_whole`` says that all cases are meant to be asked, so that none may be gone.
    """

    baseline: Baseline | None
    bounds: Bounds
    is_whole: bool = True


def open_gold(settings: Settings, cases: Sequence[Case]) -> Gold:
    """The texts to judge by. Raises ``IndexUnavailable``; ``CaseError`` when a case misquotes."""
    index = Index.open(settings.index, settings.encoder, settings.chroma_url)
    gold = Gold.of(index.documents, index.passages)
    missing = gold.missing_quotes(cases)
    if missing:
        raise CaseError(f"not verbatim in the corpus: the source quote of {', '.join(missing)}")
    return gold


def answer_cases(
    plan: Plan, settings: Settings, gold: Gold, folder: Path, on_done: Callable[[], None]
) -> tuple[list[Outcome], Run]:
    """Answer the cases into ``answers.jsonl``, one by one, and write ``run.json``.

    Raises ``IndexUnavailable``, ``AssemblyError``, ``RunError`` or ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    answering: runner.Answering
    if plan.base_url:
        answering = runner.OverHttp(plan.base_url)
        answering.check_texts({d.id: d.version for d in gold.documents.values()})
    else:
        found["cold_start_seconds"] = round(runner.cold_start(settings), 1)
        assistant = build_assistant(settings)
        assistant.warm_up()
        answering = runner.InProcess(assistant)
        found["thresholds"] = asdict(assistant.thresholds)
    started = time.perf_counter()
    outcomes = record(runner.run_cases(answering, plan.cases, plan.workers), folder, on_done)
    run = runner.describe_run(
        settings,
        read_manifest(settings.index),
        seconds=time.perf_counter() - started,
        server=plan.base_url,
        workers=plan.workers,
    ).model_copy(update=found)
    (folder / RUN).write_text(run.model_dump_json(indent=2), encoding="utf-8")
    return outcomes, run


def record(answered: Iterable[Outcome], folder: Path, on_done: Callable[[], None]) -> list[Outcome]:
    """Write each outcome as it comes, so that an interrupted run keeps what it has."""
    outcomes = []
    with (folder / ANSWERS).open("w", encoding="utf-8") as lines:
        for outcome in answered:
            lines.write(to_line(outcome))
            lines.flush()
            outcomes.append(outcome)
            on_done()
    return outcomes


def stored_outcomes(
    path: Path, cases: Sequence[Case], gold: Gold
) -> tuple[list[Outcome], Run | None]:
    """Earlier answers, to be judged by the cases as they are now.

    Raises ``CaseError`` when they are no answers or quote other texts than ``gold``.
    """
    outcomes = refresh(read_outcomes(path), cases)
    stale = {
        quoted.document
        for outcome in outcomes
        for quoted in (*outcome.answer.citations, *outcome.answer.related)
        if quoted.document in gold.documents
        and quoted.version != gold.documents[quoted.document].version
    }
    if stale:
        raise CaseError(
            f"{path} quotes other versions of {', '.join(sorted(stale))} than the index holds; "
            "answer the cases again (leave --answers out)"
        )
    return outcomes, read_run(path.parent / RUN)


def report_on(
    outcomes: Sequence[Outcome], run: Run | None, gold: Gold, standards: Standards, folder: Path
) -> tuple[list[Scored], Report]:
    """Score the outcomes and write everything that follows from them. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    scored = [score(outcome, gold) for outcome in outcomes]
    summary = summarise(scored)
    changes = compare(standards.baseline, scored) if standards.baseline else Changes()
    if not standards.is_whole:
        changes = changes.model_copy(update={"gone": ()})
    report = Report(
        run=run,
        summary=summary,
        baseline=standards.baseline,
        changes=changes,
        gate=tuple(gate_failures(scored, summary, changes, standards.bounds)),
    )
    write_report(report, scored, folder)
    write_parquet(scored, folder / "dataset.parquet")
    return scored, report
