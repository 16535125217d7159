"""Selective answering on four questions, worked out by hand."""

import pytest

from assistant.evaluation.metrics.risk_coverage import Point, aurc, risk_coverage

CONFIDENCES = [0.1, 0.8, 0.9, 0.8]
ERRORS = [True, False, False, True]
"""Most confident first, the error first among equals: 0.9 right, 0.8 wrong, 0.8 right, 0.1 wrong"""


def test_the_curve_answers_the_most_confident_first() -> None:
    assert risk_coverage(CONFIDENCES, ERRORS) == [
        Point(1 / 4, 0 / 1, 0.9),
        Point(2 / 4, 1 / 2, 0.8),
        Point(3 / 4, 1 / 3, 0.8),
        Point(4 / 4, 2 / 4, 0.1),
    ]


def test_the_area_is_the_mean_risk() -> None:
    assert aurc(CONFIDENCES, ERRORS) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_the_order_of_the_questions_does_not_matter() -> None:
    assert aurc(CONFIDENCES[::-1], ERRORS[::-1]) == aurc(CONFIDENCES, ERRORS)


def test_confident_errors_cost_more_than_hesitant_ones() -> None:
    confident, hesitant = [True, False], [False, True]
    assert aurc([0.9, 0.1], confident) == (1 + 1 / 2) / 2
    assert aurc([0.9, 0.1], hesitant) == (0 + 1 / 2) / 2


@pytest.mark.parametrize(("wrong", "expected"), [(False, 0.0), (True, 1.0)])
def test_all_right_is_zero_and_all_wrong_is_one(wrong: bool, expected: float) -> None:
    assert aurc([0.3, 0.6, 0.9], [wrong] * 3) == expected


def test_no_question_has_no_curve() -> None:
    assert risk_coverage([], []) == []
    assert aurc([], []) == 0.0


def test_every_confidence_needs_an_error_flag() -> None:
    with pytest.raises(ValueError, match="shorter"):
        aurc([0.5, 0.6], [True])
