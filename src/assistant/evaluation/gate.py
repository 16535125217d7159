"""Whether a run is good enough to release: faults, regressions, floors."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError

from assistant.documents import FrozenModel
from assistant.evaluation.baseline import Changes
from assistant.evaluation.cases import CaseError, explain
from assistant.evaluation.scoring import Scored
from assistant.evaluation.summary import HIGHER_IS_BETTER, Summary


class Bounds(FrozenModel):
    """The gate file: ``least`` and ``most`` by metric, ``known`` regressions with their reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    least: dict[str, float] = Field({})
    most: dict[str, float] = Field({})
    known: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        {}, description="Case id to why its regression is accepted"
    )


def load_bounds(path: Path) -> Bounds:
    """Read the gate file. Raises ``CaseError`` when it cannot be used, ``OSError`` when absent."""
    try:
        bounds = Bounds.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise CaseError(f"{path}: {explain(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: {error}") from error
    unknown = sorted({*bounds.least, *bounds.most} - set(HIGHER_IS_BETTER))
    if unknown:
        raise CaseError(f"{path}: there is no metric {', '.join(unknown)}")
    return bounds


def gate_failures(
    scored: Sequence[Scored], summary: Summary, changes: Changes, bounds: Bounds
) -> list[str]:
    """Why the run does not pass, one line a reason; empty when it does."""
    return [
        *_faults(scored),
        *_regressions(scored, changes.worse, bounds),
        *(f"gone: {key} is in the baseline and was not asked" for key in changes.gone),
        *_missed_floors(summary, bounds),
    ]


def _faults(scored: Iterable[Scored]) -> list[str]:
    return [f"citation: {item.case.id} {fault}" for item in scored for fault in item.faults]


def _regressions(scored: Iterable[Scored], worse: Sequence[str], bounds: Bounds) -> list[str]:
    return [
        f"regression: {item.case.id} was right, is {item.verdict}: {item.case.question}"
        for item in scored
        if item.case.id in worse and item.case.id not in bounds.known
    ]


def _missed_floors(summary: Summary, bounds: Bounds) -> list[str]:
    """A metric that concerns no case of this run has no floor to miss."""
    values = {name: estimate.value for name, estimate in summary.figures.items()}
    low = [
        f"floor: {name} is {values[name]:.3f}, must be at least {bound}"
        for name, bound in bounds.least.items()
        if name in values and values[name] < bound
    ]
    high = [
        f"floor: {name} is {values[name]:.3f}, must be at most {bound}"
        for name, bound in bounds.most.items()
        if name in values and values[name] > bound
    ]
    return low + high
