"""nDCG of rankings that are worked out by hand."""

import math

import pytest

from assistant.evaluation.metrics.ndcg import ndcg


def test_graded_relevance() -> None:
    # gain is the grade: a 1, b 2; discount log2(rank + 1)
    gained = 0 / math.log2(2) + 1 / math.log2(3) + 2 / math.log2(4)
    best = 2 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["x", "a", "b"], {"a": 1, "b": 2}) == pytest.approx(gained / best)


def test_the_best_ranking_is_one() -> None:
    assert ndcg(["b", "a", "x"], {"a": 1, "b": 2}) == 1.0


def test_a_relevant_key_that_is_not_found_costs() -> None:
    # found at rank 1 of two that are equally good: 1 / (1 + 1 / log2 3)
    assert ndcg(["a"], {"a": 1, "b": 1}) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_only_the_first_k_count_in_ranking_and_ideal() -> None:
    assert ndcg(["x", "a"], {"a": 1}, k=1) == 0.0
    assert ndcg(["a"], {"a": 1, "b": 1, "c": 1}, k=1) == 1.0


@pytest.mark.parametrize("relevant", [{}, {"a": 0}, {"b": 1}])
def test_nothing_relevant_found_is_zero(relevant: dict[str, int]) -> None:
    assert ndcg(["a"], relevant) == 0.0


def test_an_empty_ranking_is_zero() -> None:
    assert ndcg([], {"a": 1}) == 0.0
