"""The reader that needs no network: the baseline, and what `ASSISTANT_READER=similarity` gives."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import islice

from assistant.documents import Evidence, Passage, ScoredPassage
from assistant.dutch.mentions import Mention
from assistant.embedding import Encoder, Vectors
from assistant.matching import CACHED_PASSAGES, Matcher, Sentence
from assistant.reading import COSINE_CENTRE, Reading, Thresholds, centred_cosine


@dataclass(frozen=True, slots=True)
class Features:
    """What the similarity reader knows about a sentence and a question.

    The cosines are taken minus the value that unrelated Dutch text gets from e5 (about .80); the
    others are those of ``matching.Match``.
    """

    sentence_cosine: float
    passage_cosine: float
    sentence_coverage: float
    context_coverage: float
    has_expected: float
    misses_expected: float
    names_other: float
    reciprocal_rank: float


# Both models were fitted on evals/cases/kern.jsonl (68 answerable and 20 unanswerable questions,
# 5 documents). Relevance: softmax over a question's sentences, L2 .03; the best sentence is right
# for .79 of the answerable questions, .79 in 5-fold cross-validation. Confidence: logistic
# regression on the best sentence, C = 1. ``names_other`` is a rule, not fitted: an agreement with
# another party is the wrong agreement.
_RELEVANCE = Features(
    sentence_cosine=22.5,
    passage_cosine=23.9,
    sentence_coverage=4.8,
    context_coverage=0.9,
    has_expected=3.1,
    misses_expected=-0.7,
    names_other=-3.0,
    reciprocal_rank=1.1,
)
_CONFIDENCE = Features(
    sentence_cosine=16.6,
    passage_cosine=9.4,
    sentence_coverage=0.0,
    context_coverage=3.2,
    has_expected=0.0,
    misses_expected=-1.1,
    names_other=-3.0,
    reciprocal_rank=0.0,
)
_CONFIDENCE_BIAS = -3.07

RELEVANCE_MARGIN = 1.0
"""Further sentences count as evidence when their relevance is less than this below the best."""


class SimilarityReader:
    """Scores every sentence of the best passages by likeness and term coverage.

    Sentences are embedded when they are first read and kept.
    """

    PASSAGES = 5
    WARMED_PASSAGES = 200
    thresholds = Thresholds(answered=0.65, partial=0.5)
    """Chosen on evals/cases/kern.jsonl, before cases were split, for few wrong answers."""

    def __init__(self, matcher: Matcher, encoder: Encoder) -> None:
        self._matcher = matcher
        self._encoder = encoder
        self._vectors = lru_cache(CACHED_PASSAGES)(self._embed)

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        """See ``Reader.read``; looks at the first ``PASSAGES`` passages and keeps their order."""
        asked, vector = self._matcher.ask(question), self._encoder.encode_query(question)
        scored = []
        for rank, found in enumerate(passages[: self.PASSAGES], 1):
            sentences = self._matcher.sentences(found.passage)
            for sentence, own in zip(sentences, self._vectors(found.passage), strict=True):
                match = self._matcher.match(asked, sentence)
                features = Features(
                    sentence_cosine=float(vector @ own) - COSINE_CENTRE,
                    passage_cosine=centred_cosine(found),
                    sentence_coverage=match.sentence_coverage,
                    context_coverage=match.context_coverage,
                    has_expected=match.has_expected,
                    misses_expected=match.misses_expected,
                    names_other=match.names_other,
                    reciprocal_rank=1 / rank,
                )
                hits = self._matcher.mentions(asked, sentence)
                scored.append((relevance(features), _evidence(sentence, features, hits)))
        scored.sort(key=lambda item: -item[0])
        least = scored[0][0] - RELEVANCE_MARGIN if scored else 0.0
        evidence = tuple(evidence for score, evidence in scored if score >= least)
        return Reading(evidence, tuple(passages))

    def warm_up(self, passages: Iterable[Passage]) -> None:
        """See ``Reader.warm_up``: embeds the sentences of the first ``WARMED_PASSAGES``."""
        for passage in islice(passages, self.WARMED_PASSAGES):
            self._vectors(passage)

    def _embed(self, passage: Passage) -> Vectors:
        return self._encoder.encode_passages([s.text for s in self._matcher.sentences(passage)])


def relevance(features: Features) -> float:
    """How well a sentence fits, for comparing the sentences of one question."""
    return _weigh(features, _RELEVANCE)


def confidence(features: Features) -> float:
    """Probability that a sentence, the best of its question, answers it."""
    return 1 / (1 + math.exp(-_CONFIDENCE_BIAS - _weigh(features, _CONFIDENCE)))


def _weigh(features: Features, weights: Features) -> float:
    pairs = zip(astuple(features), astuple(weights), strict=True)
    return float(sum(value * weight for value, weight in pairs))


def _evidence(sentence: Sentence, features: Features, hits: Sequence[Mention]) -> Evidence:
    return Evidence(
        passage=sentence.passage,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        confidence=confidence(features),
        short_answer=hits[0].text if len(hits) == 1 else "",
    )
