"""The pages about documents, for people: parses what a link asks for and picks the page."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from assistant import wording
from assistant.connection import service_of
from assistant.document_pages import (
    PAGE_POLICY,
    Look,
    Span,
    accessibility_html,
    changed_document_html,
    document_html,
    documents_html,
    lost_version_html,
    removed_document_html,
)
from assistant.documents import Document
from assistant.pages import BRUSSELS
from assistant.problems import NOT_FOUND, Refused
from assistant.service import Service

MOST_QUOTES = 50
"""Quotes that one link may highlight."""

THEMES = ("licht", "donker")

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_Quote = Annotated[str, Field(pattern=r"^([0-9]{1,9}-[0-9]{1,9})?$")]


def _look(thema: Annotated[str, Cookie()] = "", paneel: str = "") -> Look:
    """What the reader chose; any other value means that nothing was."""
    today = dt.datetime.now(BRUSSELS).date()
    return Look(today, theme=thema if thema in THEMES else "", in_panel=paneel == "1")


_Looking = Annotated[Look, Depends(_look)]


@router.get("/documents")
def documents_page(request: Request, look: _Looking) -> HTMLResponse:
    """The list of documents."""
    return _respond(documents_html(service_of(request).index(), look))


@router.get("/documents/{document}")
def document_page(
    request: Request,
    document: str,
    look: _Looking,
    versie: str = "",
    citaat: Annotated[list[_Quote], Query(max_length=MOST_QUOTES)] = [],  # noqa: B006  it gets copied
) -> HTMLResponse:
    """A document with the quotes of a link highlighted, in the version that the link names."""
    spans = [_span(quote) for quote in citaat if quote]
    return _respond(_document_html(service_of(request), document, versie, spans, look))


@router.get("/toegankelijkheid")
def accessibility_page(request: Request, look: _Looking) -> HTMLResponse:
    """The accessibility statement."""
    return _respond(accessibility_html(service_of(request).settings.contact, look))


def _span(quote: str) -> Span:
    start, _, end = quote.partition("-")
    return int(start), int(end)


def _document_html(
    service: Service, document: str, digits: str, spans: list[Span], look: Look
) -> str:
    current = service.document(document)
    linked = service.version(document, digits) if digits else current
    if current is None:
        return removed_document_html(_existing(linked, document), spans, look)
    if linked is None:
        return lost_version_html(current, spans, look)
    if linked.version == current.version:
        return document_html(current, spans, look)
    return changed_document_html(linked, current, spans, look)


def _existing(found: Document | None, document: str) -> Document:
    if found is None:
        raise Refused(NOT_FOUND, wording.UNKNOWN_DOCUMENT.format(document=document))
    return found


def _respond(html: str) -> HTMLResponse:
    """A page depends on the day, the index and a cookie, so a browser asks for it each time."""
    headers = {
        "Content-Security-Policy": PAGE_POLICY,
        "Cache-Control": "no-cache",
        "Vary": "Cookie",
    }
    return HTMLResponse(html, headers=headers)
