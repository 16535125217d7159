"""The requests and responses of the HTTP API, shared by the server and its Python client.

An answer itself is ``documents.Answer``; the events of a stream are there too, but the last.
"""

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from assistant.documents import (
    Answer,
    Document,
    EvidenceEvent,
    Filters,
    FrozenModel,
    Quoted,
    RetrievalEvent,
    Timings,
    Turn,
)

API_VERSION = "1.0.0"
"""Of the types in this module, whichever way they are sent."""

LONGEST_QUESTION = 2000
"""Characters of a question, without what is cleaned away."""

QUESTION_LIMITS: dict[str, JsonValue] = {"minLength": 1, "maxLength": LONGEST_QUESTION}
"""The same as JSON Schema, to document: ``asking`` checks, and says in Dutch what is wrong."""

MOST_TURNS = 50
"""Earlier turns that a request may carry."""

LONGEST_TURN_QUESTION, LONGEST_TURN_ANSWER = 10_000, 50_000
"""Characters of an earlier question and of its answer."""

MOST_FILTER_VALUES = 100

PASSAGES, MOST_PASSAGES = 10, 50
"""Passages that a search gives unless told otherwise, and at most."""

EXAMPLE_QUESTION = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"


def sendable(text: str) -> str:
    """``text`` without halves of surrogate pairs, which no encoding can send."""
    return text.encode(errors="replace").decode()


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_written(value: Any) -> Any:
    """Refuse what would also pass for a day: seconds since 1970, a moment at midnight."""
    if type(value) is dt.date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("not a day such as 2012-01-01")


Day = Annotated[dt.date, BeforeValidator(_as_written)]
"""A date that is written like 2012-01-01 and in no other way."""


class Strict(BaseModel):
    """Base of what a client sends: a field that does not exist is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnIn(Strict):
    """One earlier question with its answer."""

    question: str = Field(
        max_length=LONGEST_TURN_QUESTION,
        examples=["Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"],
    )
    answer: str = Field("", max_length=LONGEST_TURN_ANSWER)

    def to_turn(self) -> Turn:
        """The same as the assistant's own type."""
        return Turn(self.question, self.answer)


class FiltersIn(Strict):
    """Which documents may be used; an empty list does not restrict."""

    documents: list[str] = Field(
        [], max_length=MOST_FILTER_VALUES, examples=[["antwoord-excellente-partnerschappen"]]
    )
    kinds: list[str] = Field([], max_length=MOST_FILTER_VALUES, examples=[["antwoord"]])
    parties: list[str] = Field([], max_length=MOST_FILTER_VALUES, examples=[["VDAB"]])
    date_from: Day | None = Field(None, examples=["2012-01-01"])
    date_to: Day | None = Field(None, examples=["2024-12-31"])

    def to_filters(self) -> Filters:
        """The same as the assistant's own type."""
        return Filters(
            tuple(self.documents),
            tuple(self.kinds),
            tuple(self.parties),
            self.date_from,
            self.date_to,
        )


class AskIn(Strict):
    """A question, with the conversation before it."""

    question: str = Field(examples=[EXAMPLE_QUESTION], json_schema_extra=QUESTION_LIMITS)
    history: list[TurnIn] = Field([], max_length=MOST_TURNS)
    filters: FiltersIn = FiltersIn()
    answerer: Literal["extractive", "llm"] | None = Field(
        None, description="Laat leeg voor de standaard: het taalmodel als er een is ingesteld."
    )


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

    @classmethod
    def of(cls, document: Document) -> "DocumentOut":
        """What the API tells about a document."""
        return cls(**_facts(document))


class SectionOut(FrozenModel):
    """A section of a document, as offsets in its text."""

    name: str
    start: int
    end: int


class FullDocumentOut(DocumentOut):
    """A document with its stored text and sections."""

    text: str
    sections: list[SectionOut]

    @classmethod
    def of(cls, document: Document) -> "FullDocumentOut":
        """What the API tells about a document, with its text."""
        sections = [SectionOut(name=s.name, start=s.start, end=s.end) for s in document.sections]
        return cls(**_facts(document), text=document.text, sections=sections)


def _facts(document: Document) -> dict[str, Any]:
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


class Problem(FrozenModel):
    """What went wrong, as problem details (RFC 9457); ``detail`` is Dutch and for the user.

    ``type`` names the sort of problem and stays the same between versions; ``request_id`` is that
    of the ``X-Request-ID`` header and finds the request in the server's log.
    """

    type: str = Field(examples=["urn:partnerschapsassistent:ongeldige-aanvraag"])
    title: str
    status: int
    detail: str
    instance: str
    request_id: str


class HealthOut(FrozenModel):
    """Whether the process lives (``ok``) or is ``ready``, else ``starting``, ``draining`` or
    ``unavailable``."""

    status: str
    detail: str = ""


class DoneEvent(FrozenModel):
    """Last event: the answer is complete."""

    id: str
    timings_ms: Timings


Event = RetrievalEvent | EvidenceEvent | Answer | DoneEvent

EVENTS: dict[str, type[Event]] = {
    "retrieval": RetrievalEvent,
    "evidence": EvidenceEvent,
    "answer": Answer,
    "done": DoneEvent,
}
"""The events of a streamed answer by their names, in order."""
