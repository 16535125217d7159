"""The fragments of the chat page: what a question may be restricted to, and how answers show."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest

from assistant import wording
from assistant.contract import FiltersIn
from assistant.documents import Answer, Citation, Document, Kind, Metadata, Quoted, Status
from assistant.exchange import Exchange
from assistant.fragments import (
    exchange_html,
    scope_html,
    scope_text,
    suggestions_html,
    welcome_html,
)

TODAY = dt.date(2026, 6, 1)
MARKUP = "<b onclick='x'>\"&\u202e"


def document(name: str, **metadata: Any) -> Document:
    return Document(name, "", (), Metadata(f"Titel {name}", Kind.OVEREENKOMST, **metadata))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# The choice of documents


def years(**metadata: Any) -> list[int]:
    html = scope_html([document("een", **metadata)], TODAY)
    return [int(year) for year in re.findall(r'<option value="(\d+)"', html)]


@pytest.mark.parametrize(
    ("metadata", "offered"),
    [
        ({}, []),
        ({"date": dt.date(2013, 1, 17)}, [2013]),
        ({"valid_from": dt.date(2024, 5, 1)}, [2026, 2025, 2024]),
        (
            {"valid_from": dt.date(2018, 12, 31), "valid_until": dt.date(2020, 1, 1)},
            [2020, 2019, 2018],
        ),
        ({"date": dt.date(2010, 1, 1), "valid_from": dt.date(2026, 1, 1)}, [2026]),
        (
            {"valid_from": dt.date(2026, 1, 1), "valid_until": dt.date(9999, 12, 31)},
            list(range(2036, 2025, -1)),
        ),
        ({"date": dt.date(2050, 1, 1)}, [2050]),
    ],
)
def test_every_year_that_a_document_tells_of_is_offered(
    metadata: dict[str, dt.date], offered: list[int]
) -> None:
    assert years(**metadata) == offered


@pytest.mark.parametrize(
    ("until", "is_expired"),
    [(None, False), (TODAY, False), (TODAY - dt.timedelta(days=1), True)],
)
def test_an_agreement_past_its_end_is_marked(until: dt.date | None, is_expired: bool) -> None:
    html = scope_html([document("een", valid_until=until)], TODAY)
    assert (wording.EXPIRED in text_of(html)) is is_expired


def test_kinds_and_parties_are_offered_once_each() -> None:
    found = [document("een", parties=("VVSG", "VDAB")), document("twee", parties=("VDAB",))]
    boxes = re.findall(r'name="(\w+)" value="([^"]+)"', scope_html(found, TODAY))
    assert boxes == [
        ("documents", "een"),
        ("documents", "twee"),
        ("kinds", "overeenkomst"),
        ("parties", "VDAB"),
        ("parties", "VVSG"),
    ]


def test_a_restriction_is_told_in_words() -> None:
    known = {"een": document("een")}
    assert scope_text(FiltersIn(), known) == ""
    assert scope_text(FiltersIn(documents=["een", "weg"]), known) == "Titel een, weg"
    chosen = FiltersIn(kinds=["antwoord"], parties=["VDAB"], date_to=dt.date(2020, 12, 31))
    assert scope_text(chosen, known) == "antwoord; VDAB; … tot 31/12/2020"


# Help


def welcome(*documents: Document) -> str:
    indexed = dt.datetime(2026, 1, 1, 23, 30, tzinfo=dt.UTC)  # the next day in Brussels
    return text_of(welcome_html(documents, indexed, "", True))


def test_the_help_counts_and_dates_the_documents() -> None:
    dated = [
        document("a", date=dt.date(2013, 1, 17)),
        document("b", valid_from=dt.date(2017, 1, 1)),
    ]
    text = wording.HELP_DOCUMENTS.format(
        count="2 documenten", date="02/01/2026", newest="01/01/2017"
    )
    assert text in welcome(*dated)
    undated = wording.HELP_DOCUMENTS_UNDATED.format(count="1 document", date="02/01/2026")
    assert undated in welcome(document("a"))


# Answers


def quoted(**changes: Any) -> dict[str, Any]:
    return {
        "document": "een",
        "title": "Titel een",
        "version": "sha256:0",
        "section": "Artikel 1",
        "quote": "De termijn is drie maanden.",
        "start": 0,
        "end": 27,
        "url": "/documents/een?versie=0&citaat=0-27#citaat",
        **changes,
    }


def shown(documents: tuple[Document, ...] = (), **changes: Any) -> str:
    citation = Citation(marker=1, **quoted())
    fields: dict[str, Any] = {
        "id": "1",
        "question": "Hoe lang?",
        "standalone_question": "Hoe lang?",
        "status": Status.ANSWERED,
        "answer": f"drie maanden. {wording.QUOTE.format(quote=citation.quote, marker=1)}",
        "short_answer": "drie maanden",
        "confidence": 0.9,
        "citations": (citation,),
    }
    answer = Answer(**fields | changes)
    asked = Exchange(question=answer.question, asked=dt.datetime.now(dt.UTC), answer=answer)
    return exchange_html(asked, {found.id: found for found in documents}, takes_feedback=True)


def test_an_answer_shows_its_short_answer_quote_and_source_once() -> None:
    text = text_of(shown((document("een", date=dt.date(2017, 7, 3)),)))
    assert text.count("drie maanden") == 2  # the short answer, and inside the quote
    assert text.count("De termijn is drie maanden.") == 1
    assert "Titel een — Artikel 1 (03/07/2017)" in text
    assert wording.STATUSES["answered"] in text
    assert wording.PARTIAL_NOTE not in text


def test_what_an_answer_says_before_its_quote_is_shown() -> None:
    lead = wording.LISTED.format(count=3)
    answer = f"{lead} {wording.QUOTE.format(quote=quoted()['quote'], marker=1)}"
    assert lead in text_of(shown(answer=answer, short_answer=""))


def test_a_source_without_a_date_says_so() -> None:
    assert f"({wording.UNDATED})" in text_of(shown())


def test_a_partial_answer_warns() -> None:
    assert wording.PARTIAL_NOTE in text_of(shown(status=Status.PARTIAL))


def test_an_abstention_shows_the_nearest_passages_short_enough_to_read() -> None:
    related = (Quoted(**quoted(quote="woord " * 500)),)
    text = text_of(shown(status=Status.ABSTAINED, citations=(), related=related, short_answer=""))
    assert wording.RELATED in text
    assert text.count("woord") < 50


def test_a_status_is_told_by_words_and_icon() -> None:
    for status in Status:
        text = text_of(shown(status=status))
        assert wording.STATUS_LABELS[status.value] in text


def test_next_questions_after_an_abstention_are_not_called_a_refinement() -> None:
    assert wording.REFINE in suggestions_html(["Wie?"], Status.PARTIAL)
    html = suggestions_html(["Wie?"], Status.ABSTAINED)
    assert wording.REFINE_ABSTAINED in html
    assert wording.REFINE not in html


def test_what_is_filled_in_is_escaped() -> None:
    metadata = {"parties": (MARKUP,), "valid_until": dt.date(2020, 1, 1)}
    html = scope_html([document(MARKUP, **metadata)], TODAY)
    html += suggestions_html([MARKUP], Status.ANSWERED)
    html += shown(answer=MARKUP, short_answer=MARKUP, standalone_question=MARKUP, answerer="llm")
    html += welcome_html([], None, MARKUP, True)
    assert "<b onclick" not in html
    assert "onclick='x'" not in html
    assert html.count("&lt;b onclick") >= 7
