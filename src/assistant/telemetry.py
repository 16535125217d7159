"""The ASGI layer that measures every request, counts it, logs it and names it in its trace."""

import logging
import time

from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import logs, problems, traces
from assistant.metrics import Metrics

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that machines ask all day: logged for debugging only and not traced."""

OTHER = "other"
"""Stands for a method that HTTP does not define or a path without a route: clients make these up,
and every label of a metric is kept for good."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger(__name__)


class Telemetry:
    """ASGI layer just inside ``Envelope``, which gives the request id.

    ``with_questions`` allows the text of a question in logs and traces.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, with_questions: bool) -> None:
        self._app, self._metrics, self._with_questions = app, metrics, with_questions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = logs.open_record(scope["state"]["request_id"])
        with_query = self._with_questions or not scope["query_string"]
        traces.mark_request(record.request_id, with_query)
        started = time.perf_counter()
        status: int | None = None

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:  # the framework answers outside this layer
            status = status or _status_of(error)
            raise
        finally:
            self._finish(scope, record, status or problems.LEFT, time.perf_counter() - started)

    def _finish(
        self, scope: Scope, record: logs.RequestRecord, status: int, seconds: float
    ) -> None:
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        route = route_of(scope)
        self._metrics.observe_request(method, route, status, seconds)
        fields = {
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
        }
        if key := scope["state"].get("api_key"):
            fields["key"] = key
        if record.answer:
            fields |= logs.answer_fields(record.answer, self._with_questions)
        level = logging.DEBUG if route in PROBES else logging.INFO
        _log.log(level, "%s %s %d", method, route, status, extra=fields)


def route_of(scope: Scope) -> str:
    """The template of the route that a request matched, such as ``/v1/documents/{document}``."""
    root = scope.get("root_path", "")
    mount = root.removeprefix(scope.get("app_root_path", root))
    path = getattr(scope.get("route"), "path", None) or _unnamed_route(scope)
    if path is not None:
        return f"{mount}{path}"
    return f"{mount}/{{path}}" if mount else OTHER


def _unnamed_route(scope: Scope) -> str | None:
    """The template where the scope names none: a layer refused, or the route is not FastAPI's."""
    app = scope["app"]
    included = (route for router in getattr(app.state, "routers", ()) for route in router.routes)
    for route in (*included, *app.routes):
        if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
            return route.path
    return None


def _status_of(error: Exception) -> int:
    return error.status_code if isinstance(error, HTTPException) else 500
