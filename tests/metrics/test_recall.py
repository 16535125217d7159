"""Recall@k over hand-made ranks."""

import pytest

from assistant.evaluation.metrics.recall import recall_at


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 4), (5, 2 / 4), (6, 3 / 4), (100, 3 / 4)])
def test_ranks_up_to_k_count_and_what_is_not_found_does_not(k: int, expected: float) -> None:
    assert recall_at([1, 5, 6, None], k) == expected


def test_recall_of_nothing_is_zero() -> None:
    assert recall_at([], 10) == 0.0
