"""The figures and verdicts of the last release, to compare a run with."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from assistant.documents import FrozenModel
from assistant.evaluation.cases import CaseError
from assistant.evaluation.scoring import Scored, Verdict
from assistant.evaluation.summary import Summary

DECIMALS = 6
"""Enough that nothing is lost in the report, too few for noise of the platform."""


class Baseline(FrozenModel):
    """What a run gave: figures by name, verdicts by case. Times are left out: they differ."""

    figures: dict[str, float]
    verdicts: dict[str, Verdict]


class Changes(FrozenModel):
    """Ids of the cases whose verdict differs from the baseline's."""

    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def load_baseline(path: Path) -> Baseline | None:
    """The baseline, or ``None`` when there is none yet. Raises ``CaseError`` for a broken file."""
    if not path.exists():
        return None
    try:
        return Baseline.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise CaseError(f"{path} is not a baseline; restore it or run `make baseline`") from error


def make_baseline(summary: Summary, scored: Iterable[Scored]) -> Baseline:
    """The baseline that a run would make."""
    return Baseline(
        figures={n: round(e.value, DECIMALS) for n, e in sorted(summary.figures.items())},
        verdicts={item.case.id: item.verdict for item in sorted(scored, key=lambda i: i.case.id)},
    )


def compare(baseline: Baseline, scored: Sequence[Scored]) -> Changes:
    """How the verdicts of a run differ from the baseline's."""
    before, now = baseline.verdicts, {item.case.id: item.verdict for item in scored}
    changed = [key for key in now if key in before and now[key] != before[key]]
    better = tuple(key for key in changed if now[key] is Verdict.RIGHT)
    worse = tuple(key for key in changed if before[key] is Verdict.RIGHT)
    return Changes(
        better=better,
        worse=worse,
        other=tuple(key for key in changed if key not in {*better, *worse}),
        new=tuple(key for key in now if key not in before),
        gone=tuple(key for key in before if key not in now),
    )


def write_baseline(baseline: Baseline, path: Path) -> str:
    """Replace the baseline; gives the difference as a unified diff, empty when there is none."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after = baseline.model_dump_json(indent=2) + "\n"
    path.write_text(after, encoding="utf-8")
    lines = difflib.unified_diff(
        before.splitlines(),
        after.splitlines(),
        f"{path} (before)",
        f"{path} (now)",
        lineterm="",
        n=0,
    )
    return "\n".join(lines)
