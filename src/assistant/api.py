"""The HTTP API, the document pages and the chat in one FastAPI app."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from assistant import grounding, pages, wording
from assistant.answering import InvalidQuestion
from assistant.assembly import LiveAssistant
from assistant.documents import Answer, Document, Filters, FrozenModel, Quoted, Turn
from assistant.index import IndexUnavailable

_log = logging.getLogger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnIn(_Strict):
    """One earlier question with its answer."""

    question: str = Field(max_length=10_000)
    answer: str = Field("", max_length=50_000)


class FiltersIn(_Strict):
    """Which documents may be used; an empty list does not restrict."""

    documents: list[str] = Field([], max_length=100)
    kinds: list[str] = Field([], max_length=100)
    parties: list[str] = Field([], max_length=100)
    date_from: dt.date | None = None
    date_to: dt.date | None = None

    def to_filters(self) -> Filters:
        """The same as the assistant's own type."""
        return Filters(
            tuple(self.documents),
            tuple(self.kinds),
            tuple(self.parties),
            self.date_from,
            self.date_to,
        )


class AskIn(_Strict):
    """A question, with the conversation before it."""

    question: str = Field(
        examples=["Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"]
    )
    history: list[TurnIn] = Field([], max_length=50)
    filters: FiltersIn = FiltersIn()
    answerer: Literal["extractive", "llm"] | None = None


class SearchHit(Quoted):
    """A passage that was found, with its fused score and its ranks in the two legs."""

    score: float
    dense_rank: int | None
    lexical_rank: int | None


class SearchOut(FrozenModel):
    """The passages nearest to a query, best first."""

    query: str
    results: list[SearchHit]


class DocumentOut(FrozenModel):
    """What is known about a document, without its text."""

    id: str
    title: str
    kind: str
    parties: tuple[str, ...]
    date: dt.date | None
    valid_from: dt.date | None
    valid_until: dt.date | None
    source: str
    version: str
    url: str


class SectionOut(FrozenModel):
    """A section of a document, as offsets in its text."""

    name: str
    start: int
    end: int


class FullDocumentOut(DocumentOut):
    """A document with its stored text and sections."""

    text: str
    sections: list[SectionOut]


class Problem(FrozenModel):
    """What went wrong, as problem details (RFC 9457); ``detail`` is Dutch and for the user."""

    type: str
    title: str
    status: int
    detail: str
    instance: str


class HealthOut(FrozenModel):
    """Whether the process lives (``ok``), is ``ready``, ``starting``, or why it is not."""

    status: str
    detail: str = ""


def create_app(live: LiveAssistant) -> FastAPI:
    """The app without the chat."""
    # Like FastAPI, but the scripts of /docs come from the package instead of a CDN.
    app = FastAPIOffline(
        title=wording.APP_TITLE, description=wording.APP_INTRO, version="1", redoc_url=None
    )
    app.state.live = live
    app.include_router(_router)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(InvalidQuestion, _on_invalid_question)
    app.add_exception_handler(IndexUnavailable, _on_index_unavailable)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_unexpected)
    return app


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (404, 422, 503)
}
_router = APIRouter()


def _live(request: Request) -> LiveAssistant:
    live = request.app.state.live
    assert isinstance(live, LiveAssistant)
    return live


def _document(request: Request, document: str) -> Document:
    documents = _live(request).get().documents
    if document not in documents:
        raise HTTPException(404, wording.UNKNOWN_DOCUMENT.format(document=document))
    return documents[document]


@_router.post("/v1/ask", tags=["vragen"], responses=_PROBLEMS)
def ask(request: Request, body: AskIn) -> Answer:
    """Beantwoord een vraag, met citaten of met een onderbouwde weigering."""
    history = [Turn(turn.question, turn.answer) for turn in body.history]
    assistant = _live(request).get()
    return assistant.answer(body.question, history, body.filters.to_filters(), body.answerer)


@_router.get("/v1/search", tags=["vragen"], responses=_PROBLEMS)
def search(
    request: Request,
    q: Annotated[str, Query(description="Zoekvraag", examples=["opzegtermijn"])],
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    document: Annotated[list[str], Query()] = [],  # noqa: B006  FastAPI copies the default
    kind: Annotated[list[str], Query()] = [],  # noqa: B006
    party: Annotated[list[str], Query()] = [],  # noqa: B006
    date_from: dt.date | None = None,
    date_to: dt.date | None = None,
) -> SearchOut:
    """Zoek passages, zonder te antwoorden."""
    assistant = _live(request).get()
    filters = Filters(tuple(document), tuple(kind), tuple(party), date_from, date_to)
    hits = [
        SearchHit(
            **grounding.quote_passage(
                found.passage, assistant.documents[found.passage.document]
            ).model_dump(),
            score=found.score,
            dense_rank=found.dense_rank,
            lexical_rank=found.lexical_rank,
        )
        for found in assistant.search(q, filters, k)
    ]
    return SearchOut(query=q, results=hits)


@_router.get("/v1/documents", tags=["documenten"], responses=_PROBLEMS)
def documents(request: Request) -> list[DocumentOut]:
    """Alle documenten met hun metadata."""
    return [DocumentOut(**_describe(found)) for found in _live(request).get().documents.values()]


@_router.get("/v1/documents/{document}", tags=["documenten"], responses=_PROBLEMS)
def full_document(request: Request, document: str) -> FullDocumentOut:
    """Eén document met zijn tekst; citaten verwijzen naar posities in die tekst."""
    found = _document(request, document)
    sections = [SectionOut(name=s.name, start=s.start, end=s.end) for s in found.sections]
    return FullDocumentOut(**_describe(found), text=found.text, sections=sections)


def _describe(document: Document) -> dict[str, Any]:
    metadata = document.metadata
    return {
        "id": document.id,
        "title": metadata.title,
        "kind": metadata.kind.value,
        "parties": metadata.parties,
        "date": metadata.date,
        "valid_from": metadata.valid_from,
        "valid_until": metadata.valid_until,
        "source": metadata.source,
        "version": document.version,
        "url": f"/documents/{document.id}",
    }


@_router.get("/healthz", tags=["beheer"])
def healthz() -> HealthOut:
    """Leeft het proces?"""
    return HealthOut(status="ok")


@_router.get("/readyz", tags=["beheer"], responses={503: {"model": HealthOut}})
def readyz(request: Request, response: Response) -> HealthOut:
    """Kan het proces vragen beantwoorden? Meldt ook wanneer de index achterloopt."""
    live = _live(request)
    try:
        if not live.is_loaded():
            response.status_code = 503
            return HealthOut(status="starting", detail=wording.STARTING)
    except IndexUnavailable as error:
        response.status_code = 503
        return HealthOut(status="unavailable", detail=pages.index_message(error))
    return HealthOut(status="ready", detail=wording.INDEX_STALE if live.is_stale() else "")


@_router.get("/documents", response_class=HTMLResponse, include_in_schema=False)
def documents_page(request: Request) -> HTMLResponse:
    """The list of documents for people."""
    return _page(pages.documents_html(list(_live(request).get().documents.values())))


@_router.get("/documents/{document}", response_class=HTMLResponse, include_in_schema=False)
def document_page(
    request: Request,
    document: str,
    versie: str = "",
    citaat: Annotated[str, Query(pattern=r"^(\d{1,9}-\d{1,9})?$")] = "",
) -> HTMLResponse:
    """A document for people, with the quote of a citation highlighted."""
    start, _, end = citaat.partition("-")
    quote = (int(start), int(end)) if citaat else None
    return _page(pages.document_html(_document(request, document), versie, quote))


@_router.api_route("/v1", methods=_METHODS, include_in_schema=False)
@_router.api_route("/v1/{rest:path}", methods=_METHODS, include_in_schema=False)
@_router.api_route("/documents/{rest:path}", methods=_METHODS, include_in_schema=False)
def unmatched(request: Request) -> None:
    """Refuse what no route above takes, before the chat at ``/`` gets to see it."""
    allowed = {
        method
        for route in _router.routes
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is Match.PARTIAL
        for method in route.methods or ()
    }
    if allowed:
        raise HTTPException(405, headers={"Allow": ", ".join(sorted(allowed))})
    raise HTTPException(404)


def _page(html: str) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": pages.PAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(html, headers=headers)


def _problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An RFC 9457 problem details response."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        # A detail may repeat input, and half a surrogate pair cannot be sent back.
        "detail": detail.encode(errors="replace").decode(),
        "instance": request.url.path,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    reasons = {
        "json_invalid": wording.INVALID_JSON,
        "missing": wording.MISSING_FIELD,
        "extra_forbidden": wording.UNKNOWN_FIELD,
    }
    details = [
        wording.INVALID_FIELD.format(
            field=".".join(str(part) for part in problem["loc"][:6])[:100],
            reason=reasons.get(problem["type"], wording.INVALID_VALUE),
        )
        for problem in error.errors()[:10]
    ]
    return _problem(request, 422, wording.PROBLEMS["invalid"], "; ".join(details))


async def _on_invalid_question(request: Request, error: Exception) -> Response:
    return _problem(request, 422, wording.PROBLEMS["invalid"], str(error))


async def _on_index_unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, IndexUnavailable)
    _log.error("%s", error)
    return _problem(
        request,
        503,
        wording.PROBLEMS["unavailable"],
        pages.index_message(error),
        {"Retry-After": "30"},
    )


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {
        404: (wording.PROBLEMS["not_found"], wording.NOT_FOUND),
        405: (wording.PROBLEMS["method"], wording.METHOD_NOT_ALLOWED),
    }
    unreadable = wording.INVALID_FIELD.format(field="body", reason=wording.INVALID_JSON)
    title, detail = known.get(error.status_code, (wording.PROBLEMS["invalid"], unreadable))
    is_own = error.status_code == 404 and error.detail != "Not Found"
    shown = str(error.detail) if is_own else detail
    return _problem(request, error.status_code, title, shown, error.headers)


async def _on_unexpected(request: Request, error: Exception) -> Response:
    _log.exception("Unexpected error on %s", request.url.path, exc_info=error)
    return _problem(request, 500, wording.PROBLEMS["unexpected"], wording.UNEXPECTED)
