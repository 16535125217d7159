"""Scored outcomes to figures: every metric with its interval, overall and by slice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.documents import FrozenModel, Status
from assistant.evaluation.cases import NEAR_MISSES
from assistant.evaluation.metrics import abstention
from assistant.evaluation.metrics.abstention import Ratio
from assistant.evaluation.metrics.bootstrap import Rows, interval, ratio_interval
from assistant.evaluation.metrics.calibration import brier_score, expected_calibration_error
from assistant.evaluation.metrics.crag import crag
from assistant.evaluation.metrics.percentile import percentile
from assistant.evaluation.metrics.risk_coverage import aurc
from assistant.evaluation.scoring import HYBRID, Ranking, Scored, ShortAnswer, Verdict

AURC, ECE, BRIER = "aurc", "expected_calibration_error", "brier_score"


class Estimate(FrozenModel):
    """A figure over ``cases`` questions with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    cases: int


class Latency(FrozenModel):
    """Percentiles of one stage in milliseconds."""

    p50: float
    p95: float
    p99: float


class Summary(FrozenModel):
    """All figures of one run.

    ``slices`` goes from what is sliced by to the slice to its figures; ``retrieval`` from level
    ("passage", "document") and retriever to its figures; a metric that concerns no question of a
    slice is left out.
    """

    cases: int
    answerable: int
    figures: dict[str, Estimate]
    slices: dict[str, dict[str, dict[str, Estimate]]]
    retrieval: dict[str, dict[str, dict[str, Estimate]]]
    latency: dict[str, Latency]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that is a ratio of sums over questions; most are means.

    ``of`` gives what one question adds; nothing, or 0 below the line, where it does not concern it.
    ``lowest`` is the least that the figure can be.
    """

    name: str
    higher_is_better: bool
    of: Callable[[Scored], Ratio | None]
    lowest: float = 0.0


def _answerable(value: Callable[[Scored], float]) -> Callable[[Scored], Ratio | None]:
    """The mean over the answerable questions."""
    return lambda item: Ratio(float(value(item)), 1.0) if item.case.answerable else None


def _share(flags: Callable[[Scored], Sequence[bool]]) -> Callable[[Scored], Ratio | None]:
    """The share of all flags of the answerable questions that are up."""
    return lambda item: (
        Ratio(float(sum(flags(item))), float(len(flags(item)))) if item.case.answerable else None
    )


def _ranking(
    value: Callable[[Ranking], float], retriever: str = HYBRID
) -> Callable[[Scored], Ratio | None]:
    """The mean over the answerable questions whose ranking by ``retriever`` is known."""

    def of(item: Scored) -> Ratio | None:
        ranking = item.rankings.get(("passage", retriever))
        return Ratio(value(ranking), 1.0) if ranking else None

    return of


def _short(value: Callable[[ShortAnswer], float]) -> Callable[[Scored], Ratio | None]:
    """The mean over the questions that a short answer can be checked for."""
    return lambda item: Ratio(float(value(item.short_answer)), 1.0) if item.short_answer else None


def _false_answer(item: Scored) -> Ratio | None:
    return None if item.case.answerable else Ratio(float(item.verdict is Verdict.FALSE), 1.0)


def _near_miss(item: Scored) -> Ratio | None:
    return _false_answer(item) if item.case.type in NEAR_MISSES else None


def _abstention(ratio: Callable[[bool, bool], Ratio]) -> Callable[[Scored], Ratio]:
    return lambda item: ratio(item.case.answerable, item.abstained)


def _crag(item: Scored) -> Ratio:
    return Ratio(float(crag(item.verdict is Verdict.RIGHT, item.abstained)), 1.0)


def _verbatim(item: Scored) -> Ratio:
    return Ratio(float(item.quotes - len(item.misquotes)), float(item.quotes))


RANKING: Mapping[str, Callable[[Ranking], float]] = {
    "recall_at_1": lambda ranking: ranking.recall[1],
    "recall_at_5": lambda ranking: ranking.recall[5],
    "recall_at_10": lambda ranking: ranking.recall[10],
    "mrr_at_10": lambda ranking: ranking.reciprocal_rank,
    "ndcg_at_10": lambda ranking: ranking.ndcg,
}
"""What is told of every retriever on every level."""

METRICS = (
    Metric("fact_accuracy", True, _answerable(lambda item: item.verdict is Verdict.RIGHT)),
    Metric("nugget_recall", True, _share(lambda item: item.nuggets)),
    Metric("wrong_rate", False, _answerable(lambda item: item.verdict is Verdict.WRONG)),
    Metric("abstention_rate", False, _answerable(lambda item: item.abstained)),
    Metric("false_answer_rate", False, _false_answer),
    Metric("false_answer_rate_near_miss", False, _near_miss),
    Metric("crag_score", True, _crag, lowest=-1.0),
    Metric("short_answer_accuracy", True, _short(lambda short: short.holds_fact)),
    Metric("short_answer_exact", True, _short(lambda short: short.exact)),
    Metric("short_answer_f1", True, _short(lambda short: short.f1)),
    Metric("verbatim_rate", True, _verbatim),
    Metric("citation_precision", True, _share(lambda item: item.citations)),
    Metric("citation_recall", True, _share(lambda item: item.sources)),
    Metric("abstention_precision", True, _abstention(abstention.precision)),
    Metric("abstention_recall", True, _abstention(abstention.recall)),
    Metric("abstention_f1", True, _abstention(abstention.f1)),
    *(Metric(name, True, _ranking(of)) for name, of in RANKING.items()),
    Metric("bm25_recall_at_10", True, _ranking(RANKING["recall_at_10"], "bm25")),
    Metric("dense_recall_at_10", True, _ranking(RANKING["recall_at_10"], "dense")),
)
"""The headline figures, in the order of the report."""

HIGHER_IS_BETTER = {metric.name: metric.higher_is_better for metric in METRICS} | dict.fromkeys(
    (AURC, ECE, BRIER), False
)


def summarise(scored: Sequence[Scored]) -> Summary:
    """All figures of one run."""
    return Summary(
        cases=len(scored),
        answerable=sum(item.case.answerable for item in scored),
        figures=_figures(scored) | _confidence(scored),
        slices={
            "split": _slices(scored, lambda item: [item.case.split]),
            "type": _slices(scored, lambda item: [item.case.type]),
            "style": _slices(scored, lambda item: item.case.style or ["plain"]),
            "document": _slices(scored, lambda item: [s.document for s in item.case.sources]),
        },
        retrieval=_retrieval(scored),
        latency=_latency(scored),
    )


def _figures(scored: Sequence[Scored]) -> dict[str, Estimate]:
    found = {m.name: _estimate(map(m.of, scored), m.lowest) for m in METRICS}
    return {name: estimate for name, estimate in found.items() if estimate}


def _estimate(ratios: Iterable[Ratio | None], lowest: float = 0.0) -> Estimate | None:
    concerned = [ratio for ratio in ratios if ratio and ratio.below]
    if not concerned:
        return None
    above, below = zip(*concerned, strict=True)
    low, high = ratio_interval(above, below, lowest)
    return Estimate(value=sum(above) / sum(below), low=low, high=high, cases=len(concerned))


def knows_held_back(scored: Iterable[Scored]) -> bool:
    """Whether every abstention tells what it held back; a server evaluated by URL does not."""
    return all(item.outcome.unguarded or not item.abstained for item in scored)


def judged(scored: Iterable[Scored]) -> list[Scored]:
    """Those with an answer, given or held back, that a confidence can be right or wrong about."""
    return [i for i in scored if (i.outcome.unguarded or i.answer).status is not Status.ABSTAINED]


def _confidence(scored: Sequence[Scored]) -> dict[str, Estimate]:
    """What is told of the confidence, where every abstention tells what it held back."""
    if not knows_held_back(scored):
        return {}
    answers = judged(scored)
    found = {
        AURC: _bootstrapped(aurc, scored),
        ECE: _bootstrapped(expected_calibration_error, answers),
        BRIER: _bootstrapped(brier_score, answers),
    }
    return {name: estimate for name, estimate in found.items() if estimate}


def _bootstrapped(
    figure: Callable[[Sequence[float], Sequence[bool]], float], scored: Sequence[Scored]
) -> Estimate | None:
    """A figure that follows from confidences and errors; of no question there is none."""
    if not scored:
        return None

    def of(rows: Rows | range) -> float:
        chosen = [scored[row] for row in rows]
        return figure([i.answer.confidence for i in chosen], [i.is_error for i in chosen])

    low, high = interval(len(scored), of)
    return Estimate(value=of(range(len(scored))), low=low, high=high, cases=len(scored))


def _slices(
    scored: Sequence[Scored], keys: Callable[[Scored], Iterable[str]]
) -> dict[str, dict[str, Estimate]]:
    members: dict[str, list[Scored]] = {}
    for item in scored:
        for key in dict.fromkeys(keys(item)):
            members.setdefault(key, []).append(item)
    return {key: _figures(members[key]) for key in sorted(members)}


def _retrieval(scored: Sequence[Scored]) -> dict[str, dict[str, dict[str, Estimate]]]:
    table: dict[str, dict[str, dict[str, Estimate]]] = {}
    for level, name in dict.fromkeys(key for item in scored for key in item.rankings):
        rankings = [i.rankings[level, name] for i in scored if (level, name) in i.rankings]
        table.setdefault(level, {})[name] = _ranked(rankings)
    return table


def _ranked(rankings: Sequence[Ranking]) -> dict[str, Estimate]:
    found = {n: _estimate(Ratio(of(r), 1.0) for r in rankings) for n, of in RANKING.items()}
    return {name: estimate for name, estimate in found.items() if estimate}


def _latency(scored: Sequence[Scored]) -> dict[str, Latency]:
    timings = [item.answer.timings_ms for item in scored]
    stages = {
        "retrieve": [t.retrieve for t in timings],
        "read": [t.read for t in timings],
        "whole answer": [t.total for t in timings],
    }
    return {stage: _percentiles(values) for stage, values in stages.items()}


def _percentiles(values: Sequence[float]) -> Latency:
    return Latency(
        p50=percentile(values, 0.5), p95=percentile(values, 0.95), p99=percentile(values, 0.99)
    )
