"""Abstention as a classifier of unanswerable questions: precision, recall, F1."""

from typing import NamedTuple


class Ratio(NamedTuple):
    """What one question adds above and below the line of a ratio over many questions."""

    above: float
    below: float


def precision(answerable: bool, abstained: bool) -> Ratio:
    """Of the abstentions, those on unanswerable questions."""
    return Ratio(float(abstained and not answerable), float(abstained))


def recall(answerable: bool, abstained: bool) -> Ratio:
    """Of the unanswerable questions, those that were abstained on."""
    return Ratio(float(abstained and not answerable), float(not answerable))


def f1(answerable: bool, abstained: bool) -> Ratio:
    """2 TP / (2 TP + FP + FN), which equals the harmonic mean of the two above."""
    hit = abstained and not answerable
    miss = abstained == answerable
    return Ratio(2.0 * hit, 2.0 * hit + miss)
