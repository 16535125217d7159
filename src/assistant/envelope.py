"""What every HTTP response carries: a request id and security headers."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "X-Request-ID"
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def mark(headers: MutableHeaders, request_id: str) -> None:
    """Add what every response carries to the headers of one."""
    headers[REQUEST_ID] = request_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)


class Envelope:
    """Outermost ASGI layer. A client's own request id is kept when it is short and plain.

    Routes find the id in ``request.state.request_id``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                mark(MutableHeaders(scope=message), request_id)
            await send(message)

        await self._app(scope, receive, send_marked)
