"""The reader: question and passages to evidence spans with a confidence.

``Reader`` is the interface; ``SimilarityReader`` is the reader that needs no training.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import islice
from typing import Protocol

from assistant.documents import Document, Evidence, Passage, ScoredPassage
from assistant.dutch.analysis import Analyzer, words
from assistant.dutch.folding import fold
from assistant.dutch.mentions import (
    Mention,
    find_dates,
    find_names,
    find_numbers,
    lower_case_words,
)
from assistant.dutch.questions import Expected, expected_answer
from assistant.dutch.sentences import sentences
from assistant.embedding import Encoder, Vectors


class Reader(Protocol):
    """Finds evidence for a question in passages."""

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Evidence]:
        """Evidence, best first; at most one span per sentence.

        Every span lies inside its passage's body and ``text`` is the document's text there.
        """
        ...

    def warm_up(self, passages: Iterable[Passage]) -> None:
        """Do ahead of the questions what reading these passages would have to wait for."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """What the similarity reader knows about a sentence and a question.

    The cosines are taken minus the value that unrelated Dutch text gets from e5 (about .80). The
    coverages are the share, weighted by rarity, of the question's terms that the sentence (or its
    whole passage) holds, with the title, headings and parties of the document, which every
    sentence silently refers to. ``has_expected`` and ``misses_expected`` are 1 or 0, and both 0
    when the question asks for no date, number or name. ``names_other`` is 1 when the question names
    a party of the corpus that neither the document nor the passage is about.
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

_COSINE_CENTRE = 0.80


@dataclass(frozen=True, slots=True)
class _Sentence:
    """What does not depend on the question, kept between questions."""

    passage: Passage
    start: int
    end: int
    text: str
    terms: frozenset[str]
    context_terms: frozenset[str]
    vector: Vectors


@dataclass(frozen=True, slots=True)
class _Question:
    """A question as the similarity reader compares it; ``weights`` is the rarity of its terms."""

    folded: str
    weights: Mapping[str, float]
    expected: Expected
    vector: Vectors
    parties: frozenset[str]

    def coverage(self, terms: frozenset[str]) -> float:
        """Share of the question, by rarity, that ``terms`` hold."""
        total = sum(self.weights.values()) or 1.0
        return sum(weight for term, weight in self.weights.items() if term in terms) / total

    def says(self, mention: Mention) -> bool:
        """Whether the question holds a mention; "5" is not in "2015" but "3" is in "3voor1"."""
        text = re.escape(fold(mention.text))
        return re.search(rf"(?<!\d){text}(?!\d)", self.folded) is not None


class SimilarityReader:
    """Scores every sentence of the best passages by likeness and term coverage.

    ``rarity`` gives the inverse document frequency of a search term. Sentences are embedded when
    they are first read and kept, the most recent ``CACHED_PASSAGES`` passages of them.
    """

    PASSAGES = 5
    CACHED_PASSAGES = 4096
    WARMED_PASSAGES = 200

    def __init__(
        self,
        documents: Mapping[str, Document],
        analyzer: Analyzer,
        rarity: Callable[[str], float],
        encoder: Encoder,
    ) -> None:
        self._documents = documents
        self._analyzer = analyzer
        self._rarity = rarity
        self._encoder = encoder
        self._parties = {p for document in documents.values() for p in document.metadata.parties}
        self._sentences = lru_cache(self.CACHED_PASSAGES)(self._split)
        self._ordinary_words = lru_cache(self.CACHED_PASSAGES)(self._find_ordinary_words)

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> list[Evidence]:
        """See ``Reader.read``; looks at the first ``PASSAGES`` passages."""
        asked = self._ask(question)
        scored = []
        for rank, found in enumerate(passages[: self.PASSAGES], 1):
            names_other = self._names_other(asked, found.passage)
            for sentence in self._sentences(found.passage):
                hits = self._mentions(asked, sentence)
                features = _features(asked, hits, sentence, found.cosine, names_other, rank)
                scored.append((relevance(features), _evidence(sentence, features, hits)))
        scored.sort(key=lambda item: -item[0])
        least = scored[0][0] - RELEVANCE_MARGIN if scored else 0.0
        return [evidence for score, evidence in scored if score >= least]

    def warm_up(self, passages: Iterable[Passage]) -> None:
        """See ``Reader.warm_up``: embeds the sentences of the first ``WARMED_PASSAGES``."""
        for passage in islice(passages, self.WARMED_PASSAGES):
            self._sentences(passage)

    def _split(self, passage: Passage) -> tuple[_Sentence, ...]:
        document = self._documents[passage.document]
        spans = sentences(document.text, passage.body_start, passage.end)
        texts = [document.text[start:end] for start, end in spans]
        headings = f"{document.metadata.title}. {passage.section.name}"
        vectors = self._encoder.encode_passages(texts)
        given = self._all_terms(" ".join([headings, *document.metadata.parties]))
        context = given | self._all_terms(passage.text)
        return tuple(
            _Sentence(passage, start, end, text, given | self._all_terms(text), context, vector)
            for (start, end), text, vector in zip(spans, texts, vectors, strict=True)
        )

    def _all_terms(self, text: str) -> frozenset[str]:
        """Terms of a text and of its abbreviations' other forms."""
        query = self._analyzer.query(text)
        return frozenset(query.terms).union(*(other for _, other in query.alternatives))

    def _ask(self, question: str) -> _Question:
        asked = words(question)
        return _Question(
            folded=fold(question),
            weights={term: self._rarity(term) for term in self._analyzer.terms(question)},
            expected=expected_answer(question),
            vector=self._encoder.encode_query(question),
            parties=frozenset(p for p in self._parties if _holds(asked, words(p))),
        )

    def _names_other(self, asked: _Question, passage: Passage) -> bool:
        own = self._documents[passage.document].metadata.parties
        written = words(passage.text)
        return any(not _holds(written, words(party)) for party in asked.parties.difference(own))

    def _mentions(self, asked: _Question, sentence: _Sentence) -> list[Mention]:
        """Dates, numbers or names, as asked; what the question itself says is no answer to it."""
        match asked.expected:
            case Expected.DATE:
                found = find_dates(sentence.text)
            case Expected.NUMBER:
                found = find_numbers(sentence.text)
            case Expected.NAME:
                ordinary = self._ordinary_words(sentence.passage.document)
                found = find_names(sentence.text, ordinary)
            case _:
                found = []
        return [mention for mention in found if not asked.says(mention)]

    def _find_ordinary_words(self, document: str) -> frozenset[str]:
        return lower_case_words(self._documents[document].text)


def _features(
    asked: _Question,
    hits: Sequence[Mention],
    sentence: _Sentence,
    passage_cosine: float,
    names_other: bool,
    rank: int,
) -> Features:
    is_typed = asked.expected in (Expected.DATE, Expected.NUMBER, Expected.NAME)
    return Features(
        sentence_cosine=float(asked.vector @ sentence.vector) - _COSINE_CENTRE,
        passage_cosine=passage_cosine - _COSINE_CENTRE if passage_cosine else 0.0,
        sentence_coverage=asked.coverage(sentence.terms),
        context_coverage=asked.coverage(sentence.context_terms),
        has_expected=float(is_typed and bool(hits)),
        misses_expected=float(is_typed and not hits),
        names_other=float(names_other),
        reciprocal_rank=1 / rank,
    )


def relevance(features: Features) -> float:
    """How well a sentence fits, for comparing the sentences of one question."""
    return _weigh(features, _RELEVANCE)


def confidence(features: Features) -> float:
    """Probability that a sentence, the best of its question, answers it."""
    return 1 / (1 + math.exp(-_CONFIDENCE_BIAS - _weigh(features, _CONFIDENCE)))


def _weigh(features: Features, weights: Features) -> float:
    pairs = zip(astuple(features), astuple(weights), strict=True)
    return float(sum(value * weight for value, weight in pairs))


def _holds(text: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the words of ``phrase`` stand in ``text`` in a row."""
    size = len(phrase)
    return any(list(text[at : at + size]) == list(phrase) for at in range(len(text) - size + 1))


def _evidence(sentence: _Sentence, features: Features, hits: Sequence[Mention]) -> Evidence:
    return Evidence(
        passage=sentence.passage,
        start=sentence.start,
        end=sentence.end,
        text=sentence.text,
        confidence=confidence(features),
        short_answer=hits[0].text if len(hits) == 1 else "",
    )
