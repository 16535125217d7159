"""Percentile bootstrap (Efron 1979) over questions."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

RESAMPLES = 1000
SEED = 20130117
"""Any number; fixed, so that the same answers give the same interval."""

Rows = npt.NDArray[np.intp]


def ratio_interval(
    above: Sequence[float], below: Sequence[float], lowest: float = 0.0
) -> tuple[float, float]:
    """95 % interval of ``sum(above) / sum(below)``; one pair a question, every ``below`` > 0.

    ``lowest`` is the least that the ratio can be.
    """
    tops, bottoms = np.asarray(above, dtype=float), np.asarray(below, dtype=float)

    def ratio(rows: Rows, axis: int) -> npt.NDArray[np.float64]:
        return np.asarray(tops[rows].sum(axis=axis) / bottoms[rows].sum(axis=axis))

    return _interval(len(above), ratio, lowest, vectorized=True)


def interval(size: int, statistic: Callable[[Rows], float]) -> tuple[float, float]:
    """95 % interval of any figure that follows from the row numbers of ``size`` questions."""
    return _interval(size, statistic, 0.0, vectorized=False)


def _interval(
    size: int, statistic: Callable[..., object], lowest: float, *, vectorized: bool
) -> tuple[float, float]:
    """One question says nothing about spread: the interval is then all of [lowest, 1]."""
    if size < 2:
        return lowest, 1.0
    found = stats.bootstrap(
        (np.arange(size),),
        statistic,
        n_resamples=RESAMPLES,
        method="percentile",
        vectorized=vectorized,
        rng=SEED,
    ).confidence_interval
    return float(found.low), float(found.high)
