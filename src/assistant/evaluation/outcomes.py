"""What happened to each case, as it is kept on disk: everything that scoring needs."""

import json
from collections.abc import Iterable
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


def to_line(outcome: Outcome) -> str:
    """An outcome as one line of ``answers.jsonl``."""
    return json.dumps(outcome.model_dump(mode="json"), ensure_ascii=False) + "\n"


def read_outcomes(path: Path) -> list[Outcome]:
    """Read ``answers.jsonl``: at least one answer, each case once. Raises ``CaseError``."""
    outcomes: dict[str, Outcome] = {}
    for place, line in read_lines(path):
        try:
            outcome = Outcome.model_validate_json(line)
        except ValidationError as error:
            raise CaseError(f"{place}: not an outcome of an evaluation run") from error
        if outcome.case.id in outcomes:
            raise CaseError(f"{place}: the case '{outcome.case.id}' is answered twice")
        outcomes[outcome.case.id] = outcome
    if not outcomes:
        raise CaseError(f"{path} holds no answers")
    return list(outcomes.values())


def read_run(path: Path) -> Run | None:
    """The description beside stored answers, if it is there. Raises ``CaseError``."""
    if not path.exists():
        return None
    try:
        return Run.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise CaseError(f"{path} does not describe a run; remove it") from error


def refresh(outcomes: Iterable[Outcome], cases: Iterable[Case]) -> list[Outcome]:
    """Outcomes judged by the cases as they are now, where the same question was asked."""
    current = {case.id: case for case in cases}
    return [_refreshed(outcome, current.get(outcome.case.id)) for outcome in outcomes]


def _refreshed(outcome: Outcome, case: Case | None) -> Outcome:
    asked = outcome.case
    if case is None or (case.question, case.history) != (asked.question, asked.history):
        return outcome
    return outcome.model_copy(update={"case": case})
