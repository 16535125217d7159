"""Calibration: whether a confidence of .8 is right eight times in ten."""

import math
from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

BINS = 10


class Bin(NamedTuple):
    """One tenth of [0, 1]: how many answers, their mean confidence, the share that is right."""

    size: int
    confidence: float
    right: float


def reliability(confidences: Sequence[float], errors: Sequence[bool]) -> list[Bin]:
    """The bins that hold an answer, least confident first; a bound belongs to the bin below it."""
    members: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_error in zip(confidences, errors, strict=True):
        number = max(1, math.ceil(confidence * BINS))
        members.setdefault(number, []).append((confidence, not is_error))
    return [_bin(members[number]) for number in sorted(members)]


def _bin(members: Sequence[tuple[float, bool]]) -> Bin:
    confidences, rights = zip(*members, strict=True)
    return Bin(len(members), fmean(confidences), sum(rights) / len(members))


def expected_calibration_error(confidences: Sequence[float], errors: Sequence[bool]) -> float:
    """Mean gap between confidence and share right over the bins, by count (Guo et al. 2017)."""
    gaps = [b.size * abs(b.confidence - b.right) for b in reliability(confidences, errors)]
    return sum(gaps) / len(confidences) if confidences else 0.0


def brier_score(confidences: Sequence[float], errors: Sequence[bool]) -> float:
    """Mean squared distance of the confidence from 1 if right, 0 if wrong (Brier 1950)."""
    pairs = zip(confidences, errors, strict=True)
    distances = [(confidence - (not is_error)) ** 2 for confidence, is_error in pairs]
    return fmean(distances) if distances else 0.0
