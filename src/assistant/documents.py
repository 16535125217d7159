"""The vocabulary of the assistant: frozen types that every other module shares.

Character offsets are Python string indices into ``Document.text``, half open: ``[start, end)``.
Types that leave the process (``Citation``, ``Answer`` and their parts) are pydantic models whose
JSON is the API contract; types that stay inside are plain dataclasses.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Kind(StrEnum):
    """What sort of document a file is, as written in its metadata."""

    OVEREENKOMST = "overeenkomst"
    ANTWOORD = "antwoord"
    TOELICHTING = "toelichting"
    VERSLAG = "verslag"
    ANDERE = "andere"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a document besides its text.

    ``date`` is the day the text itself carries; ``valid_from`` and ``valid_until`` bound the
    period in which an agreement applies and are set only where the text states them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    title: str
    kind: Kind
    parties: tuple[str, ...] = ()
    date: dt.date | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    source: str = ""

    def is_expired(self, today: dt.date) -> bool:
        """Whether the period in which it applies ended before ``today``."""
        return self.valid_until is not None and self.valid_until < today


@dataclass(frozen=True, slots=True)
class Section:
    """A heading or numbered answer with the text under it, a slice of the stored text.

    ``path`` holds the headings from the outermost to this one and is empty for text above the
    first heading. ``start <= body_start <= end``: the heading itself is ``[start, body_start)``.
    """

    path: tuple[str, ...]
    start: int
    body_start: int
    end: int

    @property
    def name(self) -> str:
        """The heading path as one line, for a citation."""
        return " › ".join(self.path)


VERSION_DIGITS = 12
"""How much of a version's hash a link carries."""


def version_digits(version: str) -> str:
    """What a link carries of a version: the start of its hash."""
    return version.removeprefix("sha256:")[:VERSION_DIGITS]


@lru_cache(maxsize=4096)
def _version(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus: its stored (cleaned) text, its sections and its metadata.

    The sections tile ``text``: the first starts at 0, each next one where the last ended.
    """

    id: str
    text: str
    sections: tuple[Section, ...]
    metadata: Metadata

    @property
    def version(self) -> str:
        """``sha256:`` and the hash of the stored text; offsets are only valid for one version."""
        return _version(self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit of retrieval: ``text`` is ``document.text[start:end]``, inside one section.

    ``body_start`` is where the passage's own text begins when it opens with its section's heading.
    """

    document: str
    section: Section
    start: int
    end: int
    text: str

    @property
    def id(self) -> str:
        """Stable for as long as the document's text does not change before the passage."""
        return f"{self.document}:{self.start}-{self.end}"

    @property
    def body_start(self) -> int:
        """Offset in the document of the first character that is not heading."""
        return min(max(self.start, self.section.body_start), self.end)


@dataclass(frozen=True, slots=True)
class ScoredPassage:
    """A passage as one question found it.

    ``score`` is the reciprocal rank fusion score; ``cosine`` lies in [-1, 1] and is 0 where only
    BM25 found the passage; the ranks count from 1 and are ``None`` where that leg did not find it.
    """

    passage: Passage
    score: float
    cosine: float
    dense_rank: int | None
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence or list item that a reader offers as answer, with how sure it is of it.

    ``start`` and ``end`` are offsets in the document; ``confidence`` lies in [0, 1].
    ``short_answer`` is a substring of ``text``, or empty.
    """

    passage: Passage
    start: int
    end: int
    text: str
    confidence: float
    short_answer: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents a question may be answered from. An empty field does not restrict.

    ``date_from`` and ``date_to`` are inclusive and compare with the document's period (see
    ``assistant.retrieval.matches``).
    """

    documents: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    date_from: dt.date | None = None
    date_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation with the answer that was given."""

    question: str
    answer: str = ""


class Status(StrEnum):
    """How an answer ended: see the promises in the README."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    ABSTAINED = "abstained"


class FrozenModel(BaseModel):
    """Base of the models that are part of the API contract."""

    model_config = ConfigDict(frozen=True)


def wrong_fields(error: ValidationError) -> str:
    """What is wrong with which field, in English, on one line."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


class Quoted(FrozenModel):
    """A verbatim piece of a document: ``quote == document.text[start:end]``, checked when made."""

    document: str = Field(examples=["antwoord-excellente-partnerschappen"])
    title: str
    version: str = Field(description="Hash of the stored text that the offsets point into")
    section: str = Field(examples=["Antwoord 6"])
    quote: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    url: str = Field(description="Page of the document, scrolled to the highlighted quote")


class Citation(Quoted):
    """A quote that supports a sentence of the answer; ``marker`` is its ``[n]`` in the text."""

    marker: int = Field(ge=1)


class Timings(FrozenModel):
    """Milliseconds spent on a question, by stage."""

    retrieve: float = 0.0
    read: float = 0.0
    total: float = 0.0


class Answer(FrozenModel):
    """What the assistant says to a question, and what proves it.

    ``related`` holds the nearest passages of an abstention; they are *not* an answer.
    """

    id: str
    question: str
    standalone_question: str
    status: Status
    answer: str
    short_answer: str = ""
    confidence: float = Field(ge=0, le=1)
    citations: tuple[Citation, ...] = ()
    related: tuple[Quoted, ...] = ()
    answerer: Literal["extractive", "llm"] = "extractive"
    timings_ms: Timings = Timings()

    def to_json(self) -> dict[str, Any]:
        """The answer object of the API contract, ready for ``json.dumps``."""
        return self.model_dump(mode="json")


class RetrievalEvent(FrozenModel):
    """First step towards an answer: the passages that are going to be read, best first."""

    passages: tuple[Quoted, ...]


class EvidenceEvent(FrozenModel):
    """Second step: the sentences that may answer, likeliest first; none where none is likely.

    ``confidence`` is the probability that the first one found, shown here or not, is right.
    """

    evidence: tuple[Quoted, ...]
    confidence: float = Field(ge=0, le=1)


@dataclass(frozen=True, slots=True)
class CorpusError:
    """Why one file of the corpus could not be used, in a form a maintainer can act on."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents of a folder, in order of id, and the files that could not be read."""

    documents: tuple[Document, ...]
    errors: tuple[CorpusError, ...] = field(default=())
