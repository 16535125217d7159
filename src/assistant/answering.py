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
from assistant.dutch.analysis import STOPWORDS, words
from assistant.dutch.folding import fold
from assistant.generation import GenerationError, LlmAnswerer
from assistant.reading import Reader
from assistant.retrieval import HybridRetriever, matches

LONGEST_QUESTION, MOST_CLEANED = 2000, 20_000
"""Characters of a question, and of what is worth cleaning before saying that it is too long."""

LONGEST_ECHO = 200
"""Characters of wrong filter values that an error message repeats."""

RETRIEVED = 10
MOST_EVIDENCE = 3
MOST_RELATED = 3

_MARKER = re.compile(r"\s*\[\d+\]")
_log = logging.getLogger(__name__)

Answerer = Literal["extractive", "llm"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidence from which an answer is given, and from which it is given with a warning.

    Chosen on evals/cases/kern.jsonl, before cases were split, for few wrong answers; `make eval`
    shows what they give.
    """

    answered: float = 0.65
    partial: float = 0.5


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
        thresholds: Thresholds = Thresholds(),
    ) -> None:
        self.documents = documents
        self.retriever = retriever
        self.thresholds = thresholds
        self._reader = reader
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
        if not _has_words(standalone):
            return self._abstain(asked, [], Timings())
        found = self.retriever.search(standalone, filters, RETRIEVED)
        retrieved = time.perf_counter()
        evidence = self._reader.read(standalone, found)
        timings = Timings(
            retrieve=_milliseconds(retrieved - started),
            read=_elapsed(retrieved),
        )
        if not evidence or evidence[0].confidence < self.thresholds.partial:
            return self._abstain(asked, found, timings, evidence)
        return self._conclude(asked, found, evidence, timings, answerer)

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
        self,
        asked: _Asked,
        found: Sequence[ScoredPassage],
        evidence: Sequence[Evidence],
        timings: Timings,
        answerer: Answerer | None,
    ) -> Answer:
        if self._llm is not None and answerer != "extractive":
            try:
                return self._generate(asked, found, evidence, timings, self._llm)
            except GenerationError as error:
                _log.warning("Answering without the language model: %s", error)
        best, *others = evidence[:MOST_EVIDENCE]
        citations = tuple(
            grounding.cite(item, self.documents[item.passage.document], marker)
            for marker, item in enumerate([best, *sorted(others, key=_place)], 1)
        )
        quotes = " ".join(wording.QUOTE.format(quote=c.quote, marker=c.marker) for c in citations)
        short = best.short_answer
        return self._finish(
            asked,
            timings,
            status=self._status(best),
            answer=f"{_as_sentence(short)} {quotes}" if short else quotes,
            short_answer=short,
            confidence=best.confidence,
            citations=citations,
        )

    def _generate(
        self,
        asked: _Asked,
        found: Sequence[ScoredPassage],
        evidence: Sequence[Evidence],
        timings: Timings,
        llm: LlmAnswerer,
    ) -> Answer:
        """The claims of the model that hold; raises ``GenerationError`` when none does."""
        passages = [item.passage for item in found]
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
            status=self._status(evidence[0]) if len(texts) == len(claims) else Status.PARTIAL,
            answer=" ".join(texts),
            confidence=evidence[0].confidence,
            citations=tuple(citations),
            answerer="llm",
        )

    def _status(self, best: Evidence) -> Status:
        is_sure = best.confidence >= self.thresholds.answered
        return Status.ANSWERED if is_sure else Status.PARTIAL

    def _abstain(
        self,
        asked: _Asked,
        found: Sequence[ScoredPassage],
        timings: Timings,
        evidence: Sequence[Evidence] = (),
    ) -> Answer:
        passages = [item.passage for item in found[:MOST_RELATED]]
        return self._finish(
            asked,
            timings,
            status=Status.ABSTAINED,
            answer=self._explain(asked),
            confidence=evidence[0].confidence if evidence else 0.0,
            related=tuple(grounding.quote_passage(p, self.documents[p.document]) for p in passages),
        )

    def _explain(self, asked: _Asked) -> str:
        """What was looked for, and where."""
        if not _has_words(asked.standalone):
            return wording.NO_TERMS
        searched = sum(matches(d.metadata, d.id, asked.filters) for d in self.documents.values())
        if not searched:
            return wording.NO_DOCUMENTS
        topics = dict.fromkeys(w for w in words(asked.standalone) if w not in STOPWORDS)
        if not topics:
            return wording.ABSTAINED
        count = wording.ONE_DOCUMENT if searched == 1 else wording.MANY_DOCUMENTS
        detail = wording.ABSTAINED_DETAIL.format(
            terms=", ".join(f"‘{topic}’" for topic in list(topics)[:8]),
            count=count.format(count=searched),
        )
        return f"{wording.ABSTAINED} {detail}"

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


def _has_words(question: str) -> bool:
    return any(char.isalnum() for char in question)


def _place(evidence: Evidence) -> tuple[str, int]:
    """Orders evidence as a reader of the documents would meet it."""
    return evidence.passage.document, evidence.start


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _elapsed(since: float) -> float:
    return _milliseconds(time.perf_counter() - since)
