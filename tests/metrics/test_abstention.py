"""Abstention as a classifier, on a table of ten questions that is worked out by hand."""

from collections.abc import Callable

import pytest

from assistant.evaluation.metrics.abstention import Ratio, f1, precision, recall

DUE, UNDUE, MISSED, ANSWERED = (False, True), (True, True), (False, False), (True, False)
QUESTIONS = [DUE] * 2 + [UNDUE] * 1 + [MISSED] * 3 + [ANSWERED] * 4
"""Pairs of answerable and abstained: TP 2, FP 1, FN 3, TN 4."""


def overall(ratio: Callable[[bool, bool], Ratio]) -> float:
    parts = [ratio(answerable, abstained) for answerable, abstained in QUESTIONS]
    return sum(part.above for part in parts) / sum(part.below for part in parts)


def test_precision_is_over_abstentions() -> None:
    assert overall(precision) == 2 / (2 + 1)


def test_recall_is_over_unanswerable_questions() -> None:
    assert overall(recall) == 2 / (2 + 3)


def test_f1_is_the_harmonic_mean_of_both() -> None:
    assert overall(f1) == 2 * 2 / (2 * 2 + 1 + 3)
    p, r = overall(precision), overall(recall)
    assert overall(f1) == pytest.approx(2 * p * r / (p + r))


@pytest.mark.parametrize(
    ("ratio", "unconcerned"),
    [(precision, [MISSED, ANSWERED]), (recall, [UNDUE, ANSWERED]), (f1, [ANSWERED])],
)
def test_a_question_that_a_ratio_does_not_concern_adds_nothing(
    ratio: Callable[[bool, bool], Ratio], unconcerned: list[tuple[bool, bool]]
) -> None:
    questions = [DUE, UNDUE, MISSED, ANSWERED]
    assert [pair for pair in questions if ratio(*pair) == (0.0, 0.0)] == unconcerned
