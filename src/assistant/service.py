"""The assistant as a server offers it: the live index behind a bounded queue.

The API, the OpenAI-compatible routes, MCP and the chat all ask here, so they share one queue.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

from assistant import grounding, logs, traces
from assistant.admission import Admission, Overloaded
from assistant.answering import Answerer, Assistant, Stage
from assistant.archive import ARCHIVE, Archive
from assistant.assembly import LiveAssistant
from assistant.contract import SearchHit
from assistant.documents import (
    Answer,
    Document,
    Filters,
    ScoredPassage,
    Turn,
    version_digits,
)
from assistant.index import Index
from assistant.metrics import Metrics
from assistant.refining import Context, Refiner, Verdict
from assistant.settings import Settings

MOST_TRYING = 4
"""Trials of suggestions in line; the requests of more people get what is known already."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question with all that belongs to it."""

    question: str
    history: Sequence[Turn] = ()
    filters: Filters = field(default_factory=Filters)
    answerer: Answerer | None = None


class Service:
    """Answers, searches and lists documents for many callers at once, on one event loop.

    Every method may raise ``index.IndexUnavailable``; those that take a question
    ``asking.InvalidQuestion`` and ``admission.Overloaded``.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.live = LiveAssistant(settings)
        self._archive = Archive(settings.index / ARCHIVE)
        self.metrics = Metrics(settings.index)
        self.tracing = traces.make_provider()
        self.admission = Admission(
            settings.at_once, settings.waiting, settings.timeout, self.metrics.queue_held.inc
        )
        self.metrics.queue_capacity.set(self.admission.capacity)
        self._refiner = Refiner()
        self._trials, self._trying = ThreadPoolExecutor(1, thread_name_prefix="trial"), 0

    async def answer(self, query: Query) -> Answer:
        """The answer, once a thread was free to make it."""
        async with aclosing(self.stages(query)) as stages:
            *_, last = [stage async for stage in stages]
        return cast(Answer, last)

    async def stages(self, query: Query) -> AsyncGenerator[Stage, None]:
        """``Assistant.stages``; closing the iterator saves the steps that are left."""

        def begin() -> Iterator[Stage]:
            return self.live.get().stages(
                query.question, query.history, query.filters, query.answerer
            )

        with self.metrics.overloads.count_exceptions(Overloaded):
            async with aclosing(self.admission.stages(begin)) as stages:
                async for stage in stages:
                    if isinstance(stage, Answer):
                        self._observe(stage)
                    yield stage

    def _observe(self, answer: Answer) -> None:
        with_question = self.settings.log_questions
        self.metrics.observe_answer(answer)
        logs.note_answer(answer, with_question)
        traces.record_answer(answer, self.tracing, with_question)

    async def search(self, query: str, filters: Filters, k: int) -> list[SearchHit]:
        """The ``k`` passages nearest to a query, best first."""

        def work() -> list[SearchHit]:
            assistant = self.live.get()
            return [_hit(found, assistant) for found in assistant.search(query, filters, k)]

        with self.metrics.overloads.count_exceptions(Overloaded):
            return await self.admission.run(work)

    async def suggestions(
        self, answer: Answer, asked: Sequence[str], filters: Filters
    ) -> tuple[str, ...]:
        """At most three next questions, each proven to have an answer (see ``refining``).

        ``answer`` may come from a browser: what it says that is not so is passed over. ``asked``
        are the questions before it. While others ask, only what is known already is given.
        """
        assistant = await asyncio.to_thread(self.live.get)
        context = Context(answer, asked, filters)
        return await self._refiner.suggestions(assistant, context, self._attempt)

    async def _attempt(self, trial: Callable[[], Verdict]) -> Verdict | None:
        """What ``trial`` gives; ``None`` when that would slow down a question or take long.

        One trial runs at a time, beside the queue: it takes no place and no thread of a question.
        """
        if self._trying >= MOST_TRYING:
            return None

        def unless_busy() -> Verdict | None:
            is_busy = self.admission.held >= max(1, self.settings.at_once - 1)
            return None if is_busy else trial()

        self._trying += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._trials, unless_busy)
        finally:
            self._trying -= 1

    def documents(self) -> list[Document]:
        """All documents, in order of id."""
        return list(self.live.get().documents.values())

    def document(self, document: str) -> Document | None:
        """One document, if there is one of that id."""
        return self.live.get().documents.get(document)

    def version(self, document: str, digits: str) -> Document | None:
        """The version of a document that a link names by the digits of its hash.

        It may have changed or left the corpus since; ``None`` when no such version was kept.
        """
        current = self.document(document)
        if current is not None and version_digits(current.version) == digits:
            return current
        return self._archive.find(document, digits)

    def index(self) -> Index:
        """The live index: its documents, their passages and when it was built."""
        return self.live.get().retriever.index


def _hit(found: ScoredPassage, assistant: Assistant) -> SearchHit:
    quoted = grounding.quote_passage(found.passage, assistant.documents[found.passage.document])
    return SearchHit(
        **quoted.model_dump(),
        score=found.score,
        dense_rank=found.dense_rank,
        lexical_rank=found.lexical_rank,
    )
