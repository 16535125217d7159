"""One outcome to its figures: pure, so that scoring again costs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.documents import Answer, Document, Passage, Status
from assistant.evaluation.cases import Case
from assistant.evaluation.metrics.citations import Span, covered, is_verbatim, overlap, supported
from assistant.evaluation.metrics.facts import facts_found
from assistant.evaluation.metrics.ndcg import ndcg
from assistant.evaluation.metrics.recall import recall_at
from assistant.evaluation.metrics.reciprocal_rank import reciprocal_rank
from assistant.evaluation.metrics.short_answer import exact_match, token_f1
from assistant.evaluation.outcomes import Outcome, Place

FACTOID = frozenset("date number person where definition".split())
"""Types of question whose one nugget makes a short answer."""

HYBRID = "hybrid"


class Verdict(StrEnum):
    """What became of a case."""

    RIGHT = "right"
    WRONG = "wrong"
    """Answered, and at least one nugget is missing."""
    ABSTAINED = "abstained"
    """Abstained on an answerable question."""
    FALSE = "false"
    """Answered an unanswerable question."""


@dataclass(frozen=True, slots=True)
class Gold:
    """The texts that answers are judged by."""

    documents: Mapping[str, Document]
    passages: Sequence[Span]

    @classmethod
    def of(cls, documents: Mapping[str, Document], passages: Sequence[Passage]) -> "Gold":
        """From the documents and passages of an index."""
        return cls(documents, tuple(Span(p.document, p.start, p.end) for p in passages))

    def resolve(self, places: Sequence[Place]) -> list[Span]:
        """The passages that hold the places, itself where none does.

        A server tells a passage without its heading and outer white space.
        """
        return [self._holding(place.span) for place in places]

    def _holding(self, place: Span) -> Span:
        holding = (
            span
            for span in self.passages
            if span.document == place.document
            and span.start <= place.start
            and place.end <= span.end
        )
        return next(holding, place)

    def spans(self, case: Case) -> list[list[Span]]:
        """For every source of a case the places where its quote stands; a text may repeat it."""
        return [self._occurrences(source.document, source.quote) for source in case.sources]

    def _occurrences(self, name: str, quote: str) -> list[Span]:
        document = self.documents.get(name)
        found: list[Span] = []
        at = document.text.find(quote) if document else -1
        while document and at >= 0:
            found.append(Span(name, at, at + len(quote)))
            at = document.text.find(quote, at + 1)
        return found

    def missing_quotes(self, cases: Sequence[Case]) -> list[str]:
        """Ids of the cases with a source quote that is not in the stored text of its document."""
        return [case.id for case in cases if not all(self.spans(case))]


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well one retriever did on one question, on one level."""

    recall: Mapping[int, float]
    reciprocal_rank: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class Scored:
    """One outcome with all that is known of it."""

    outcome: Outcome
    verdict: Verdict
    nuggets: tuple[bool, ...]
    short_answer: "ShortAnswer | None"
    citations: tuple[bool, ...]
    sources: tuple[bool, ...]
    misquotes: tuple[str, ...]
    quotes: int
    rank: int | None
    rankings: Mapping[tuple[str, str], Ranking]
    is_error: bool

    @property
    def case(self) -> Case:
        """The case that was asked."""
        return self.outcome.case

    @property
    def answer(self) -> Answer:
        """What the assistant said."""
        return self.outcome.answer

    @property
    def abstained(self) -> bool:
        """Whether the assistant declined to answer."""
        return self.answer.status is Status.ABSTAINED

    @property
    def faults(self) -> tuple[str, ...]:
        """What may never happen: wrong quotes, and an answer without any."""
        has_proof = self.abstained or bool(self.answer.citations)
        return self.misquotes if has_proof else (*self.misquotes, "answers without a citation")


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """A short answer against the one nugget of its case."""

    exact: bool
    f1: float
    holds_fact: bool


def score(outcome: Outcome, gold: Gold) -> Scored:
    """Judge one outcome."""
    case, answer = outcome.case, outcome.answer
    spans = gold.spans(case)
    cited = [Span(c.document, c.start, c.end) for c in answer.citations]
    rankings = _rankings(outcome, spans, gold)
    return Scored(
        outcome=outcome,
        verdict=_verdict(case, answer),
        nuggets=tuple(_nuggets(case, answer)),
        short_answer=_short_answer(case, answer),
        citations=tuple(supported(cited, _flat(spans))),
        sources=tuple(any(covered(cited, places)) for places in spans),
        misquotes=tuple(_misquotes(answer, gold)),
        quotes=len(answer.citations) + len(answer.related),
        rank=min(filter(None, _first_ranks(gold.resolve(outcome.retrieved), spans)), default=None),
        rankings=rankings,
        is_error=_verdict(case, outcome.unguarded or answer) is not Verdict.RIGHT,
    )


def _flat(spans: Sequence[Sequence[Span]]) -> list[Span]:
    return [span for places in spans for span in places]


def _nuggets(case: Case, answer: Answer) -> list[bool]:
    """An abstention holds none, although it repeats words of the question."""
    quotes = [citation.quote for citation in answer.citations]
    is_answer = answer.status is not Status.ABSTAINED
    return facts_found(case.facts, [answer.answer, *quotes] if is_answer else [])


def _verdict(case: Case, answer: Answer) -> Verdict:
    abstained = answer.status is Status.ABSTAINED
    if not case.answerable:
        return Verdict.RIGHT if abstained else Verdict.FALSE
    if abstained:
        return Verdict.ABSTAINED
    return Verdict.RIGHT if all(_nuggets(case, answer)) else Verdict.WRONG


def _short_answer(case: Case, answer: Answer) -> ShortAnswer | None:
    if case.type not in FACTOID or len(case.facts) != 1:
        return None
    given, accepted = answer.short_answer, case.facts[0]
    return ShortAnswer(
        exact_match(given, accepted),
        token_f1(given, accepted),
        all(facts_found([accepted], [given])),
    )


def _misquotes(answer: Answer, gold: Gold) -> list[str]:
    """Every quote that is not its document's text at its offsets."""
    found = []
    for quoted in (*answer.citations, *answer.related):
        document = gold.documents.get(quoted.document)
        span = Span(quoted.document, quoted.start, quoted.end)
        if document is None:
            found.append(f"cites the unknown document '{quoted.document}'")
        elif not is_verbatim(quoted.quote, span, document.text):
            place = f"{span.document}[{span.start}:{span.end}]"
            found.append(f"not verbatim at {place}: {quoted.quote}")
    return found


def _rankings(
    outcome: Outcome, spans: Sequence[Sequence[Span]], gold: Gold
) -> dict[tuple[str, str], Ranking]:
    """By level and retriever; nothing where the case has no source."""
    if not spans:
        return {}
    found = {n: gold.resolve(p) for n, p in {**outcome.legs, HYBRID: outcome.retrieved}.items()}
    relevant = _relevant_passages(spans, gold)
    documents = list(dict.fromkeys(source.document for source in outcome.case.sources))
    return {
        key: ranking
        for name, places in found.items()
        for key, ranking in (
            (("passage", name), _passage_ranking(places, spans, relevant)),
            (("document", name), _document_ranking(places, documents)),
        )
    }


def _relevant_passages(spans: Sequence[Sequence[Span]], gold: Gold) -> dict[str, int]:
    places = _flat(spans)
    found = (span for span in gold.passages if any(overlap(span, place) for place in places))
    return {str(span): 1 for span in found}


def _first_ranks(places: Sequence[Span], spans: Sequence[Sequence[Span]]) -> list[int | None]:
    """For every source the rank of the first passage that overlaps it."""
    return [next((r for r, p in enumerate(places, 1) if supported([p], s)[0]), None) for s in spans]


def _passage_ranking(
    places: Sequence[Span], spans: Sequence[Sequence[Span]], relevant: Mapping[str, int]
) -> Ranking:
    return _ranking(_first_ranks(places, spans), list(map(str, places)), relevant)


def _document_ranking(places: Sequence[Span], relevant: Sequence[str]) -> Ranking:
    ids = list(dict.fromkeys(place.document for place in places))
    ranks = [ids.index(name) + 1 if name in ids else None for name in relevant]
    return _ranking(ranks, ids, dict.fromkeys(relevant, 1))


def _ranking(
    ranks: Sequence[int | None], ids: Sequence[str], relevant: Mapping[str, int]
) -> Ranking:
    return Ranking(
        recall={k: recall_at(ranks, k) for k in (1, 5, 10)},
        reciprocal_rank=reciprocal_rank(ranks),
        ndcg=ndcg(ids, relevant),
    )
