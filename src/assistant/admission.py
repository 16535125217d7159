"""A bounded queue in front of the models: work beyond it is refused at once, not left to pile up.

Answering is bound by the processor, so a few threads do it and the rest waits in line.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

RETRY_SECONDS = 5
"""What a refused client is told to wait: about what a full queue takes to empty on two cores."""


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
        self._seconds, self._count = seconds, count
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
        if self.held >= self.capacity:
            raise Overloaded
        loop, stopped = asyncio.get_running_loop(), threading.Event()
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

    def _submit(self, produce: Callable[[], _End], put: Callable[[_End], None]) -> Future[None]:
        place = object()

        def work() -> None:
            end = produce()
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
