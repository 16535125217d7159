"""Which questions to suggest next: only those that the assistant itself has answered.

A suggestion was asked alone, under the same filters, ended as ``answered``, and cites first the
very text that it was made from. Nothing else is ever suggested.
"""

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from assistant.answering import Assistant
from assistant.asking import InvalidQuestion, check_filters
from assistant.candidates import Asked, Candidate, Place, candidates_at
from assistant.contract import LONGEST_QUESTION
from assistant.documents import Answer, Document, Filters, Quoted, Status
from assistant.retrieval import matches

MOST_SUGGESTIONS = 3
MOST_TRIALS = 6
"""Questions that are answered for one request; each costs what any question does."""

MOST_CANDIDATES = 18
"""Questions that are considered for one answer; a later request tries what is left of them."""

MOST_STARTS = 3
"""Citations, or passages of an abstention, in whose neighbourhood suggestions are sought."""

NEIGHBOURS = (1, -1, 2, -2, 3, -3)
"""Which sections beside the cited one, in the order in which they are tried."""

MOST_ASKED = 50
"""Earlier questions, the last ones, that are not suggested again."""

FEWEST_WORDS = 5
"""Words that the quotes of an answer hold together; fewer leave the reader guessing."""

MOST_VERDICTS = 4096
"""Verdicts that are kept; each takes less than a kilobyte."""


@dataclass(frozen=True, slots=True)
class Context:
    """An answer as a browser sends it back, the questions before it, and the filters in force."""

    answer: Answer
    asked: Sequence[str]
    filters: Filters


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a trial ended: where its first citation stands, or nowhere if it was not answered."""

    document: str = ""
    start: int = 0
    end: int = 0

    def proves(self, candidate: Candidate) -> bool:
        """Whether the candidate is answered by the text that it was made from."""
        is_inside = candidate.start <= self.start and self.end <= candidate.end
        return self.document == candidate.document and is_inside

    def overlaps(self, other: "Verdict") -> bool:
        """Whether both cite the same words."""
        is_apart = self.end <= other.start or other.end <= self.start
        return self.document == other.document and not is_apart


Key = tuple[str, str, str]
"""Build of the index, documents that may be used, question: a verdict depends on nothing else."""

Attempt = Callable[[Callable[[], Verdict]], Awaitable[Verdict | None]]
"""Does the work if that hinders no real question; ``None`` if it would."""


class Verdicts:
    """The verdicts that were used last. Thread safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Verdict] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Verdict | None:
        """The verdict, if it is kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Key, verdict: Verdict) -> None:
        """Add a verdict; with too many, the one goes that was not used for longest."""
        with self._lock:
            self._kept[key] = verdict
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_VERDICTS:
                self._kept.popitem(last=False)


class Refiner:
    """Finds suggestions, and remembers what it tried."""

    def __init__(self) -> None:
        self._verdicts = Verdicts()

    async def suggestions(
        self, assistant: Assistant, context: Context, attempt: Attempt
    ) -> tuple[str, ...]:
        """At most ``MOST_SUGGESTIONS`` questions that are proven to have an answer.

        ``attempt`` gets at most ``MOST_TRIALS`` trials. Once it declines one, only what earlier
        trials proved is given.
        """
        try:
            check_filters(context.filters, assistant.documents)
        except InvalidQuestion:
            return ()
        trials = _Trials(assistant, context.filters, attempt, self._verdicts)
        seen = [Verdict(q.document, q.start, q.end) for q in context.answer.citations]
        chosen: list[Candidate] = []
        for candidate in await asyncio.to_thread(candidates, assistant, context):
            if any(candidate.resembles(other.asked) for other in chosen):
                continue
            verdict = await trials.verdict(candidate.question)
            if verdict and verdict.proves(candidate) and not any(map(verdict.overlaps, seen)):
                chosen.append(candidate)
                seen.append(verdict)
            if len(chosen) == MOST_SUGGESTIONS:
                break
        return tuple(candidate.question for candidate in chosen)


class _Trials:
    """The trials of one request."""

    def __init__(
        self, assistant: Assistant, filters: Filters, attempt: Attempt, known: Verdicts
    ) -> None:
        self._assistant, self._filters = assistant, filters
        self._attempt, self._known = attempt, known
        self._build = assistant.retriever.index.manifest.build
        self._scope = _scope(assistant.documents, filters)
        self._left = MOST_TRIALS

    async def verdict(self, question: str) -> Verdict | None:
        """The verdict on a question, known or made now; ``None`` if it is not to be had."""
        key = (self._build, self._scope, question)
        known = self._known.get(key)
        if known or not self._left:
            return known
        # another request may have tried it while this one was in line
        made = await self._attempt(lambda: self._known.get(key) or self._try(key))
        self._left = self._left - 1 if made else 0
        return made

    def _try(self, key: Key) -> Verdict:
        """Ask the question alone; without the language model, of which every call may be paid."""
        *_, question = key
        answer = self._assistant.answer(question, filters=self._filters, answerer="extractive")
        verdict = Verdict()
        words = sum(len(citation.quote.split()) for citation in answer.citations)
        if answer.status is Status.ANSWERED and words >= FEWEST_WORDS:
            first = answer.citations[0]
            verdict = Verdict(first.document, first.start, first.end)
        self._known.keep(key, verdict)
        return verdict


def _scope(documents: Mapping[str, Document], filters: Filters) -> str:
    """Which documents the filters leave, in few characters; empty for no filters."""
    if filters == Filters():
        return ""
    left = sorted(d.id for d in documents.values() if matches(d.metadata, d.id, filters))
    return hashlib.sha256("\n".join(left).encode()).hexdigest()


def candidates(assistant: Assistant, context: Context) -> list[Candidate]:
    """What may be suggested, in the order in which to try it.

    Of every place comes its best question first, then of every place its second best.
    """
    index = assistant.retriever.index
    questions = [*context.asked, context.answer.question, context.answer.standalone_question]
    cut = [question[:LONGEST_QUESTION] for question in questions[-MOST_ASKED:]]
    asked = [Asked.of(question, question, index.analyzer) for question in cut]
    by_place = [
        [
            candidate
            for candidate in candidates_at(place, index)
            if not _is_quoted(candidate, context.answer.citations)
            and not any(map(candidate.resembles, asked))
        ]
        for place in _places(index.documents, context)
    ]
    in_turn = chain.from_iterable(zip_longest(*by_place))
    return list(islice(filter(None, in_turn), MOST_CANDIDATES))


def _is_quoted(candidate: Candidate, quotes: Sequence[Quoted]) -> bool:
    """Whether the text it was made from is in the answer already."""
    return any(
        q.document == candidate.document and q.start <= candidate.start < q.end for q in quotes
    )


def _places(documents: Mapping[str, Document], context: Context) -> Iterator[Place]:
    """The sections that the answer cites, then those beside them, nearest first.

    After an abstention only those of its nearest passages: what is beside them is further off.
    """
    answer = context.answer
    quotes = (answer.citations or answer.related)[:MOST_STARTS]
    starts = [place for quote in quotes for place in _place_of(quote, documents, context.filters)]
    steps = (0, *NEIGHBOURS) if answer.citations else (0,)
    seen: set[tuple[str, int]] = set()
    for step in steps:
        for start in starts:
            sections = start.document.sections
            row = sections.index(start.section) + step
            if 0 <= row < len(sections) and (start.document.id, row) not in seen:
                seen.add((start.document.id, row))
                yield Place(start.document, sections[row], start.start, start.end)


def _place_of(
    quote: Quoted, documents: Mapping[str, Document], filters: Filters
) -> Iterator[Place]:
    """Where a quote stands; nothing if it points at no present text that may be used."""
    document = documents.get(quote.document)
    if document is None or document.version != quote.version:
        return
    if not 0 <= quote.start < quote.end <= len(document.text):
        return
    if matches(document.metadata, document.id, filters):
        for section in document.sections:
            if section.start <= quote.start < section.end:
                yield Place(document, section, quote.start, quote.end)
