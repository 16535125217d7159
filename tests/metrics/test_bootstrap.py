"""Intervals: where they lie, how wide they are, and how often they hold the truth."""

from collections.abc import Sequence

import numpy as np
import pytest

from assistant.evaluation.metrics.bootstrap import Rows, interval, ratio_interval


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    return ratio_interval(values, [1.0] * len(values))


def width(values: Sequence[float]) -> float:
    low, high = mean_interval(values)
    return high - low


@pytest.mark.parametrize("right", [1, 5, 10, 19])
def test_the_interval_holds_the_value(right: int) -> None:
    low, high = mean_interval([1.0] * right + [0.0] * (20 - right))
    assert 0.0 <= low < right / 20 < high <= 1.0


def test_more_questions_give_a_narrower_interval() -> None:
    few, many = [1.0, 0.0] * 10, [1.0, 0.0] * 160
    # the standard error falls with the square root of the number of questions: 16 times, so by 4
    assert width(few) / width(many) == pytest.approx(4, rel=0.2)


def test_the_width_is_that_of_the_normal_approximation_for_many_questions() -> None:
    values = [1.0] * 120 + [0.0] * 280
    standard_error = (0.3 * 0.7 / 400) ** 0.5
    assert width(values) == pytest.approx(2 * 1.96 * standard_error, rel=0.15)


def test_equal_values_leave_no_doubt() -> None:
    assert mean_interval([1.0, 1.0, 1.0]) == (1.0, 1.0)
    assert mean_interval([0.0, 0.0]) == (0.0, 0.0)


@pytest.mark.parametrize("values", [[], [0.0], [1.0]])
def test_fewer_than_two_questions_say_nothing(values: list[float]) -> None:
    assert mean_interval(values) == (0.0, 1.0)
    assert interval(len(values), lambda rows: 0.5) == (0.0, 1.0)


def test_a_figure_that_can_be_negative_starts_lower_when_nothing_is_known() -> None:
    assert ratio_interval([-1.0], [1.0], lowest=-1.0) == (-1.0, 1.0)


def test_the_same_answers_give_the_same_interval() -> None:
    values = [1.0, 0.0, 0.5, 1.0, 0.0, 0.25]
    assert mean_interval(values) == mean_interval(values)


def test_questions_weigh_by_what_they_add_below_the_line() -> None:
    # 9 of 10 flags up in one question, 0 of 1 in the other: every resample mean is 0, 9/11 or 9/10
    assert ratio_interval([9.0, 0.0], [10.0, 1.0]) == (0.0, 0.9)


def test_any_figure_of_the_chosen_rows_has_the_interval_of_its_mean() -> None:
    values = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])

    def mean(rows: Rows) -> float:
        return float(values[rows].mean())

    assert interval(len(values), mean) == pytest.approx(mean_interval(list(values)))


def test_nineteen_of_twenty_intervals_hold_the_true_share() -> None:
    samples = np.random.default_rng(1).binomial(1, 0.4, size=(300, 60)).astype(float)
    bounds = [mean_interval(list(sample)) for sample in samples]
    held = sum(low <= 0.4 <= high for low, high in bounds) / len(bounds)
    assert held == pytest.approx(0.95, abs=0.03)
