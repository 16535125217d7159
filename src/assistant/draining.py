"""A uvicorn server that, told to stop, answers everything it has accepted before it ends."""

import asyncio
import functools
import socket
from collections.abc import Sequence
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAINING = "draining"
"""What the ASGI state of an HTTP request holds: whether the server was told to stop before it."""

SETTLE_SECONDS = 1.0
"""How long an open connection may still bring a request that was under way."""

_TICK = 0.05


class DrainingServer(uvicorn.Server):
    """Closes what it listens on first, and connections only once their requests are answered.

    Plain uvicorn cuts three sorts of requests off: on connections that the kernel has accepted and
    Python not yet; still in the socket of a connection that looks idle; and a next one of a client
    that was not told with its answer that the connection ends.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See ``uvicorn.Server``."""
        self.config.loaded_app = functools.partial(self._announcing, self.config.loaded_app)
        await super().startup(sockets)

    async def _announcing(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; its answer says so when the connection will be closed."""

        async def send_marked(message: Message) -> None:
            if self.should_exit and message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"connection", b"close")]
                message = {**message, "headers": headers}
            await send(message)

        if scope["type"] == "http":
            scope["state"][DRAINING] = self.should_exit
        await app(scope, receive, send_marked)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, let open connections bring what they hold, then wait for the answers."""
        await self._stop_listening(sockets or [])
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_TICK)
        await super().shutdown(sockets)

    async def _stop_listening(self, sockets: Sequence[socket.socket]) -> None:
        accepted = [connection for listening in sockets for connection in _accept_all(listening)]
        for server in self.servers:
            server.close()
        for listening in sockets:
            listening.close()
        protocol = functools.partial(
            self.config.http_protocol_class,
            config=self.config,  # type: ignore[call-arg]
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        for connection in accepted:
            await loop.connect_accepted_socket(protocol, connection)


def _accept_all(listening: socket.socket) -> list[socket.socket]:
    """The connections that wait to be accepted; the socket must not block."""
    accepted = []
    with suppress(BlockingIOError):
        while True:
            accepted.append(listening.accept()[0])
    return accepted
