"""Scores outcomes, writes the report, and decides whether they pass the gate."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from assistant.documents import Citation, Document, FrozenModel, Status
from assistant.evaluation import metrics
from assistant.evaluation.cases import Case
from assistant.evaluation.runner import Outcome, Retrieved

_templates = Environment(
    loader=PackageLoader("assistant"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Metrics(FrozenModel):
    """The figures of one run; shares lie in [0, 1], times are milliseconds."""

    cases: int
    answerable: int
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    fact_accuracy: float
    wrong_rate: float
    abstention_rate: float
    false_answer_rate: float
    verbatim_rate: float
    citation_precision: float
    latency_p50: float
    latency_p95: float


class Judged(FrozenModel):
    """One outcome with its verdict."""

    outcome: Outcome
    rank: int | None
    verdict: str


def passage_rank(outcome: Outcome, documents: Mapping[str, Document]) -> int | None:
    """Rank of the first retrieved passage that overlaps a source quote."""
    for rank, found in enumerate(outcome.retrieved, 1):
        if _overlaps_source(found, outcome.case, documents):
            return rank
    return None


def _overlaps_source(
    place: Retrieved | Citation, case: Case, documents: Mapping[str, Document]
) -> bool:
    """Whether a passage or citation shares text with a source quote of a case."""
    for source in case.sources:
        start = documents[source.document].text.find(source.quote)
        end = start + len(source.quote)
        if place.document == source.document and place.start < end and start < place.end:
            return True
    return False


def missing_quotes(cases: Sequence[Case], documents: Mapping[str, Document]) -> list[str]:
    """Ids of the cases whose source quote is not in the stored text of its document."""
    return [
        case.id
        for case in cases
        for source in case.sources
        if source.document not in documents or source.quote not in documents[source.document].text
    ]


def judge(outcome: Outcome, documents: Mapping[str, Document]) -> Judged:
    """``right``, ``wrong`` (facts missing), ``abstained`` or ``false`` (should have abstained)."""
    case, answer = outcome.case, outcome.answer
    abstained = answer.status is Status.ABSTAINED
    if not case.answerable:
        verdict = "right" if abstained else "false"
    elif abstained:
        verdict = "abstained"
    else:
        quotes = [citation.quote for citation in answer.citations]
        found = metrics.facts_found(case.facts, [answer.answer, *quotes])
        verdict = "right" if all(found) else "wrong"
    return Judged(outcome=outcome, rank=passage_rank(outcome, documents), verdict=verdict)


def score(judged: Sequence[Judged], documents: Mapping[str, Document]) -> Metrics:
    """Aggregate the verdicts of one run."""
    answerable = [item for item in judged if item.outcome.case.answerable]
    others = [item for item in judged if not item.outcome.case.answerable]
    ranks = [item.rank for item in answerable]
    times = [item.outcome.answer.timings_ms.total for item in judged]
    return Metrics(
        cases=len(judged),
        answerable=len(answerable),
        recall_at_1=metrics.recall_at(ranks, 1),
        recall_at_5=metrics.recall_at(ranks, 5),
        recall_at_10=metrics.recall_at(ranks, 10),
        mrr_at_10=metrics.mean_reciprocal_rank(ranks),
        fact_accuracy=_share(answerable, "right"),
        wrong_rate=_share(answerable, "wrong"),
        abstention_rate=_share(answerable, "abstained"),
        false_answer_rate=_share(others, "false"),
        verbatim_rate=_verbatim_rate(judged, documents),
        citation_precision=_citation_precision(answerable, documents),
        latency_p50=metrics.percentile(times, 0.5),
        latency_p95=metrics.percentile(times, 0.95),
    )


def _share(judged: Sequence[Judged], verdict: str) -> float:
    return sum(item.verdict == verdict for item in judged) / len(judged) if judged else 0.0


def _verbatim_rate(judged: Sequence[Judged], documents: Mapping[str, Document]) -> float:
    """Share of all shown quotes that are the document's text at their offsets."""
    quoted = [
        quote
        for item in judged
        for quote in (*item.outcome.answer.citations, *item.outcome.answer.related)
    ]
    exact = [documents[q.document].text[q.start : q.end] == q.quote for q in quoted]
    return sum(exact) / len(exact) if exact else 1.0


def _citation_precision(judged: Sequence[Judged], documents: Mapping[str, Document]) -> float:
    """Share of citations that overlap a source quote of their case."""
    hits = [
        _overlaps_source(citation, item.outcome.case, documents)
        for item in judged
        for citation in item.outcome.answer.citations
    ]
    return sum(hits) / len(hits) if hits else 1.0


def write_report(judged: Sequence[Judged], figures: Metrics, folder: Path) -> None:
    """Write ``metrics.json``, ``report.md`` and the self-contained ``report.html``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.json").write_text(figures.model_dump_json(indent=2), encoding="utf-8")
    failures = [item for item in judged if item.verdict != "right"]
    for name in ("report.md", "report.html"):
        text = _templates.get_template(name).render(
            figures=figures.model_dump().items(), failures=failures
        )
        (folder / name).write_text(text, encoding="utf-8")


def gate_failures(figures: Metrics, floors: Path) -> list[str]:
    """Every figure that misses its bound in the gate file (tables ``least`` and ``most``)."""
    bounds = tomllib.loads(floors.read_text(encoding="utf-8"))
    values = figures.model_dump()
    low = [
        f"{name} is {values[name]:.3f}, the gate asks at least {bound}"
        for name, bound in bounds.get("least", {}).items()
        if values[name] < bound
    ]
    high = [
        f"{name} is {values[name]:.3f}, the gate allows at most {bound}"
        for name, bound in bounds.get("most", {}).items()
        if values[name] > bound
    ]
    return low + high
