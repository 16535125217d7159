"""Calibration on five questions, worked out by hand."""

import pytest

from assistant.evaluation.metrics.calibration import (
    Bin,
    brier_score,
    expected_calibration_error,
    reliability,
)

CONFIDENCES = [0.95, 0.12, 0.18, 0.55, 0.16]
ERRORS = [False, True, False, True, True]
"""By bin: .12, .18 and .16 with one of three right; .55 wrong; .95 right."""


def test_bins_tell_size_mean_confidence_and_share_right() -> None:
    low, middle, high = reliability(CONFIDENCES, ERRORS)
    assert low == pytest.approx(Bin(3, (0.12 + 0.18 + 0.16) / 3, 1 / 3))
    assert middle == Bin(1, 0.55, 0.0)
    assert high == Bin(1, 0.95, 1.0)


def test_the_error_is_the_gap_of_each_bin_weighted_by_its_answers() -> None:
    # |.46 / 3 - 1 / 3| = .18 three times, |.55 - 0| and |.95 - 1| once
    expected = (3 * 0.18 + 0.55 + 0.05) / 5
    assert expected_calibration_error(CONFIDENCES, ERRORS) == pytest.approx(expected)


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    expected = (0.05**2 + 0.12**2 + 0.82**2 + 0.55**2 + 0.16**2) / 5
    assert brier_score(CONFIDENCES, ERRORS) == pytest.approx(expected)


@pytest.mark.parametrize("number", range(1, 11))
def test_a_bound_belongs_to_the_bin_below_it(number: int) -> None:
    bound = number / 10
    assert len(reliability([bound, bound - 0.05], [True, False])) == 1
    above = [bound + 0.05] if number < 10 else []
    assert len(reliability([bound, *above], [True] * (1 + len(above)))) == 1 + len(above)


def test_no_confidence_at_all_is_in_the_lowest_bin() -> None:
    assert reliability([0.0, 0.1], [True, True]) == [Bin(2, 0.05, 0.0)]


def test_bins_without_an_answer_are_left_out() -> None:
    assert reliability([1.0], [False]) == [Bin(1, 1.0, 1.0)]


def test_gaps_in_one_bin_cancel_for_the_error_and_not_for_the_brier_score() -> None:
    # .5 said of one right and one wrong answer is honest, and says nothing about which
    assert expected_calibration_error([0.5, 0.5], [True, False]) == 0.0
    assert brier_score([0.5, 0.5], [True, False]) == 0.25


def test_too_sure_and_too_unsure_cost_the_same() -> None:
    assert expected_calibration_error([0.8], [True]) == pytest.approx(0.8)
    assert expected_calibration_error([0.2], [False]) == pytest.approx(0.8)
    assert brier_score([0.8], [True]) == pytest.approx(brier_score([0.2], [False]))


def test_sure_and_right_is_zero_and_sure_and_wrong_is_one() -> None:
    for figure in (expected_calibration_error, brier_score):
        assert figure([1.0, 0.0], [False, True]) == 0.0
        assert figure([1.0, 0.0], [True, False]) == 1.0


def test_the_order_of_the_questions_does_not_matter() -> None:
    turned = CONFIDENCES[::-1], ERRORS[::-1]
    assert reliability(*turned) == reliability(CONFIDENCES, ERRORS)
    assert expected_calibration_error(*turned) == expected_calibration_error(CONFIDENCES, ERRORS)
    assert brier_score(*turned) == brier_score(CONFIDENCES, ERRORS)


def test_no_question_has_no_bins_and_no_error() -> None:
    assert reliability([], []) == []
    assert expected_calibration_error([], []) == 0.0
    assert brier_score([], []) == 0.0


@pytest.mark.parametrize("figure", [reliability, expected_calibration_error, brier_score])
def test_every_confidence_needs_an_error_flag(figure: object) -> None:
    assert callable(figure)
    with pytest.raises(ValueError, match="shorter"):
        figure([0.5, 0.6], [True])
