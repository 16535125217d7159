"""Selective answering (Geifman and El-Yaniv 2017): how wrong, at how much answered."""

from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """Answering the questions of at least ``confidence``: their share and their error rate."""

    coverage: float
    risk: float
    confidence: float


def risk_coverage(confidences: Sequence[float], errors: Sequence[bool]) -> list[Point]:
    """One point for every question, most confident first; among equals the errors come first."""
    order = sorted(zip(confidences, errors, strict=True), key=lambda pair: (-pair[0], not pair[1]))
    points, wrong = [], 0
    for answered, (confidence, is_error) in enumerate(order, 1):
        wrong += is_error
        points.append(Point(answered / len(order), wrong / answered, confidence))
    return points


def aurc(confidences: Sequence[float], errors: Sequence[bool]) -> float:
    """Area under the curve: the mean risk over all coverages; 0 is best."""
    points = risk_coverage(confidences, errors)
    return sum(point.risk for point in points) / len(points) if points else 0.0
