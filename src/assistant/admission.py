"""A bounded queue in front of the models: work beyond it is refused at once, not left to pile up.

Answering is bound by the processor, so a few threads do it and the rest waits in line. While more
callers are refused than the whole line could hold, a short line is better than a long one: as much
gets done, those inside are served soon, and when the crowd leaves there is little left to work off.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

RETRY_SECONDS = 2
"""What a refused client is told to wait. Places come free all the time, so it is short."""

CROWDED_SECONDS = 3.0
"""How much work the line holds while it is crowded, in seconds until that is done."""

USUAL_SECONDS = 0.5
"""What a piece of work is taken to last before any was done."""

_WEIGHT = 0.1
"""Of the newest piece of work in the running mean of how long they last."""


class Overloaded(Exception):
    """The queue is full, or the work was not done in time."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class Admission:
    """Runs blocking work in ``at_once`` threads, with at most ``waiting`` more in line.

    ``seconds`` is how long a caller waits for its work; ``count`` gets 1 for each piece of work
    that is taken in and -1 when that is over, in any thread. Its methods run on an event loop.
    """

    def __init__(
        self, at_once: int, waiting: int, seconds: float, count: Callable[[int], None]
    ) -> None:
        self.capacity = at_once + waiting
        self._at_once, self._seconds, self._count = at_once, seconds, count
        self._mean = USUAL_SECONDS
        self._refusals: deque[float] = deque(maxlen=self.capacity + 1)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="answer")
        self._held: set[object] = set()

    @property
    def held(self) -> int:
        """Pieces of work that are in line or being done."""
        return len(self._held)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work``. Raises ``Overloaded``, or what ``work`` raises.

        Cancelling the caller takes work that has not begun out of the line.
        """
        async with aclosing(self.stages(lambda: iter([work()]))) as results:
            (result,) = [result async for result in results]  # to the end, so the place is free
        return result

    async def stages(self, begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
        """The items of the iterator that ``begin`` makes, each as soon as it is there.

        Raises like ``run``. Closing the iterator saves the work on the items that are left.
        """
        loop, stopped = asyncio.get_running_loop(), threading.Event()
        if self.held >= self._places(loop.time()):
            self._refusals.append(loop.time())
            raise Overloaded
        queue: asyncio.Queue[_Item[T] | _End] = asyncio.Queue()

        def put(item: _Item[T] | _End) -> None:
            with suppress(RuntimeError):  # the loop has closed: nobody listens any more
                loop.call_soon_threadsafe(queue.put_nowait, item)

        future = self._submit(lambda: _produce(begin, put, stopped), put)
        deadline = loop.time() + self._seconds
        try:
            while isinstance(item := await _next(queue, deadline), _Item):
                yield item.value
            if item.error:
                raise item.error
        finally:
            stopped.set()
            future.cancel()

    def _places(self, now: float) -> int:
        """How many may be held now: fewer while it is crowded."""
        is_full = len(self._refusals) == self._refusals.maxlen
        if not is_full or self._refusals[0] < now - RETRY_SECONDS:
            return self.capacity
        soon_done = round(self._at_once * CROWDED_SECONDS / self._mean)
        return max(self._at_once, min(soon_done, self.capacity))

    def _submit(self, produce: Callable[[], _End], put: Callable[[_End], None]) -> Future[None]:
        place = object()

        def work() -> None:
            started = time.perf_counter()
            end = produce()
            self._mean += _WEIGHT * (time.perf_counter() - started - self._mean)
            self._release(place)  # before anyone hears of the end: he may come back at once
            put(end)

        self._held.add(place)
        self._count(1)
        future = self._threads.submit(copy_context().run, work)
        future.add_done_callback(lambda _: self._release(place))  # also when it never began
        return future

    def _release(self, place: object) -> None:
        if place in self._held:
            self._held.remove(place)
            self._count(-1)


def _produce(
    begin: Callable[[], Iterator[T]],
    put: Callable[[_Item[T]], None],
    stopped: threading.Event,
) -> _End:
    """In a thread: hand over every item; how it ended."""
    try:
        for value in begin():
            put(_Item(value))
            if stopped.is_set():
                break
    except BaseException as error:  # it is raised again where the items are awaited
        return _End(error)
    return _End()


async def _next(queue: "asyncio.Queue[_Item[T] | _End]", deadline: float) -> _Item[T] | _End:
    """What is there counts even after the deadline: a slow reader is not a slow answer."""
    try:
        async with asyncio.timeout_at(deadline):
            return await queue.get()
    except TimeoutError as error:
        raise Overloaded from error
