"""One run of the suite: answers first, on disk; then scores, comparison, gate and report."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.assembly import build_assistant
from assistant.evaluation import runner
from assistant.evaluation.baseline import Baseline, Changes, compare
from assistant.evaluation.cases import Case, CaseError
from assistant.evaluation.export import write_parquet
from assistant.evaluation.gate import Bounds, gate_failures
from assistant.evaluation.outcomes import RUN, Outcome, Run, read_outcomes, refresh, write_outcomes
from assistant.evaluation.report import Report, write_report
from assistant.evaluation.scoring import Gold, Scored, score
from assistant.evaluation.summary import summarise
from assistant.index import Index, Manifest, read_manifest
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask, whom (a server by URL, else this process), and how many at a time."""

    cases: Sequence[Case]
    base_url: str | None
    workers: int


@dataclass(frozen=True, slots=True)
class Standards:
    """What a run is measured by: the last release, and the bounds of the gate."""

    baseline: Baseline | None
    bounds: Bounds


def open_gold(settings: Settings, cases: Sequence[Case]) -> Gold:
    """The texts to judge by. Raises ``IndexUnavailable``; ``CaseError`` when a case misquotes."""
    index = Index.open(settings.index, settings.encoder, settings.chroma_url)
    gold = Gold(index.documents, index.passages)
    missing = gold.missing_quotes(cases)
    if missing:
        raise CaseError(f"not verbatim in the corpus: the source quote of {', '.join(missing)}")
    return gold


def answer_cases(
    plan: Plan, settings: Settings, gold: Gold, folder: Path, on_done: Callable[[], None]
) -> tuple[list[Outcome], Run]:
    """Answer the cases and write ``answers.jsonl`` and ``run.json``.

    Raises ``IndexUnavailable``, ``AssemblyError``, ``RunError`` or ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if plan.base_url:
        outcomes, run = _run_over_http(plan, plan.base_url, settings, gold, on_done)
    else:
        outcomes, run = _run_in_process(plan, settings, on_done)
    write_outcomes(outcomes, folder)
    (folder / RUN).write_text(run.model_dump_json(indent=2), encoding="utf-8")
    return outcomes, run


def _run_in_process(
    plan: Plan, settings: Settings, on_done: Callable[[], None]
) -> tuple[list[Outcome], Run]:
    cold_start_seconds = runner.cold_start(settings, plan.cases[0].question)
    assistant = build_assistant(settings)
    assistant.warm_up()
    answering = runner.InProcess(assistant)
    outcomes, seconds = _timed(answering, plan, on_done)
    run = _describe(plan, settings, assistant.retriever.index.manifest, seconds)
    found = {
        "cold_start_seconds": round(cold_start_seconds, 1),
        "thresholds": asdict(assistant.thresholds),
    }
    return outcomes, run.model_copy(update=found)


def _run_over_http(
    plan: Plan, base_url: str, settings: Settings, gold: Gold, on_done: Callable[[], None]
) -> tuple[list[Outcome], Run]:
    answering = runner.OverHttp(base_url)
    answering.check_texts({document.id: document.version for document in gold.documents.values()})
    outcomes, seconds = _timed(answering, plan, on_done)
    return outcomes, _describe(plan, settings, read_manifest(settings.index), seconds)


def _timed(
    answering: runner.Answering, plan: Plan, on_done: Callable[[], None]
) -> tuple[list[Outcome], float]:
    started = time.perf_counter()
    outcomes = runner.run_cases(answering, plan.cases, plan.workers, on_done)
    return outcomes, time.perf_counter() - started


def _describe(plan: Plan, settings: Settings, manifest: Manifest, seconds: float) -> Run:
    return runner.describe_run(
        settings, manifest, seconds=seconds, server=plan.base_url, workers=plan.workers
    )


def stored_outcomes(
    path: Path, cases: Sequence[Case], gold: Gold
) -> tuple[list[Outcome], Run | None]:
    """Earlier answers, to be judged by the cases as they are now.

    Raises ``OSError``; ``CaseError`` when they are no answers or quote other texts than ``gold``.
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
    run = path.parent / RUN
    return outcomes, Run.model_validate_json(run.read_bytes()) if run.exists() else None


def report_on(
    outcomes: Sequence[Outcome], run: Run | None, gold: Gold, standards: Standards, folder: Path
) -> tuple[list[Scored], Report]:
    """Score the outcomes and write everything that follows from them. Raises ``OSError``."""
    folder.mkdir(parents=True, exist_ok=True)
    scored = [score(outcome, gold) for outcome in outcomes]
    summary = summarise(scored)
    changes = compare(standards.baseline, scored) if standards.baseline else Changes()
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
