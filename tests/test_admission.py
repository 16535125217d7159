"""The bounded queue: how much it takes, in which order, and what it does with work given up."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import pytest

from assistant.admission import Admission, Overloaded

LONG = 30.0


def admission(
    at_once: int = 1, waiting: int = 0, seconds: float = LONG, counted: list[int] | None = None
) -> Admission:
    count = (lambda change: None) if counted is None else counted.append
    return Admission(at_once, waiting, seconds, count)


def test_as_much_is_held_as_may_be_done_and_wait_and_the_rest_is_refused() -> None:
    async def main() -> None:
        queue = admission(at_once=2, waiting=3)
        assert queue.capacity == 5
        async with busy(queue, 5):
            assert queue.held == 5
            with pytest.raises(Overloaded):
                await queue.run(lambda: "too much")
            assert queue.held == 5
        assert queue.held == 0
        assert await queue.run(lambda: "welcome again") == "welcome again"

    asyncio.run(main())


def test_no_more_is_done_at_once_than_allowed() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    async def main() -> None:
        queue = admission(at_once=2, waiting=10)
        await asyncio.gather(*(queue.run(work) for _ in range(12)))

    asyncio.run(main())
    assert most == 2


def test_work_is_done_in_the_order_of_asking() -> None:
    done: list[int] = []

    async def main() -> None:
        queue = admission(waiting=20)
        await asyncio.gather(*(queue.run(lambda n=n: done.append(n)) for n in range(20)))

    asyncio.run(main())
    assert done == list(range(20))


def test_work_that_is_not_done_in_time_is_overload_and_keeps_its_place_until_it_ends() -> None:
    async def main() -> None:
        queue, go_on = admission(seconds=0.1), threading.Event()
        with pytest.raises(Overloaded):
            await queue.run(lambda: go_on.wait(LONG))
        assert queue.held == 1  # the thread cannot be stopped, so the place is not free
        with pytest.raises(Overloaded):
            await queue.run(lambda: None)
        go_on.set()
        await until(lambda: queue.held == 0)

    asyncio.run(main())


def test_work_that_waits_too_long_is_never_begun() -> None:
    begun: list[str] = []

    async def main() -> None:
        queue = admission(waiting=1, seconds=0.2)
        async with busy(queue, 1):
            with pytest.raises(Overloaded):
                await queue.run(lambda: begun.append("late"))
            assert queue.held == 1

    asyncio.run(main())
    assert begun == []


def test_what_is_there_is_given_to_a_slow_reader_after_the_deadline() -> None:
    async def main() -> list[int]:
        queue, got = admission(seconds=0.2), []
        async with aclosing(queue.stages(lambda: iter([1, 2, 3]))) as stages:
            async for value in stages:
                got.append(value)
                await asyncio.sleep(0.3)
        return got

    assert asyncio.run(main()) == [1, 2, 3]


def test_the_place_is_free_once_the_answer_is_there() -> None:
    async def main() -> None:
        queue = admission()
        for number in range(300):
            assert await queue.run(lambda n=number: n) == number
            assert [item async for item in queue.stages(lambda: iter("ab"))] == ["a", "b"]

    asyncio.run(main())


@pytest.mark.parametrize("error", [ValueError("fout"), TimeoutError("laat"), KeyError("weg")])
def test_what_work_raises_is_raised_to_its_caller_alone(error: Exception) -> None:
    def fail() -> None:
        raise error

    async def main() -> None:
        queue = admission(waiting=1)
        failed, good = await asyncio.gather(
            queue.run(fail), queue.run(lambda: "good"), return_exceptions=True
        )
        assert (failed, good) == (error, "good")
        assert queue.held == 0

    asyncio.run(main())


def test_the_items_before_an_error_are_given_first() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError

    async def main() -> None:
        stages = admission().stages(items)
        assert await anext(stages) == 1
        with pytest.raises(ValueError):
            await anext(stages)

    asyncio.run(main())


def test_a_cancelled_caller_takes_its_waiting_work_out_of_the_line() -> None:
    begun: list[str] = []

    async def main() -> None:
        queue = admission(waiting=2)
        async with busy(queue, 1):
            waiting = asyncio.create_task(queue.run(lambda: begun.append("cancelled")))
            await until(lambda: queue.held == 2)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
            assert waiting.cancelled()
            assert queue.held == 1
            after = asyncio.create_task(queue.run(lambda: begun.append("kept")))
            await until(lambda: queue.held == 2)
        await after

    asyncio.run(main())
    assert begun == ["kept"]


def test_each_item_comes_as_soon_as_it_is_there() -> None:
    go_on = threading.Event()

    def items() -> Iterator[str]:
        yield "first"
        go_on.wait(LONG)
        yield "second"

    async def main() -> list[str]:
        stages = admission().stages(items)
        first = await anext(stages)
        go_on.set()
        return [first, *[item async for item in stages]]

    assert asyncio.run(main()) == ["first", "second"]


def test_closing_early_stops_the_iterator_and_frees_the_place() -> None:
    made, closed, go_on = [], threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        try:
            for number in range(100):
                made.append(number)
                yield number
                go_on.wait(LONG)
        finally:
            closed.set()

    async def main() -> None:
        queue = admission()
        async with aclosing(queue.stages(items)) as stages:
            assert await anext(stages) == 0
        go_on.set()
        await until(lambda: queue.held == 0)
        assert closed.is_set()

    asyncio.run(main())
    assert made in ([0], [0, 1])


def test_work_sees_the_context_of_its_caller() -> None:
    request = ContextVar("request", default="none")

    async def ask(queue: Admission, name: str) -> str:
        request.set(name)
        return await queue.run(request.get)

    async def main() -> list[str]:
        queue = admission(at_once=2, waiting=2)
        return list(await asyncio.gather(ask(queue, "a"), ask(queue, "b"), ask(queue, "c")))

    assert asyncio.run(main()) == ["a", "b", "c"]


def test_every_piece_of_work_is_counted_in_and_out() -> None:
    counted: list[int] = []

    async def main() -> None:
        queue = admission(waiting=1, counted=counted)
        async with busy(queue, 2):
            assert sum(counted) == 2
            with pytest.raises(Overloaded):
                await queue.run(lambda: None)
        await until(lambda: sum(counted) == 0)

    asyncio.run(main())
    assert counted.count(1) == 2


def test_a_loop_that_is_gone_does_not_hurt_the_thread() -> None:
    go_on = threading.Event()
    queue = admission(seconds=0.05)

    async def main() -> None:
        with suppress(Overloaded):
            await queue.run(lambda: go_on.wait(LONG))

    asyncio.run(main())
    go_on.set()
    assert wait_for(lambda: queue.held == 0)
    assert asyncio.run(soon(queue.run(lambda: "alive"))) == "alive"


async def soon(work: Coroutine[Any, Any, str]) -> str:
    return await work


@asynccontextmanager
async def busy(queue: Admission, pieces: int) -> AsyncIterator[None]:
    """Pieces of work that last until the end of the block."""
    go_on = threading.Event()
    tasks: list[Awaitable[bool]] = [
        asyncio.create_task(queue.run(lambda: go_on.wait(LONG))) for _ in range(pieces)
    ]
    await until(lambda: queue.held == pieces)
    try:
        yield
    finally:
        go_on.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: queue.held == 0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not condition():
            await asyncio.sleep(0.005)


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + LONG
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_a_crowd_finds_a_shorter_line_until_it_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.admission.RETRY_SECONDS", 0.3)
    monkeypatch.setattr("assistant.admission.CROWDED_SECONDS", 0.1)
    monkeypatch.setattr("assistant.admission.USUAL_SECONDS", 0.05)

    async def main() -> None:
        queue, turns = admission(waiting=9), threading.Semaphore(0)
        held = [asyncio.create_task(queue.run(turns.acquire)) for _ in range(10)]
        await until(lambda: queue.held == 10)
        for _ in range(queue.capacity):
            with pytest.raises(Overloaded):
                await queue.run(lambda: None)
        turns.release()
        await until(lambda: queue.held == 9)
        held.append(asyncio.create_task(queue.run(turns.acquire)))  # so few are no crowd
        await until(lambda: queue.held == 10)
        with pytest.raises(Overloaded):
            await queue.run(lambda: None)
        turns.release(5)
        await until(lambda: queue.held == 5)
        with pytest.raises(Overloaded):
            await queue.run(lambda: "a crowd")
        await asyncio.sleep(0.4)
        held.append(asyncio.create_task(queue.run(turns.acquire)))
        await until(lambda: queue.held == 6)
        turns.release(6)
        await asyncio.gather(*held)

    asyncio.run(main())
