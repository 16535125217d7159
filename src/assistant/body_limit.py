"""The ASGI layer that refuses a request that is too large."""

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import problems, wording
from assistant.problems import TOO_LARGE, Refused


class BodyLimit:
    """ASGI layer inside those that mark, count or guard; ``most`` is in bytes.

    Starlette's layer answers in plain text where a request tells a length beyond the limit, so such
    a request is refused here. A body that turns out to be longer raises in the route that reads it.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = RequestBodyLimitMiddleware(app, most), most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _told_length(scope) <= self._most:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refused = Refused(TOO_LARGE, wording.TOO_LARGE)
        path, request_id = request.url.path, problems.request_id_of(request)
        await problems.respond(refused, path, request_id)(scope, receive, send)


def _told_length(scope: Scope) -> int:
    try:
        return int(Headers(scope=scope).get("content-length", "0"))
    except ValueError:  # the server has seen to it, or will count what it reads
        return 0
