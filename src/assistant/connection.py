"""What routes do with the connection of a request: find the service, stop when the client leaves.

A question of a client that went away would otherwise keep its place in the queue.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar, cast

from fastapi import Request
from starlette.requests import ClientDisconnect

from assistant.service import Service

T = TypeVar("T")

NO_STORE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""Headers of a stream: neither kept by a cache nor collected by a proxy before it is passed on."""


def service_of(request: Request) -> Service:
    """The service of the app that a request came to."""
    return cast(Service, request.app.state.service)


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which is cancelled when the client goes away first.

    Raises ``ClientDisconnect`` then, and otherwise what ``work`` raises.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def first_of(stages: AsyncIterator[T]) -> T:
    """The first item of an iterator, to wait for ``while_connected``."""
    return await anext(stages)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
