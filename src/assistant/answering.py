"""The assistant: question in, proven answer or typed abstention out."""

import logging
import re
import time
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant import grounding, wording
from assistant.abstaining import Search, explain, has_words
from assistant.comparison import compare
from assistant.composition import Composer, Composition, Form
from assistant.conversation import standalone_question
from assistant.documents import (
    Answer,
    Citation,
    Document,
    Evidence,
    Filters,
    Kind,
    Quoted,
    ScoredPassage,
    Status,
    Timings,
    Turn,
)
from assistant.dutch.folding import fold
from assistant.dutch.questions import is_comparison
from assistant.generation import GenerationError, LlmAnswerer
from assistant.reading import Reader, Reading, Thresholds
from assistant.retrieval import HybridRetriever, matches

LONGEST_QUESTION, MOST_CLEANED = 2000, 20_000
"""Characters of a question, and of what is worth cleaning before saying that it is too long."""

LONGEST_ECHO = 200
"""Characters of wrong filter values that an error message repeats."""

RETRIEVED = 10
MOST_RELATED = 3

_MARKER = re.compile(r"\s*\[\d+\]")
_log = logging.getLogger(__name__)

Answerer = Literal["extractive", "llm"]


class InvalidQuestion(ValueError):
    """A question or filter that cannot be used; the message is Dutch and for the user."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way to an answer."""

    question: str
    standalone: str
    filters: Filters
    started: float


class Assistant:
    """Answers questions over one opened index. Safe to use from several threads."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        retriever: HybridRetriever,
        reader: Reader,
        llm: LlmAnswerer | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.documents = documents
        self.retriever = retriever
        self.thresholds = thresholds or reader.thresholds
        self._reader = reader
        self._composer = Composer(documents, retriever.index.passage_at)
        self._llm = llm

    def with_thresholds(self, thresholds: Thresholds) -> "Assistant":
        """The same assistant with other limits; evaluation looks behind an abstention with it."""
        return Assistant(self.documents, self.retriever, self._reader, self._llm, thresholds)

    def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008  frozen, so sharing the default is safe
        answerer: Answerer | None = None,
    ) -> Answer:
        """Answer one question of a conversation.

        ``answerer`` defaults to the LLM when one is set. Raises ``InvalidQuestion`` when the
        question is empty or too long, a filter value unknown, or no LLM set that is asked for.
        """
        started = time.perf_counter()
        cleaned = clean_question(question)
        self.check_filters(filters)
        if answerer == "llm" and self._llm is None:
            raise InvalidQuestion(wording.NO_LLM)
        standalone = clean_question(standalone_question(cleaned, history))
        asked = _Asked(cleaned, standalone, filters, started)
        if not has_words(standalone):
            return self._abstain(asked, [], Timings())
        found = self.retriever.search(standalone, filters, RETRIEVED)
        retrieved = time.perf_counter()
        sides = self._sides(asked, found, answerer)
        if sides:
            composed = Composition(Form.COMPARISON, sides)
            weakest = min(side.confidence for side in sides)
            return self._compose(asked, composed, weakest, _timings(asked, retrieved))
        reading = self._reader.read(standalone, found)
        timings = _timings(asked, retrieved)
        best = reading.evidence[0].confidence if reading.evidence else 0.0
        if not reading.evidence or best < self.thresholds.partial:
            return self._abstain(asked, reading.passages, timings, best)
        return self._conclude(asked, reading, timings, answerer)

    def _sides(
        self, asked: _Asked, found: Sequence[ScoredPassage], answerer: Answerer | None
    ) -> tuple[Evidence, ...]:
        """The evidence of each of two documents, when the question compares them."""
        if not is_comparison(asked.standalone) or self._writes(answerer):
            return ()
        return compare(asked.standalone, found, self.retriever, self._reader, asked.filters)

    def _writes(self, answerer: Answerer | None) -> bool:
        """Whether the language model is to write the answer."""
        return self._llm is not None and answerer != "extractive"

    def warm_up(self) -> None:
        """Do ahead what the first questions would wait for."""
        self._reader.warm_up(self.retriever.index.passages)

    def search(self, query: str, filters: Filters, k: int) -> list[ScoredPassage]:
        """The ``k`` passages nearest to a query. Raises ``InvalidQuestion`` like ``answer``."""
        self.check_filters(filters)
        return self.retriever.search(clean_question(query), filters, k)

    def check_filters(self, filters: Filters) -> None:
        """Raise ``InvalidQuestion`` for a filter value that no document has."""
        if filters == Filters():
            return
        known = {
            "documents": set(self.documents),
            "kinds": {kind.value for kind in Kind},
            "parties": {
                p for document in self.documents.values() for p in document.metadata.parties
            },
        }
        for name, choices in known.items():
            folded = set(map(fold, choices))
            unknown = {value for value in getattr(filters, name) if fold(value) not in folded}
            if unknown:
                raise InvalidQuestion(
                    wording.UNKNOWN_FILTER.format(
                        name=name,
                        values=", ".join(sorted(unknown))[:LONGEST_ECHO],
                        choices=", ".join(sorted(choices)),
                    )
                )
        if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
            raise InvalidQuestion(wording.REVERSED_DATES)

    def _conclude(
        self, asked: _Asked, reading: Reading, timings: Timings, answerer: Answerer | None
    ) -> Answer:
        if self._llm is not None and self._writes(answerer):
            try:
                return self._generate(asked, reading, timings, self._llm)
            except GenerationError as error:
                _log.warning("Answering without the language model: %s", error)
        sure = self.thresholds.answered
        composed = self._composer.compose(asked.standalone, reading.evidence, sure)
        return self._compose(asked, composed, reading.evidence[0].confidence, timings)

    def _compose(
        self, asked: _Asked, composed: Composition, confidence: float, timings: Timings
    ) -> Answer:
        citations = tuple(
            grounding.cite(item, self.documents[item.passage.document], marker)
            for marker, item in enumerate(composed.evidence, 1)
        )
        return self._finish(
            asked,
            timings,
            status=self._status(confidence),
            answer=_in_words(composed, citations),
            short_answer=composed.short_answer,
            confidence=confidence,
            citations=citations,
        )

    def _generate(
        self,
        asked: _Asked,
        reading: Reading,
        timings: Timings,
        llm: LlmAnswerer,
    ) -> Answer:
        """The claims of the model that hold; raises ``GenerationError`` when none does."""
        passages = [item.passage for item in reading.passages]
        confidence = reading.evidence[0].confidence
        claims = llm.draft(asked.standalone, passages)
        terms = self.retriever.index.analyzer.terms
        texts: list[str] = []
        citations: list[Citation] = []
        for claim in claims:
            support = grounding.supported_evidence(claim, passages, terms)
            new = [
                grounding.cite(item, self.documents[item.passage.document], marker)
                for marker, item in enumerate(support, len(citations) + 1)
            ]
            if new:
                text = _MARKER.sub("", claim.text).strip()
                texts.append(f"{text} " + "".join(f"[{c.marker}]" for c in new))
                citations += new
        if not texts:
            raise GenerationError("none of its claims is proven by the passages")
        return self._finish(
            asked,
            timings,
            status=self._status(confidence) if len(texts) == len(claims) else Status.PARTIAL,
            answer=" ".join(texts),
            confidence=confidence,
            citations=tuple(citations),
            answerer="llm",
        )

    def _status(self, confidence: float) -> Status:
        is_sure = confidence >= self.thresholds.answered
        return Status.ANSWERED if is_sure else Status.PARTIAL

    def _abstain(
        self,
        asked: _Asked,
        found: Sequence[ScoredPassage],
        timings: Timings,
        confidence: float = 0.0,
    ) -> Answer:
        passages = [item.passage for item in found[:MOST_RELATED]]
        return self._finish(
            asked,
            timings,
            status=Status.ABSTAINED,
            answer=explain(self._search(asked), self.retriever.index.analyzer),
            confidence=confidence,
            related=tuple(grounding.quote_passage(p, self.documents[p.document]) for p in passages),
        )

    def _search(self, asked: _Asked) -> Search:
        return Search(
            asked.standalone,
            [d for d in self.documents.values() if matches(d.metadata, d.id, asked.filters)],
        )

    def _finish(
        self,
        asked: _Asked,
        timings: Timings,
        *,
        status: Status,
        answer: str,
        confidence: float,
        short_answer: str = "",
        citations: tuple[Citation, ...] = (),
        related: tuple[Quoted, ...] = (),
        answerer: Answerer = "extractive",
    ) -> Answer:
        return Answer(
            id=uuid.uuid4().hex,
            question=asked.question,
            standalone_question=asked.standalone,
            status=status,
            answer=answer,
            short_answer=short_answer,
            confidence=round(confidence, 4),
            citations=citations,
            related=related,
            answerer=answerer,
            timings_ms=timings.model_copy(update={"total": _elapsed(asked.started)}),
        )


def clean_question(question: str) -> str:
    """``question`` without control characters and spare white space.

    Raises ``InvalidQuestion`` when nothing is left or it is longer than ``LONGEST_QUESTION``.
    """
    if len(question) > MOST_CLEANED:
        raise _too_long(question)
    visible = "".join(
        " " if char.isspace() or unicodedata.category(char) in ("Cc", "Cs") else char
        for char in question
        if unicodedata.category(char) != "Cf"
    )
    cleaned = re.sub(r"\s+", " ", visible).strip()
    if not cleaned:
        raise InvalidQuestion(wording.EMPTY_QUESTION)
    if len(cleaned) > LONGEST_QUESTION:
        raise _too_long(cleaned)
    return cleaned


def _too_long(question: str) -> InvalidQuestion:
    return InvalidQuestion(
        wording.LONG_QUESTION.format(length=len(question), limit=LONGEST_QUESTION)
    )


def _in_words(composed: Composition, citations: Sequence[Citation]) -> str:
    """The Dutch text of an answer, each quote with its marker."""
    quotes = [wording.QUOTE.format(quote=c.quote, marker=c.marker) for c in citations]
    match composed.form:
        case Form.SHORT:
            opening = _as_sentence(composed.short_answer)
        case Form.NO:
            opening = wording.NO
        case Form.LIST:
            opening = wording.LISTED.format(count=len(quotes))
        case Form.COUNT:
            opening = wording.COUNTED.format(count=composed.short_answer)
        case Form.COMPARISON:
            opening = ""
            quotes = [
                wording.COMPARED.format(title=citation.title, quote=quote)
                for citation, quote in zip(citations, quotes, strict=True)
            ]
        case Form.QUOTES:
            opening = ""
    return " ".join(filter(None, [opening, *quotes]))


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _timings(asked: _Asked, retrieved: float) -> Timings:
    """The time until the passages were retrieved, and from then on to read them."""
    return Timings(retrieve=_milliseconds(retrieved - asked.started), read=_elapsed(retrieved))


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _elapsed(since: float) -> float:
    return _milliseconds(time.perf_counter() - since)
