"""Percentiles by nearest rank."""

import pytest

from assistant.evaluation.metrics.percentile import percentile


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.95, 4), (1.0, 4)]
)
def test_the_nearest_rank_is_taken(share: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99)])
def test_percentiles_of_a_hundred_values(share: float, expected: float) -> None:
    assert percentile(range(100, 0, -1), share) == expected


def test_one_value_is_every_percentile() -> None:
    assert [percentile([7.5], share) for share in (0.0, 0.5, 0.99)] == [7.5] * 3


def test_no_value_has_percentile_zero() -> None:
    assert percentile([], 0.5) == 0.0
