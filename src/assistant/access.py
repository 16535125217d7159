"""Who may use the API and how often: one ASGI layer with a table from paths to scopes.

It lies in front of all routes, mounted ones too, and does nothing as long as the settings name no
key file and no rates. What the chat asks needs no key but counts against the rate of its address.
The chat itself, the pages ``/documents`` and ``/toegankelijkheid``, ``/healthz``,
``/readyz`` and ``/docs`` are for people and for machines without a key and stay open: put a reverse
proxy with a login in front where those must be closed too.
"""

import logging
from typing import Any

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import problems, wording
from assistant.api_keys import ApiKey, KeyRing, KeysUnavailable, Right
from assistant.problems import Refused
from assistant.rate_limits import RateExceeded, RateLimits, address_of
from assistant.settings import Settings

_log = logging.getLogger(__name__)

SCOPES: dict[str, Right] = {
    "/v1/ask": Right.ASK,
    "/v1/chat/completions": Right.ASK,
    "/v1/models": Right.ASK,
    "/mcp": Right.ASK,
    "/v1/search": Right.SEARCH,
    "/v1/documents": Right.SEARCH,
    "/metrics": Right.ADMIN,
}
"""The scope that a path needs, with all that lies under it."""

ANY_RIGHT = frozenset(Right)
"""Elsewhere under ``/v1`` some key is needed, so that a route that the table forgot is not open."""

_CHAT, _CHAT_PAGE = "/chat", ("/chat/static", "/chat/shell")
"""What the chat asks counts; what its page is made of does not, so that it can tell of a refusal.
"""

_CHALLENGE = 'Bearer realm="partnerschapsassistent"'

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": wording.KEY_NEEDED},
    "x-api-key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": wording.KEY_NEEDED,
    },
}


def rights_for(path: str) -> frozenset[Right]:
    """The rights of which a key must have one for this path; none for a path that is open."""
    for guarded, right in SCOPES.items():
        if _is_under(path, guarded):
            return frozenset({right})
    return ANY_RIGHT if _is_under(path, "/v1") else frozenset()


def is_counted(path: str) -> bool:
    """Whether requests for this path count against the rate of their address."""
    is_of_page = any(_is_under(path, part) for part in _CHAT_PAGE)
    return bool(rights_for(path)) or (_is_under(path, _CHAT) and not is_of_page)


def _is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


class Guard:
    """Lets requests in or refuses them, as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._ring = KeyRing(settings.keys) if settings.keys else None
        self._limits = RateLimits(settings.rate_storage.get_secret_value())
        self._per_key, self._per_address = settings.rate_per_key, settings.rate_per_address
        is_limited = bool(self._per_key or self._per_address)
        if is_limited and settings.workers > 1 and not settings.rate_storage:
            _log.warning(
                "Each of the %d workers counts requests for itself; set ASSISTANT_RATE_STORAGE",
                settings.workers,
            )

    @property
    def is_open(self) -> bool:
        """Whether no key is needed."""
        return self._ring is None

    async def admit(self, request: Request, rights: frozenset[Right]) -> None:
        """Raise ``Refused`` unless the request may go on; without ``rights`` it needs no key.

        The address pays before its key is looked at, so that guessing keys is limited as well.
        The name of a key that is known is left in ``request.state.api_key``, for the log.
        """
        host = request.client.host if request.client else ""
        await self._spend(self._per_address, "address", address_of(host))
        if self._ring is None or not rights:
            return
        key = _known(self._ring, _secret(request))
        request.state.api_key = key.name
        if rights.isdisjoint(key.scopes):
            missing = ", ".join(sorted(rights))
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{missing}"'
            raise Refused(
                problems.NOT_ALLOWED,
                wording.MISSING_SCOPE.format(scope=missing),
                {"WWW-Authenticate": challenge},
            )
        await self._spend(key.rate or self._per_key, "key", key.name)

    async def _spend(self, rate: str, *who: str) -> None:
        try:
            await self._limits.spend(rate, *who)
        except RateExceeded as error:
            raise Refused(
                problems.TOO_MANY,
                wording.TOO_MANY.format(seconds=error.seconds),
                {"Retry-After": str(error.seconds)},
            ) from error


def _secret(request: Request) -> str:
    """The key as sent. A proxy may need ``Authorization`` for a login of its own."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return request.headers.get("X-API-Key", "").strip()


def _known(ring: KeyRing, secret: str) -> ApiKey:
    try:
        key = ring.find(secret)
    except KeysUnavailable as error:
        raise Refused(
            problems.UNAVAILABLE,
            wording.KEYS_UNAVAILABLE,
            {"Retry-After": str(problems.REPAIR_SECONDS)},
        ) from error
    if key is None:
        detail = wording.UNKNOWN_KEY if secret else wording.KEY_NEEDED
        challenge = f'{_CHALLENGE}, error="invalid_token"' if secret else _CHALLENGE
        raise Refused(problems.NO_KEY, detail, {"WWW-Authenticate": challenge})
    return key


class Access:
    """ASGI layer that answers what the guard refuses and passes on the rest."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not is_counted(_path(scope)):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            await self._guard.admit(request, rights_for(_path(scope)))
        except Refused as refused:
            response = problems.respond(refused, _path(scope), problems.request_id_of(request))
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _path(scope: Scope) -> str:
    """The path as the routes see it."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def describe_access(app: FastAPI, guard: Guard) -> None:
    """Add to the OpenAPI description which operations take a key, and whether they need one."""
    undescribed = app.openapi

    def described() -> dict[str, Any]:
        schema = undescribed()
        schema.setdefault("components", {})["securitySchemes"] = _SCHEMES
        accepted: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES]
        for path, operations in schema["paths"].items():
            for operation in operations.values() if rights_for(path) else ():
                operation["security"] = [*accepted, {}] if guard.is_open else accepted
        return schema

    app.openapi = described  # type: ignore[method-assign]  # the way FastAPI documents
