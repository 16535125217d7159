"""Reciprocal rank over hand-made ranks."""

from collections.abc import Sequence

import pytest

from assistant.evaluation.metrics.reciprocal_rank import reciprocal_rank


@pytest.mark.parametrize(
    ("ranks", "expected"),
    [
        ([1], 1.0),
        ([4], 1 / 4),
        ([None, 5, 2], 1 / 2),
        ([10], 1 / 10),
        ([11], 0.0),
        ([None], 0.0),
        ([], 0.0),
    ],
)
def test_the_best_rank_among_the_first_ten_counts(
    ranks: Sequence[int | None], expected: float
) -> None:
    assert reciprocal_rank(ranks) == expected


def test_the_depth_can_be_chosen() -> None:
    assert reciprocal_rank([3], k=2) == 0.0
    assert reciprocal_rank([3], k=3) == 1 / 3


def test_the_mean_over_questions_is_mrr() -> None:
    questions: list[list[int | None]] = [[1], [4], [None], [11]]
    mean = sum(map(reciprocal_rank, questions)) / len(questions)
    assert mean == (1 + 1 / 4 + 0 + 0) / 4
