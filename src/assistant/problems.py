"""Problem details (RFC 9457): every error of the API, with a Dutch explanation."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from assistant import pages, wording
from assistant.admission import RETRY_SECONDS, Overloaded
from assistant.asking import InvalidQuestion
from assistant.contract import Problem, sendable
from assistant.envelope import mark
from assistant.index import IndexUnavailable
from assistant.openai_contract import ErrorDetail, ErrorOut

_log = logging.getLogger(__name__)

TYPE_PREFIX = "urn:partnerschapsassistent:"
MEDIA_TYPE = "application/problem+json"
LEFT = 499
"""Status, as nginx logs it, of a request whose client went away."""

REPAIR_SECONDS = 30
"""What a client is told to wait when the index is missing or unusable."""

OPENAI_PATHS = ("/v1/chat/completions", "/v1/models")
"""Where an error has the shape that OpenAI's clients read."""

MOST_FIELDS = 10
"""Wrong fields that one problem names."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of problem: the last part of its ``type``, its status and its Dutch title."""

    name: str
    status: int
    title: str


INVALID = Kind("ongeldige-aanvraag", 422, wording.PROBLEMS["invalid"])
UNREADABLE = Kind("onleesbare-aanvraag", 400, wording.PROBLEMS["invalid"])
NO_KEY = Kind("sleutel-nodig", 401, wording.PROBLEMS["key"])
NOT_ALLOWED = Kind("niet-toegelaten", 403, wording.PROBLEMS["scope"])
FOREIGN = Kind("vreemde-oorsprong", 403, wording.PROBLEMS["foreign"])
NOT_FOUND = Kind("niet-gevonden", 404, wording.PROBLEMS["not_found"])
NO_MODEL = Kind("model_not_found", 404, wording.PROBLEMS["not_found"])
METHOD = Kind("methode", 405, wording.PROBLEMS["method"])
TOO_LARGE = Kind("te-groot", 413, wording.PROBLEMS["too_large"])
TOO_MANY = Kind("te-veel-aanvragen", 429, wording.PROBLEMS["too_many"])
UNEXPECTED = Kind("onverwachte-fout", 500, wording.PROBLEMS["unexpected"])
OVERLOADED = Kind("overbelast", 503, wording.PROBLEMS["overloaded"])
UNAVAILABLE = Kind("niet-beschikbaar", 503, wording.PROBLEMS["unavailable"])


class Refused(Exception):
    """A request that is answered with a problem; ``headers`` go with it.

    ``field`` is the path of the field that is wrong, if one is.
    """

    def __init__(
        self,
        kind: Kind,
        detail: str,
        headers: Mapping[str, str] | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(detail)
        # A detail may repeat input.
        self.detail = sendable(detail)
        self.kind, self.headers, self.field = kind, dict(headers or {}), field


def refusal(error: Exception) -> Refused:
    """What any exception means to a client; an unknown one becomes ``UNEXPECTED``."""
    match error:
        case Refused():
            return error
        case InvalidQuestion():
            return Refused(INVALID, str(error))
        case RequestValidationError():
            return _of_wrong_fields(error)
        case Overloaded():
            return Refused(OVERLOADED, wording.OVERLOADED, _retry(RETRY_SECONDS))
        case IndexUnavailable():
            _log.error("%s", error)
            return Refused(UNAVAILABLE, pages.index_message(error), _retry(REPAIR_SECONDS))
        case HTTPException():
            return _of_http_error(error)
        case _:
            _log.error("Unexpected error", exc_info=error)
            return Refused(UNEXPECTED, wording.UNEXPECTED)


def describe(refused: Refused, path: str, request_id: str) -> Problem:
    """The problem details of a refusal."""
    return Problem(
        type=TYPE_PREFIX + refused.kind.name,
        title=refused.kind.title,
        status=refused.kind.status,
        detail=refused.detail,
        instance=path,
        request_id=request_id,
    )


def describe_for_openai(refused: Refused) -> ErrorOut:
    """A refusal in OpenAI's words, with its codes where its clients look for them."""
    status = _openai_status(refused)
    types = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    return ErrorOut(
        error=ErrorDetail(
            message=refused.detail,
            type=types.get(status, "server_error" if status >= 500 else "invalid_request_error"),
            param=refused.field,
            code=codes.get(status, refused.kind.name),
        )
    )


def _openai_status(refused: Refused) -> int:
    return UNREADABLE.status if refused.kind is INVALID else refused.kind.status


def respond(error: Exception, path: str, request_id: str) -> Response:
    """The response to an exception."""
    refused = refusal(error)
    if path.startswith(OPENAI_PATHS):
        told = describe_for_openai(refused)
        return JSONResponse(told.model_dump(), _openai_status(refused), refused.headers)
    problem = describe(refused, path, request_id).model_dump()
    return JSONResponse(problem, refused.kind.status, refused.headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every exception of an app's routes with a problem."""

    for kind in (
        Refused,
        InvalidQuestion,
        RequestValidationError,
        Overloaded,
        IndexUnavailable,
        HTTPException,
    ):
        app.add_exception_handler(kind, _on_error)
    app.add_exception_handler(Exception, _on_unexpected)
    app.add_exception_handler(ClientDisconnect, _on_leave)


async def _on_error(request: Request, error: Exception) -> Response:
    return respond(error, request.url.path, request_id_of(request))


async def _on_unexpected(request: Request, error: Exception) -> Response:
    """The framework answers this outside all layers, so nothing else marks the response."""
    response = await _on_error(request, error)
    mark(response.headers, request_id_of(request))
    return response


async def _on_leave(_request: Request, _error: Exception) -> Response:
    return Response(status_code=LEFT)


def request_id_of(request: Request) -> str:
    """The id that the outermost middleware gave this request."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def _of_wrong_fields(error: RequestValidationError) -> Refused:
    """The fields of a request that are wrong, and why."""
    if error.errors()[0]["type"] == "json_invalid":
        return Refused(UNREADABLE, wording.UNREADABLE)
    reasons = {
        "missing": wording.MISSING_FIELD,
        "extra_forbidden": wording.UNKNOWN_FIELD,
    }
    wrongs = error.errors()[:MOST_FIELDS]
    details = [
        wording.INVALID_FIELD.format(
            field=_path(wrong["loc"]), reason=reasons.get(wrong["type"], wording.INVALID_VALUE)
        )
        for wrong in wrongs
    ]
    return Refused(INVALID, "; ".join(details), field=_path(wrongs[0]["loc"][1:]))


def _path(names: Sequence[str | int]) -> str:
    return sendable(".".join(map(str, names[:6]))[:100])


def _of_http_error(error: HTTPException) -> Refused:
    """The framework's own errors, whose English detail is not for the user."""
    known = {
        400: (UNREADABLE, wording.UNREADABLE),
        404: (NOT_FOUND, wording.NOT_FOUND),
        405: (METHOD, wording.METHOD_NOT_ALLOWED),
        413: (TOO_LARGE, wording.TOO_LARGE),
    }
    other = Kind(f"http-{error.status_code}", error.status_code, wording.PROBLEMS["invalid"])
    kind, detail = known.get(error.status_code, (other, wording.UNREADABLE))
    return Refused(kind, detail, error.headers)


def _retry(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
