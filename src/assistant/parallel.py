"""Work on several things at a time, with the results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4
"""Items a thread that are begun before the result of the first is taken."""


def in_order(work: Callable[[T], R], items: Iterable[T], at_once: int) -> Iterator[R]:
    """The results of ``work`` on every item, made in ``at_once`` threads.

    Items are only taken a little ahead of the results, so there may be many. What has not begun
    is dropped when the caller stops iterating, and when ``work`` raises, which is raised here.
    """
    left = iter(items)
    with ThreadPoolExecutor(at_once) as pool:
        begun = deque(pool.submit(work, item) for item in islice(left, AHEAD * at_once))
        try:
            while begun:
                result = begun.popleft().result()
                begun.extend(pool.submit(work, item) for item in islice(left, 1))
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
