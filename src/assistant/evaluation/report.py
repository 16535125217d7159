"""What a maintainer reads before a release: Markdown, and one HTML file without requests."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from assistant.documents import FrozenModel
from assistant.evaluation import plots
from assistant.evaluation.baseline import Baseline, Changes
from assistant.evaluation.metrics.calibration import expected_calibration_error, reliability
from assistant.evaluation.metrics.risk_coverage import risk_coverage
from assistant.evaluation.outcomes import Run
from assistant.evaluation.scoring import Scored, Verdict
from assistant.evaluation.summary import (
    HIGHER_IS_BETTER,
    RANKING,
    Estimate,
    Summary,
    judged,
    knows_held_back,
)

_RANGED = frozenset({"fact_accuracy", "false_answer_rate"})
_SLICE = (
    "fact_accuracy",
    "wrong_rate",
    "abstention_rate",
    "citation_precision",
    "recall_at_5",
    "false_answer_rate",
)
_VERDICTS = {
    Verdict.FALSE: "answered, should abstain",
    Verdict.WRONG: "wrong",
    Verdict.ABSTAINED: "abstained, should answer",
    Verdict.RIGHT: "right",
}
"""How a failure is headed, worst first; a right one fails by a bad quote."""


class Table(NamedTuple):
    """A table of the report; the first column names the row."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class Report(FrozenModel):
    """What the page is made of."""

    run: Run | None
    summary: Summary
    baseline: Baseline | None
    changes: Changes
    gate: tuple[str, ...]
    """Why the gate is closed; empty when it is open."""


def write_report(report: Report, scored: Sequence[Scored], folder: Path) -> None:
    """Write ``metrics.json``, ``report.md`` and ``report.html``."""
    (folder / "metrics.json").write_text(_json(report.summary), encoding="utf-8")
    content = {
        "report": report,
        "headline": _headline(report),
        "tables": [*_slice_tables(report.summary), _retrieval(report.summary), _times(report)],
        "failures": _failures(scored),
        "plots": {
            "Risk against coverage": Markup(_risk_plot(scored)),  # noqa: S704  made here
            "Reliability": Markup(_reliability_plot(scored)),  # noqa: S704
            "Latency": Markup(_latency_plot(scored)),  # noqa: S704
        },
        "worse": set(report.changes.worse),
        "verdicts": _VERDICTS,
    }
    for name in ("report.md", "report.html"):
        text = _templates.get_template(name).render(content)
        (folder / name).write_text(text, encoding="utf-8")


def _json(summary: Summary) -> str:
    """The figures, each also at the top level by its bare name."""
    values = {name: estimate.value for name, estimate in summary.figures.items()}
    flat = FlatSummary.model_validate({**values, **summary.model_dump()})
    return flat.model_dump_json(indent=2)


class FlatSummary(Summary, extra="allow"):
    """``metrics.json``."""


def _headline(report: Report) -> Table:
    by_split = report.summary.slices["split"]
    rows = [
        [
            name,
            f"{estimate.value:.3f}",
            f"{estimate.low:.2f}–{estimate.high:.2f}",
            *_change(name, estimate, report.baseline),
            *(_value(by_split.get(split, {}).get(name)) for split in ("dev", "test")),
            str(estimate.cases),
        ]
        for name, estimate in report.summary.figures.items()
    ]
    head = ("metric", "value", "95 %", "baseline", "change", "dev", "test", "cases")
    return Table("Headline", head, rows)


def _change(name: str, estimate: Estimate, baseline: Baseline | None) -> tuple[str, str]:
    before = baseline.figures.get(name) if baseline else None
    if before is None:
        return "–", "–"
    change = round(estimate.value - before, 3)
    if not change:
        return f"{before:.3f}", "0"
    better = (change > 0) == HIGHER_IS_BETTER[name]
    return f"{before:.3f}", f"{change:+.3f} {'better' if better else 'worse'}"


def _value(estimate: Estimate | None) -> str:
    return f"{estimate.value:.3f}" if estimate else "–"


def _slice_tables(summary: Summary) -> list[Table]:
    return [_slices(f"By {what}", slices) for what, slices in summary.slices.items()]


def _slices(title: str, slices: Mapping[str, Mapping[str, Estimate]]) -> Table:
    rows = [
        [name, str(_size(figures)), *(_ranged(m, figures.get(m)) for m in _SLICE)]
        for name, figures in slices.items()
    ]
    return Table(title, ("slice", "cases", *_SLICE), rows)


def _ranged(metric: str, estimate: Estimate | None) -> str:
    """A figure, with its interval where small slices would tempt to read too much into it."""
    if estimate is None or metric not in _RANGED:
        return _value(estimate)
    return f"{estimate.value:.3f} ({estimate.low:.2f}–{estimate.high:.2f})"


def _size(figures: Mapping[str, Estimate]) -> int:
    return figures["crag_score"].cases


def _retrieval(summary: Summary) -> Table:
    rows = [
        [f"{level}, {name}", *(_value(figures.get(metric)) for metric in RANKING)]
        for level, retrievers in summary.retrieval.items()
        for name, figures in retrievers.items()
    ]
    return Table("Retrieval", ("level, retriever", *RANKING), rows)


def _times(report: Report) -> Table:
    rows = [
        [stage, *(f"{value:.1f} ms" for value in (times.p50, times.p95, times.p99))]
        for stage, times in report.summary.latency.items()
    ]
    if report.run and report.run.cold_start_seconds is not None:
        seconds = f"{report.run.cold_start_seconds:.1f} s"
        rows.append(["first answer of a new process", seconds, "", ""])
    return Table("Latency", ("stage", "p50", "p95", "p99"), rows)


def _failures(scored: Sequence[Scored]) -> list[Scored]:
    failed = [item for item in scored if item.faults or item.verdict is not Verdict.RIGHT]
    order = list(_VERDICTS)
    return sorted(failed, key=lambda item: (not item.faults, order.index(item.verdict)))


def _risk_plot(scored: Sequence[Scored]) -> str:
    points = risk_coverage([i.answer.confidence for i in scored], [i.is_error for i in scored])
    given = [item for item in scored if not item.abstained]
    wrong = sum(item.verdict is not Verdict.RIGHT for item in given)
    risk = wrong / len(given) if given else 0.0
    shown = points if knows_held_back(scored) else points[: len(given)]
    return plots.risk_coverage_plot(shown, len(given) / len(scored), risk)


def _reliability_plot(scored: Sequence[Scored]) -> str:
    """Both splits side by side: what was tuned on ``dev`` should hold on ``test``."""
    series = {}
    for split in ("dev", "test"):
        items = [item for item in judged(scored) if item.case.split == split]
        pairs = [i.answer.confidence for i in items], [i.is_error for i in items]
        error = f", error {expected_calibration_error(*pairs):.2f}" if items else ""
        series[f"{split}: {len(items)} answers{error}"] = reliability(*pairs)
    return plots.reliability_plot(series)


def _latency_plot(scored: Sequence[Scored]) -> str:
    return plots.latency_plot([item.answer.timings_ms.total for item in scored])


def _plain_markdown(text: object) -> str:
    """Text on one line of Markdown, shown as it is."""
    return re.sub(r"([\\`*\[\]<>|#]|(?<!\w)_|_(?!\w))", r"\\\1", re.sub(r"\s+", " ", str(text)))


_templates = Environment(
    loader=PackageLoader("assistant"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["md"] = _plain_markdown
