"""The readings over template-made agreements."""

from training.agreements import Agreements
from training.readings import overlaps


def test_answers_lie_in_their_evidence() -> None:
    for made in Agreements(seed=3).readings(4):
        if made.answer is not None:
            assert any(a <= made.answer[0] < b for a, b in made.evidence or ())
        assert made.answerable == bool(made.evidence)


def test_what_a_text_leaves_out_is_asked_too() -> None:
    made = Agreements(seed=3).readings(2)
    missed = [reading for reading in made if not reading.answerable]
    assert missed
    assert all(r.focus and overlaps(r.focus, (0, len(r.context))) for r in missed)


def test_the_same_seed_makes_the_same_readings() -> None:
    assert Agreements(seed=5).readings(2) == Agreements(seed=5).readings(2)
    assert Agreements(seed=5).readings(2) != Agreements(seed=6).readings(2)
