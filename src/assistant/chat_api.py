"""What the scripts of the chat page ask of the server: answers in stages, fragments, files.

The browser keeps the conversation and sends along what a request needs, so any process behind the
port can take any request. Only a feedback that the user sends is kept here.
"""

import datetime as dt
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from importlib.resources import as_file, files
from textwrap import shorten
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event
from fastapi.staticfiles import StaticFiles
from pydantic import AfterValidator, Field
from starlette.requests import ClientDisconnect

from assistant import feedback, file_note, fragments, grounding, pages, problems, wording
from assistant.admission import Overloaded
from assistant.answering import Stage
from assistant.asking import InvalidQuestion
from assistant.connection import NO_STORE, first_of, service_of, while_connected
from assistant.contract import MOST_TURNS, FiltersIn, Strict, TurnIn, sendable
from assistant.description import EVENT_STREAM
from assistant.documents import (
    Document,
    EvidenceEvent,
    FrozenModel,
    Quoted,
    RetrievalEvent,
    Status,
    version_digits,
)
from assistant.exchange import LONGEST_NOTE, Conversation, Exchange, SentFilters
from assistant.feedback import FeedbackIn
from assistant.index import IndexUnavailable
from assistant.problems import NOT_FOUND, UNAVAILABLE, Refused
from assistant.service import Query, Service

LONGEST_TITLE = 200

LONGEST_SPOKEN = 200
"""Characters of an answer that are read aloud unasked."""

_log = logging.getLogger(__name__)

router = APIRouter(prefix="/chat", include_in_schema=False)


class QuestionIn(Strict):
    """A question of the page. What is wrong with it is told in the conversation."""

    question: str
    history: list[TurnIn] = Field([], max_length=MOST_TURNS)
    filters: SentFilters = FiltersIn()


class ConversationIn(Strict):
    """A conversation to show or to save."""

    title: Annotated[str, AfterValidator(sendable), Field(max_length=LONGEST_TITLE)] = ""
    exchanges: Conversation


class SuggestionsIn(Strict):
    """An exchange to go on from, and the questions that were asked already."""

    exchange: Exchange
    asked: list[str] = Field([], max_length=MOST_TURNS)


class StageEvent(FrozenModel):
    """What is being done, in words."""

    text: str


class ExchangeEvent(FrozenModel):
    """The exchange to keep and its fragment to show."""

    exchange: Exchange
    status: str
    html: str


class ShellOut(FrozenModel):
    """What the page is made of whatever the documents are: templates, and texts by key."""

    templates: str
    texts: dict[str, str]


class StartOut(FrozenModel):
    """The fragments that depend on the documents."""

    welcome: str
    scope: str


class FragmentsOut(FrozenModel):
    """One fragment for each exchange, or one for all suggestions."""

    html: list[str]


@router.get("/shell")
async def shell() -> ShellOut:
    """The page's own texts and elements; they do not wait for the index."""
    return ShellOut(templates=fragments.shell_html(), texts=wording.CHAT_TEXTS)


@router.get("/start")
def start(request: Request) -> StartOut:
    """What the page shows before the first question."""
    service = service_of(request)
    takes_feedback = service.settings.feedback is not None
    today = dt.datetime.now(pages.BRUSSELS).date()
    try:
        documents, indexed = service.documents(), service.index().manifest.created
    except IndexUnavailable as error:
        note = pages.index_message(error)
        return StartOut(welcome=fragments.welcome_html([], None, note, takes_feedback), scope="")
    note = wording.ANSWERS_STALE if service.live.is_stale() else ""
    return StartOut(
        welcome=fragments.welcome_html(documents, indexed, note, takes_feedback),
        scope=fragments.scope_html(documents, today),
    )


@router.post("/ask")
async def ask(request: Request, body: QuestionIn) -> StreamingResponse:
    """Answer in stages; whatever goes wrong is told as the note of the exchange."""
    asked = dt.datetime.now(dt.UTC)
    query = Query(
        body.question, [turn.to_turn() for turn in body.history], body.filters.to_filters()
    )
    stages = service_of(request).stages(query)
    try:
        first = await while_connected(request, first_of(stages))
    except ClientDisconnect:
        raise
    except Exception as error:
        events = _only(await _ended(request, _failed(body, asked, error)))
    else:
        events = _events(request, body, asked, first, stages)
    return StreamingResponse(events, media_type=EVENT_STREAM, headers=NO_STORE)


async def _only(event: bytes) -> AsyncIterator[bytes]:
    yield event


async def _events(
    request: Request,
    body: QuestionIn,
    asked: dt.datetime,
    first: Stage,
    rest: AsyncGenerator[Stage, None],
) -> AsyncIterator[bytes]:
    stage = first
    try:
        async with aclosing(rest):
            if text := _stage_text(stage):
                yield _as_event("stage", StageEvent(text=text))
            async for stage in rest:
                if text := _stage_text(stage):
                    yield _as_event("stage", StageEvent(text=text))
        exchange = await _answered(service_of(request), body, asked, stage)
    except Exception as error:
        exchange = _failed(body, asked, error)
    yield await _ended(request, exchange)


def _stage_text(stage: Stage) -> str:
    match stage:
        case RetrievalEvent():
            return wording.STAGE_RETRIEVED.format(count=len(stage.passages))
        case EvidenceEvent():
            return wording.STAGE_WEIGHED
        case _:
            return ""


async def _answered(
    service: Service, body: QuestionIn, asked: dt.datetime, answer: Any
) -> Exchange:
    is_stale = await to_thread.run_sync(service.live.is_stale)
    return Exchange(
        question=body.question,
        asked=asked,
        note=wording.INDEX_STALE if is_stale else "",
        answer=answer,
        filters=body.filters,
    )


def _failed(body: QuestionIn, asked: dt.datetime, error: Exception) -> Exchange:
    note = _note(error)
    return Exchange(question=body.question, asked=asked, note=note, filters=body.filters)


def _note(error: Exception) -> str:
    match error:
        case InvalidQuestion():
            return str(error)[:LONGEST_NOTE]
        case Overloaded():
            return wording.OVERLOADED
        case IndexUnavailable():
            _log.error("%s", error)
            return pages.index_message(error)
        case _:
            _log.error("The chat could not answer", exc_info=error)
            return wording.UNEXPECTED


async def _ended(request: Request, exchange: Exchange) -> bytes:
    service = service_of(request)
    documents = await to_thread.run_sync(_documents, service) if exchange.answer else {}
    html = fragments.exchange_html(exchange, documents, service.settings.feedback is not None)
    return _as_event(
        "exchange",
        ExchangeEvent(exchange=exchange, status=_spoken(exchange), html=html),
    )


def _spoken(exchange: Exchange) -> str:
    """What is read aloud when the answer is there: it stays short, the rest is on the page."""
    answer = exchange.answer
    if answer is None:
        return exchange.note
    said = shorten(answer.short_answer or answer.answer, LONGEST_SPOKEN, placeholder="…")
    return wording.SPOKEN.format(status=wording.STATUSES[answer.status.value], answer=said)


def _documents(service: Service) -> Mapping[str, Document]:
    try:
        return {document.id: document for document in service.documents()}
    except IndexUnavailable:
        return {}


def _as_event(name: str, data: FrozenModel) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json())


@router.post("/conversation")
def conversation(request: Request, body: ConversationIn) -> FragmentsOut:
    """The fragments of exchanges that the browser kept; their quotes are proven anew."""
    service = service_of(request)
    documents = _documents(service)
    takes_feedback = service.settings.feedback is not None
    return FragmentsOut(
        html=[
            fragments.exchange_html(exchange, documents, takes_feedback)
            for exchange in _proven(service, body.exchanges)
        ]
    )


def _proven(service: Service, exchanges: list[Exchange]) -> list[Exchange]:
    return [_checked(service, exchange) for exchange in exchanges]


def _checked(service: Service, exchange: Exchange) -> Exchange:
    """The exchange, without its answer where a quote cannot be proven any more."""
    answer = exchange.answer
    if answer is None:
        return exchange
    is_proven = answer.citations or answer.status is Status.ABSTAINED
    notes = [_flaw(service, quoted) for quoted in (*answer.citations, *answer.related)]
    note = next(filter(None, notes), "" if is_proven else wording.SOURCE_NOT_VERBATIM)
    return exchange.model_copy(update={"answer": None, "note": note}) if note else exchange


def _flaw(service: Service, quoted: Quoted) -> str:
    """Why a quote that a browser kept cannot be shown; nothing when it is proven."""
    document = service.version(quoted.document, version_digits(quoted.version))
    if document is None:
        return wording.SOURCE_NOT_CHECKED
    return "" if grounding.holds(quoted, document) else wording.SOURCE_NOT_VERBATIM


@router.post("/export/{form}")
def export(request: Request, form: Literal["md", "docx"], body: ConversationIn) -> Response:
    """A conversation as a file for the dossier."""
    exchanges = _proven(service_of(request), body.exchanges)
    address = str(request.base_url).rstrip("/")
    title = body.title or wording.CONVERSATION
    now = dt.datetime.now(dt.UTC)
    if form == "md":
        content = file_note.to_markdown(title, exchanges, address, now).encode()
        media_type = "text/markdown; charset=utf-8"
    else:
        content = file_note.to_docx(title, exchanges, address, now)
        media_type = file_note.DOCX_TYPE
    headers = {"Content-Disposition": f'attachment; filename="gesprek.{form}"', **NO_STORE}
    return Response(content, media_type=media_type, headers=headers)


@router.post("/suggestions")
async def suggestions(request: Request, body: SuggestionsIn) -> FragmentsOut:
    """Next questions that are known to have an answer; none is an outcome like another."""
    answer = body.exchange.answer
    if answer is None:
        return FragmentsOut(html=[])
    asking = service_of(request).suggestions(answer, body.asked, body.exchange.filters.to_filters())
    questions = await while_connected(request, asking)
    return FragmentsOut(
        html=[fragments.suggestions_html(questions, answer.status)] if questions else []
    )


@router.post("/feedback", status_code=204)
def keep_feedback(request: Request, body: FeedbackIn) -> None:
    """Keep what a user thinks of an answer."""
    path = service_of(request).settings.feedback
    if path is None:
        raise Refused(NOT_FOUND, wording.FEEDBACK_OFF)
    try:
        feedback.store(path, body, dt.datetime.now(dt.UTC))
    except feedback.FeedbackUnavailable as error:
        _log.error("%s", error)
        headers = {"Retry-After": str(problems.REPAIR_SECONDS)}
        raise Refused(UNAVAILABLE, wording.FEEDBACK_FAILED, headers) from error


class Scripts(StaticFiles):
    """The scripts and style of the page; a browser asks each time whether they changed."""

    def __init__(self) -> None:
        with as_file(files("assistant") / "web") as folder:
            super().__init__(directory=folder)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette answers, with the header that keeps an older script from being used."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response
