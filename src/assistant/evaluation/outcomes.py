"""What happened to each case, as it is kept on disk: everything that scoring needs."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from assistant.documents import Answer, FrozenModel
from assistant.evaluation.cases import Case, CaseError, read_lines
from assistant.evaluation.metrics.citations import Span
from assistant.index import Manifest

ANSWERS, RUN = "answers.jsonl", "run.json"


class Place(FrozenModel):
    """The place of a passage that retrieval found."""

    document: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        """The same, as metrics take it."""
        return Span(self.document, self.start, self.end)


class Retrieved(Place):
    """A passage that retrieval found."""

    text: str


class Outcome(FrozenModel):
    """A case with the answer that was given and the first ten passages it was chosen from.

    ``legs`` holds what BM25 and the dense leg find on their own, and ``unguarded`` the answer that
    an abstention held back; a server tells neither.
    """

    case: Case
    answer: Answer
    retrieved: tuple[Retrieved, ...]
    legs: dict[str, tuple[Place, ...]] = Field({})
    unguarded: Answer | None = None


class Run(FrozenModel):
    """How the answers came about; a server does not tell its thresholds and cold start."""

    created: datetime
    seconds: float
    cold_start_seconds: float | None = None
    server: str | None
    workers: int
    settings: dict[str, Any]
    thresholds: dict[str, float] = Field({})
    manifest: Manifest
    versions: dict[str, str]
    machine: str


def write_outcomes(outcomes: Sequence[Outcome], folder: Path) -> None:
    """Write ``answers.jsonl``, one outcome a line."""
    lines = (json.dumps(o.model_dump(mode="json"), ensure_ascii=False) for o in outcomes)
    (folder / ANSWERS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read_outcomes(path: Path) -> list[Outcome]:
    """Read what ``write_outcomes`` wrote. Raises ``CaseError`` or ``OSError``."""
    outcomes = []
    for place, line in read_lines(path):
        try:
            outcomes.append(Outcome.model_validate_json(line))
        except ValidationError as error:
            raise CaseError(f"{place}: not an outcome of an evaluation run") from error
    return outcomes


def refresh(outcomes: Iterable[Outcome], cases: Iterable[Case]) -> list[Outcome]:
    """Outcomes judged by the cases as they are now, where the same question was asked."""
    current = {case.id: case for case in cases}
    return [_refreshed(outcome, current.get(outcome.case.id)) for outcome in outcomes]


def _refreshed(outcome: Outcome, case: Case | None) -> Outcome:
    asked = outcome.case
    if case is None or (case.question, case.history) != (asked.question, asked.history):
        return outcome
    return outcome.model_copy(update={"case": case})
