"""What an answer earns under CRAG."""

import pytest

from assistant.evaluation.metrics.crag import crag


@pytest.mark.parametrize(
    ("right", "abstained", "expected"),
    [(True, False, 1), (True, True, 1), (False, True, 0), (False, False, -1)],
    ids=["right answer", "due abstention", "undue abstention", "wrong answer"],
)
def test_a_wrong_answer_costs_what_a_right_one_earns(
    right: bool, abstained: bool, expected: int
) -> None:
    assert crag(right, abstained) == expected
