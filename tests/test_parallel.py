"""Several things at a time: the order of the results, and what is left undone."""

import threading
import time
from itertools import count

import pytest

from assistant.parallel import AHEAD, in_order


def test_results_come_in_the_order_of_the_items() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number * number

    assert list(in_order(work, range(30), 4)) == [number * number for number in range(30)]


def test_work_is_done_at_once() -> None:
    together = threading.Barrier(3, timeout=10)
    assert len(list(in_order(lambda _: together.wait(), range(3), 3))) == 3


def test_an_endless_iterable_is_only_taken_a_little_ahead() -> None:
    numbers = count()
    results = in_order(str, numbers, 2)
    assert [next(results) for _ in range(3)] == ["0", "1", "2"]
    assert next(numbers) == 2 * AHEAD + 3


def test_an_error_is_raised_and_drops_what_has_not_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.02)
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(in_order(work, range(100), 1))
    assert len(begun) <= 2


def test_stopping_drops_what_has_not_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.02)

    results = in_order(work, range(100), 1)
    next(results)
    results.close()  # type: ignore[attr-defined]
    done = len(begun)
    time.sleep(0.1)
    assert len(begun) == done <= 3
