"""HTML fragments of the chat page; everything that is filled in gets escaped.

The page itself holds no text of a document or user: its scripts fetch these fragments.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from assistant import wording
from assistant.contract import FiltersIn
from assistant.documents import Answer, Document, Quoted, Status
from assistant.exchange import Exchange
from assistant.feedback import LONGEST_TEXT
from assistant.pages import BRUSSELS, templates

LONGEST_AHEAD = 10
"""Years to come that may be chosen: some agreements end in 9999."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A quote to show; ``lead`` is what the answer itself says before it."""

    quoted: Quoted
    date: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class _Choice:
    value: str
    label: str
    is_expired: bool = False


def exchange_html(
    exchange: Exchange, documents: Mapping[str, Document], takes_feedback: bool
) -> str:
    """A question with its answer, its numbered sources and what can be done with it."""
    answer = exchange.answer
    quoted = (answer.citations or answer.related) if answer else ()
    leads = _leads(answer) if answer else {}
    return templates.get_template("exchange.html").render(
        exchange=exchange,
        answer=answer,
        scope=scope_text(exchange.filters, documents),
        sources=[
            _Source(item, _date_of(item.document, documents), leads.get(item, ""))
            for item in quoted
        ],
        takes_feedback=takes_feedback,
    )


def _leads(answer: Answer) -> dict[Quoted, str]:
    """What an extractive answer says before each of its quotes, if more than the short answer."""
    leads: dict[Quoted, str] = {}
    rest = answer.answer if answer.answerer == "extractive" else ""
    for citation in answer.citations:
        quote = wording.QUOTE.format(quote=citation.quote, marker=citation.marker)
        lead, _, after = rest.partition(quote)
        if lead.strip(" .") != answer.short_answer.strip(" ."):
            leads[citation] = lead.strip()
        rest = after
    return leads


def _date_of(document: str, documents: Mapping[str, Document]) -> str:
    found = documents.get(document)
    day = (found.metadata.date or found.metadata.valid_from) if found else None
    return day.strftime("%d/%m/%Y") if day else ""


def scope_text(filters: FiltersIn, documents: Mapping[str, Document]) -> str:
    """What a question was restricted to, in words; empty when it was to nothing."""
    titles = [documents[d].metadata.title if d in documents else d for d in filters.documents]
    period = ""
    if filters.date_from or filters.date_to:
        bounds = (filters.date_from, filters.date_to)
        start, end = (day.strftime("%d/%m/%Y") if day else "…" for day in bounds)
        period = wording.IN_PERIOD.format(start=start, end=end)
    return "; ".join(
        part
        for part in (
            ", ".join(titles),
            ", ".join(filters.kinds),
            ", ".join(filters.parties),
            period,
        )
        if part
    )


def suggestions_html(questions: Sequence[str], after: Status) -> str:
    """Buttons that ask a next question; ``after`` is how the answer before them ended."""
    is_abstained = after is Status.ABSTAINED
    heading = wording.REFINE_ABSTAINED if is_abstained else wording.REFINE
    return templates.get_template("suggestions.html").render(questions=questions, heading=heading)


def welcome_html(
    documents: Sequence[Document], indexed: dt.datetime | None, note: str, takes_feedback: bool
) -> str:
    """What the assistant can do, over what; ``note`` says why it cannot answer now."""
    return templates.get_template("welcome.html").render(
        sources=_sources_text(documents, indexed) if indexed else "",
        note=note,
        takes_feedback=takes_feedback,
    )


def _sources_text(documents: Sequence[Document], indexed: dt.datetime) -> str:
    count = wording.ONE_DOCUMENT
    if len(documents) != 1:
        count = wording.MANY_DOCUMENTS.format(count=len(documents))
    dates = [d.metadata.date or d.metadata.valid_from for d in documents]
    newest = max(filter(None, dates), default=None)
    text = wording.HELP_DOCUMENTS if newest else wording.HELP_DOCUMENTS_UNDATED
    return text.format(
        count=count,
        date=f"{indexed.astimezone(BRUSSELS):%d/%m/%Y}",
        newest=f"{newest:%d/%m/%Y}" if newest else "",
    )


def scope_html(documents: Sequence[Document], today: dt.date) -> str:
    """The choice of documents, kinds, parties and year that a question is restricted to."""
    choices = [_Choice(d.id, d.metadata.title, d.metadata.is_expired(today)) for d in documents]
    kinds = sorted({d.metadata.kind.value for d in documents})
    parties = sorted(set(chain.from_iterable(d.metadata.parties for d in documents)))
    return templates.get_template("scope.html").render(
        groups=[
            ("documents", wording.SCOPE_DOCUMENTS, choices),
            ("kinds", wording.SCOPE_KINDS, [_Choice(kind, kind) for kind in kinds]),
            ("parties", wording.SCOPE_PARTIES, [_Choice(party, party) for party in parties]),
        ],
        years=_years(documents, today),
    )


def _years(documents: Sequence[Document], today: dt.date) -> list[int]:
    """Every year of which some document tells, the latest first."""
    years: set[int] = set()
    for metadata in (d.metadata for d in documents):
        start = metadata.valid_from or metadata.date
        if start:
            end = metadata.valid_until or (today if metadata.valid_from else start)
            last = max(start.year, min(end.year, today.year + LONGEST_AHEAD))
            years |= set(range(start.year, last + 1))
    return sorted(years, reverse=True)


def shell_html() -> str:
    """The ``<template>`` elements that the scripts fill the columns of the page with."""
    return templates.get_template("shell.html").render(
        reasons=wording.FEEDBACK_REASONS.items(),
        longest_feedback=LONGEST_TEXT,
    )
