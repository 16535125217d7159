"""The HTTP API under ``/v1``, in one FastAPI app with the pages and the other surfaces."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Path, Query, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.sse import format_sse_event
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from assistant import openai_api, page_routes, pages, problems, traces, wording
from assistant.access import Access, Guard, describe_access
from assistant.answering import Stage
from assistant.body_limit import BodyLimit
from assistant.connection import NO_STORE, first_of, service_of, while_connected
from assistant.contract import (
    API_VERSION,
    EVENTS,
    MOST_PASSAGES,
    PASSAGES,
    QUESTION_LIMITS,
    AskIn,
    Day,
    DocumentOut,
    DoneEvent,
    Event,
    FullDocumentOut,
    HealthOut,
    SearchOut,
)
from assistant.description import (
    EVENT_STREAM,
    GUARDED,
    as_text,
    ask_response,
    describe,
    problem_responses,
)
from assistant.documents import (
    Answer,
    Document,
    Filters,
    FrozenModel,
)
from assistant.draining import DRAINING
from assistant.envelope import REQUEST_ID, Envelope
from assistant.index import IndexUnavailable
from assistant.mcp_server import PATH, HttpServer
from assistant.metrics import MEDIA_TYPE
from assistant.problems import NOT_FOUND, Refused
from assistant.service import Query as Asked
from assistant.service import Service
from assistant.settings import Settings
from assistant.telemetry import PROBES, Telemetry

_EVENT_NAMES = {kind: name for name, kind in EVENTS.items()}
_CORS: dict[str, Any] = {
    "allow_methods": ("GET", "POST"),
    "allow_headers": (
        "Authorization",
        "X-API-Key",
        REQUEST_ID,
        "Mcp-Protocol-Version",
        "Mcp-Session-Id",
        "Mcp-Method",
        "Mcp-Name",
    ),
    "expose_headers": (REQUEST_ID, "Retry-After", "WWW-Authenticate"),
    "allow_credentials": False,
}
"""What pages of other origins may send and read; a key goes along because a script adds it, never
by itself as a cookie would."""


_router = APIRouter()


def create_app(service: Service) -> FastAPI:
    """The app without the chat."""
    mcp = HttpServer(service)
    # Like FastAPI, but the scripts of /docs come from the package instead of a CDN.
    app = FastAPIOffline(
        title=wording.APP_TITLE,
        description=wording.API_INTRO,
        openapi_tags=[{"name": n, "description": text} for n, text in wording.TAGS.items()],
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        version=API_VERSION,
        redoc_url=None,
        telemetry=traces.settings_for_fastapi(service.tracing, PROBES),
        lifespan=lambda _: mcp.running(),
    )
    app.state.service = service
    app.state.routers = (_router, openai_api.router, page_routes.router)
    for router in (*app.state.routers, _rest):
        app.include_router(router)
    app.router.routes.append(Route(PATH, mcp, include_in_schema=False))
    problems.install(app)
    guard = Guard(service.settings)
    describe(app)
    describe_access(app, guard)
    # The layer that is added last is the outermost: a refusal too has its CORS headers and id.
    app.add_middleware(BodyLimit, most=service.settings.max_body)
    app.add_middleware(Access, guard=guard)
    if service.settings.cors_origins:
        app.add_middleware(CORSMiddleware, **_CORS, allow_origins=service.settings.cors_origins)
    with_questions = service.settings.log_questions
    app.add_middleware(Telemetry, metrics=service.metrics, with_questions=with_questions)
    app.add_middleware(Envelope)
    return app


def contract_text() -> str:
    """The OpenAPI document as ``docs/openapi.json`` holds it: of a server where a key is optional.

    It does not depend on the settings of this machine.
    """
    settings = Settings(keys=None, rate_per_key="")
    return as_text(create_app(Service(settings)).openapi())


def _described(filter_name: str) -> Any:
    return Query(description=wording.FILTERS[filter_name])


def _document(request: Request, document: str) -> Document:
    found = service_of(request).document(document)
    if found is None:
        raise Refused(NOT_FOUND, wording.UNKNOWN_DOCUMENT.format(document=document))
    return found


@_router.post(
    "/v1/ask",
    tags=["vragen"],
    operation_id="ask",
    summary="Stel een vraag",
    response_model=Answer,
    responses={
        200: ask_response(),
        **problem_responses(*GUARDED, 400, 413, 422),
    },
)
async def ask(
    request: Request,
    body: AskIn,
    # OpenAPI wants this header in the media types of the response, not among the parameters.
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> Answer | Response:
    """Beantwoord een vraag, met woordelijke citaten of met een onderbouwde onthouding."""
    asked = Asked(
        body.question,
        [turn.to_turn() for turn in body.history],
        body.filters.to_filters(),
        body.answerer,
    )
    service = service_of(request)
    if EVENT_STREAM not in accept:
        return await while_connected(request, service.answer(asked))
    stages = service.stages(asked)
    # A question that is refused gets its problem, not a stream.
    first = await while_connected(request, first_of(stages))
    events = _events(request, first, stages)
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=NO_STORE)


async def _events(
    request: Request, first: Stage, rest: AsyncGenerator[Stage, None]
) -> AsyncIterator[bytes]:
    """Every stage as an event; an error after the first ends the stream as the event ``error``."""
    stage = first
    try:
        async with aclosing(rest):
            yield _event(stage)
            async for stage in rest:
                yield _event(stage)
    except Exception as error:  # the status has been sent, so no handler can answer
        refused = problems.refusal(error)
        path, request_id = request.url.path, problems.request_id_of(request)
        yield _as_event("error", problems.describe(refused, path, request_id))
        return
    if isinstance(stage, Answer):
        yield _event(DoneEvent(id=stage.id, timings_ms=stage.timings_ms))


def _event(data: Event) -> bytes:
    return _as_event(_EVENT_NAMES[type(data)], data)


def _as_event(name: str, data: FrozenModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())


@_router.get(
    "/v1/search",
    tags=["vragen"],
    operation_id="search",
    summary="Zoek passages",
    response_description="De passages, de beste eerst",
    responses=problem_responses(*GUARDED, 422),
)
async def search(
    request: Request,
    q: Annotated[
        str,
        Query(
            description="zoekvraag", examples=["opzegtermijn"], json_schema_extra=QUESTION_LIMITS
        ),
    ],
    k: Annotated[int, Query(ge=1, le=MOST_PASSAGES, description="aantal passages")] = PASSAGES,
    document: Annotated[list[str], _described("document")] = [],  # noqa: B006  it gets copied
    kind: Annotated[list[str], _described("kind")] = [],  # noqa: B006
    party: Annotated[list[str], _described("party")] = [],  # noqa: B006
    date_from: Annotated[Day | None, _described("date_from")] = None,
    date_to: Annotated[Day | None, _described("date_to")] = None,
) -> SearchOut:
    """Zoek passages, zonder te antwoorden."""
    filters = Filters(tuple(document), tuple(kind), tuple(party), date_from, date_to)
    hits = await while_connected(request, service_of(request).search(q, filters, k))
    return SearchOut(query=q, results=hits)


@_router.get(
    "/v1/documents",
    tags=["documenten"],
    operation_id="listDocuments",
    summary="Lijst van documenten",
    response_description="De documenten, in volgorde van id",
    responses=problem_responses(*GUARDED),
)
def documents(request: Request) -> list[DocumentOut]:
    """Alle documenten met hun metadata."""
    return [DocumentOut.of(found) for found in service_of(request).documents()]


@_router.get(
    "/v1/documents/{document}",
    tags=["documenten"],
    operation_id="getDocument",
    summary="Eén document met zijn tekst",
    response_description="Het document",
    responses=problem_responses(*GUARDED, 404),
)
def full_document(
    request: Request,
    document: Annotated[
        str,
        Path(description="id van het document", examples=["antwoord-excellente-partnerschappen"]),
    ],
) -> FullDocumentOut:
    """Eén document met zijn tekst; citaten verwijzen naar posities in die tekst."""
    return FullDocumentOut.of(_document(request, document))


@_router.get(
    "/healthz",
    tags=["beheer"],
    operation_id="getHealth",
    summary="Leeft het proces?",
    response_description="Het proces leeft",
)
async def healthz() -> HealthOut:
    """Antwoordt zolang het proces leeft, ook wanneer het geen vragen kan beantwoorden."""
    return HealthOut(status="ok")


@_router.get(
    "/readyz",
    tags=["beheer"],
    operation_id="getReadiness",
    summary="Kan het proces vragen beantwoorden?",
    response_description="Vragen kunnen gesteld worden",
    responses={503: {"model": HealthOut, "description": wording.NOT_READY}},
)
def readyz(request: Request, response: Response) -> HealthOut:
    """Antwoordt 503 tot de index en de modellen geladen zijn, en wanneer het proces stopt.

    Meldt een verouderde index.
    """
    if getattr(request.state, DRAINING, False):
        response.status_code = 503
        return HealthOut(status="draining", detail=wording.DRAINING)
    live = service_of(request).live
    try:
        if not live.is_loaded():
            response.status_code = 503
            return HealthOut(status="starting", detail=wording.STARTING)
    except IndexUnavailable as error:
        response.status_code = 503
        return HealthOut(status="unavailable", detail=pages.index_message(error))
    except Exception:  # it was logged when loading failed
        response.status_code = 503
        return HealthOut(status="unavailable", detail=wording.NOT_LOADED)
    return HealthOut(status="ready", detail=wording.INDEX_STALE if live.is_stale() else "")


@_router.get(
    "/metrics",
    tags=["beheer"],
    operation_id="getMetrics",
    summary="Tellingen en duur voor Prometheus",
    response_description="De stand, in het tekstformaat van Prometheus",
    response_class=PlainTextResponse,
    responses=problem_responses(*GUARDED),
)
def metrics(request: Request) -> Response:
    """Aantallen en duur van aanvragen en antwoorden, de wachtrij en de index, voor Prometheus."""
    return Response(service_of(request).metrics.exposition(), media_type=MEDIA_TYPE)


class _Unmatched:
    """ASGI app that refuses what no route above takes, before the chat at ``/`` gets to see it.

    An app and not a route of FastAPI's, as those take the methods that they list and no others.
    """

    async def __call__(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        """Raise ``HTTPException``."""
        allowed = {
            method
            for router in scope["app"].state.routers
            for route in router.routes
            if isinstance(route, APIRoute) and route.matches(scope)[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
        raise HTTPException(404)


_OWN = (
    "/v1",
    "/v1/{rest:path}",
    "/documents",
    "/documents/{rest:path}",
    "/toegankelijkheid",
    *sorted(PROBES),
)
_rest = APIRouter(routes=[Route(path, _Unmatched()) for path in _OWN])
