"""The assistant: question in, proven answer or typed abstention out."""

import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from assistant import grounding, wording
from assistant.abstaining import Search, explain, has_words
from assistant.asking import InvalidQuestion, check_filters, clean_question
from assistant.comparison import compare
from assistant.composition import Composer, Composition, Form, SaysYes
from assistant.conversation import standalone_question
from assistant.documents import (
    Answer,
    Citation,
    Document,
    Evidence,
    EvidenceEvent,
    Filters,
    Passage,
    Quoted,
    RetrievalEvent,
    ScoredPassage,
    Status,
    Timings,
    Turn,
)
from assistant.dutch.questions import is_comparison
from assistant.generation import GenerationError, LlmAnswerer
from assistant.reading import Reader, Reading, Thresholds
from assistant.retrieval import HybridRetriever, matches

RETRIEVED = 10
MOST_RELATED = 3
MOST_WEIGHED = 5
"""Sentences of an ``EvidenceEvent``."""

_MARKER = re.compile(r"\s*\[\d+\]")
_log = logging.getLogger(__name__)

Answerer = Literal["extractive", "llm"]
Stage = RetrievalEvent | EvidenceEvent | Answer


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way to an answer; ``llm`` is set when it is to write that."""

    question: str
    standalone: str
    filters: Filters
    llm: LlmAnswerer | None
    started: float


class Assistant:
    """Answers questions over one opened index. Safe to use from several threads."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        retriever: HybridRetriever,
        reader: Reader,
        says_yes: SaysYes,
        llm: LlmAnswerer | None = None,
        thresholds: Thresholds | None = None,
    ) -> None:
        self.documents = documents
        self.retriever = retriever
        self.thresholds = thresholds or reader.thresholds
        self._reader = reader
        self._says_yes = says_yes
        self._composer = Composer(documents, retriever.index.passage_at, says_yes)
        self._llm = llm

    def with_thresholds(self, thresholds: Thresholds) -> "Assistant":
        """The same assistant with other limits; evaluation looks behind an abstention with it."""
        return Assistant(
            self.documents, self.retriever, self._reader, self._says_yes, self._llm, thresholds
        )

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
        *_, last = self.stages(question, history, filters, answerer)
        return cast(Answer, last)

    def stages(
        self,
        question: str,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008
        answerer: Answerer | None = None,
    ) -> Iterator[Stage]:
        """``answer`` step by step: what was retrieved, what may answer, and last the answer.

        A question without words that could be looked up goes to its abstention at once. Whoever
        stops iterating saves the steps that are left. Raises ``InvalidQuestion`` at the first step.
        """
        asked = self._asked(question, history, filters, answerer)
        if not has_words(asked.standalone):
            yield self._abstain(asked, [], Timings())
            return
        found = self.retriever.search(asked.standalone, filters, RETRIEVED)
        retrieved = time.perf_counter()
        yield RetrievalEvent(passages=tuple(self._quote(item.passage) for item in found))
        sides = self._sides(asked, found)
        if sides:
            weakest = min(side.confidence for side in sides)
            yield self._weighed(sides, weakest)
            composed = Composition(Form.COMPARISON, sides)
            yield self._compose(asked, composed, weakest, _timings(asked, retrieved))
            return
        reading = self._reader.read(asked.standalone, found)
        timings = _timings(asked, retrieved)
        best = reading.evidence[0].confidence if reading.evidence else 0.0
        if not reading.evidence or best < self.thresholds.partial:
            yield self._weighed((), best)
            yield self._abstain(asked, reading.passages, timings, best)
            return
        yield self._weighed(reading.evidence[:MOST_WEIGHED], best)
        yield self._conclude(asked, reading, timings)

    def _asked(
        self, question: str, history: Sequence[Turn], filters: Filters, answerer: Answerer | None
    ) -> _Asked:
        started = time.perf_counter()
        cleaned = clean_question(question)
        check_filters(filters, self.documents)
        if answerer == "llm" and self._llm is None:
            raise InvalidQuestion(wording.NO_LLM)
        standalone = clean_question(standalone_question(cleaned, history))
        llm = None if answerer == "extractive" else self._llm
        return _Asked(cleaned, standalone, filters, llm, started)

    def _quote(self, passage: Passage) -> Quoted:
        return grounding.quote_passage(passage, self.documents[passage.document])

    def _weighed(self, evidence: Sequence[Evidence], confidence: float) -> EvidenceEvent:
        """Sentences as likely as the least that an answer would cite, proven like a citation."""
        quoted = tuple(
            grounding.quote_evidence(item, self.documents[item.passage.document])
            for item in evidence
            if item.confidence >= self.thresholds.partial
        )
        return EvidenceEvent(evidence=quoted, confidence=round(confidence, 4))

    def _sides(self, asked: _Asked, found: Sequence[ScoredPassage]) -> tuple[Evidence, ...]:
        """The evidence of each of two documents, when the question compares them."""
        if not is_comparison(asked.standalone) or asked.llm:
            return ()
        return compare(asked.standalone, found, self.retriever, self._reader, asked.filters)

    def warm_up(self) -> None:
        """Do ahead what the first questions would wait for."""
        self._reader.warm_up(self.retriever.index.passages)

    def search(self, query: str, filters: Filters, k: int) -> list[ScoredPassage]:
        """The ``k`` passages nearest to a query. Raises ``InvalidQuestion`` like ``answer``."""
        check_filters(filters, self.documents)
        return self.retriever.search(clean_question(query), filters, k)

    def _conclude(self, asked: _Asked, reading: Reading, timings: Timings) -> Answer:
        if asked.llm:
            try:
                return self._generate(asked, reading, timings, asked.llm)
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
            related=tuple(map(self._quote, passages)),
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


def _in_words(composed: Composition, citations: Sequence[Citation]) -> str:
    """The Dutch text of an answer, each quote with its marker."""
    quotes = [wording.QUOTE.format(quote=c.quote, marker=c.marker) for c in citations]
    match composed.form:
        case Form.SHORT:
            opening = _as_sentence(composed.short_answer)
        case Form.YES:
            opening = wording.YES
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
