"""The reader: question and passages to evidence with a calibrated confidence.

``Reader`` is the interface. ``TrainedReader`` joins what a network says of every sentence with how
question and sentence match; ``assistant.similarity`` has the baseline.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields
from functools import lru_cache
from typing import Any, Protocol

from assistant.documents import Evidence, Passage, ScoredPassage
from assistant.dutch.mentions import Mention
from assistant.matching import Asked, Matcher, Sentence
from assistant.passages import heading_of
from assistant.reader_model import MODEL_FOLDER, HeadedText, ReaderModel, ReadSentence, ReadText


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Confidence from which an answer is given, and from which it is given with a warning."""

    answered: float
    partial: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader made of the passages.

    ``evidence``, best first, holds at most one span per sentence; ``passages`` are those that were
    given, the likeliest to hold the answer first.
    """

    evidence: tuple[Evidence, ...]
    passages: tuple[ScoredPassage, ...]


class Reader(Protocol):
    """Finds evidence for a question in passages. Thread safe."""

    @property
    def thresholds(self) -> Thresholds:
        """What to do with its confidence, chosen with its calibration."""
        ...

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        """Evidence for an answer, and the passages in the order of their use for it.

        Every span lies inside its passage's body and ``text`` is the document's text there.
        """
        ...

    def warm_up(self, passages: Iterable[Passage]) -> None:
        """Do ahead of the questions what reading these passages would have to wait for."""
        ...


@dataclass(frozen=True, slots=True)
class Features:
    """What is known about one sentence for one question.

    ``evidence`` and ``answerable`` are logits of the network, within ``LARGEST_LOGIT``; ``joint``
    is the product of their probabilities, ``span`` the probability of its best short answer;
    ``passage_cosine`` is taken minus the value of unrelated text; ``reciprocal_rank`` is that of
    its passage as retrieved; the others are those of ``matching.Match``.
    """

    evidence: float
    answerable: float
    joint: float
    span: float
    passage_cosine: float
    reciprocal_rank: float
    sentence_coverage: float
    context_coverage: float
    has_expected: float
    misses_expected: float
    names_other: float
    misses_year: float
    misses_ordinal: float


LARGEST_LOGIT = 6.0
COSINE_CENTRE = 0.80
"""Cosine that e5 gives unrelated Dutch texts."""

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights that turn features into relevance and confidence (``training.calibrate``).

    ``relevance`` compares the sentences of one question; the logistic function of ``bias`` plus
    ``confidence`` is the probability that a sentence answers it.
    """

    relevance: Features
    confidence: Features
    bias: float
    thresholds: Thresholds

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Calibration":
        """Parse what ``to_json`` wrote. Raises ``KeyError`` or ``TypeError`` for other rows."""
        return cls(
            Features(**row["relevance"]),
            Features(**row["confidence"]),
            float(row["bias"]),
            Thresholds(**row["thresholds"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The calibration as written to ``CALIBRATION_FILE``."""
        return asdict(self)


@lru_cache(maxsize=1)
def bundled_calibration() -> Calibration:
    """The calibration that was fitted with the bundled model."""
    path = MODEL_FOLDER / CALIBRATION_FILE
    return Calibration.from_json(json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be evidence, with all that is known about it."""

    found: ScoredPassage
    sentence: Sentence
    features: Features
    short_answer: str


class TrainedReader:
    """Reads the passages with a network and weighs its scores with those of ``Matcher``."""

    def __init__(self, matcher: Matcher, model: ReaderModel, calibration: Calibration) -> None:
        self._matcher = matcher
        self._model = model
        self._calibration = calibration

    @property
    def thresholds(self) -> Thresholds:
        """See ``Reader.thresholds``."""
        return self._calibration.thresholds

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        """See ``Reader.read``."""
        candidates = self.candidates(question, passages)
        scored = [(weigh(c.features, self._calibration.relevance), c) for c in candidates]
        scored.sort(key=lambda item: -item[0])
        evidence = tuple(self._evidence(scored))
        order = list(dict.fromkeys(c.found.passage.id for _, c in scored))
        rank = {passage: number for number, passage in enumerate(order)}
        ranked = sorted(passages, key=lambda found: rank.get(found.passage.id, len(rank)))
        return Reading(evidence, tuple(ranked))

    def warm_up(self, passages: Iterable[Passage]) -> None:
        """See ``Reader.warm_up``: the network allocates on its first run."""
        first = next(iter(passages), None)
        if first is not None:
            self._model.read("Wat?", [self._headed(first)])

    def candidates(self, question: str, passages: Sequence[ScoredPassage]) -> list[Candidate]:
        """Every sentence of the passages with its features, in the order of the text."""
        asked = self._matcher.ask(question)
        plain = question.lower() if question.isupper() else question
        texts = self._model.read(plain, [self._headed(f.passage) for f in passages])
        return [
            candidate
            for rank, (found, text) in enumerate(zip(passages, texts, strict=True), 1)
            for candidate in self._of_passage(asked, found, text, rank)
        ]

    def _headed(self, passage: Passage) -> HeadedText:
        document = self._matcher.documents[passage.document]
        body = document.text[passage.body_start : passage.end]
        return HeadedText(heading_of(document, passage), body)

    def _of_passage(
        self, asked: Asked, found: ScoredPassage, text: ReadText, rank: int
    ) -> Iterable[Candidate]:
        base = found.passage.body_start
        scores = {base + read.start: read for read in text.sentences}
        for sentence in self._matcher.sentences(found.passage):
            read = scores.get(sentence.start)
            if read is None:
                continue
            match = self._matcher.match(asked, sentence)
            features = Features(
                *_network_features(read, text),
                centred_cosine(found),
                1 / rank,
                *astuple(match),
            )
            hits = self._matcher.mentions(asked, sentence)
            yield Candidate(found, sentence, features, short_answer(sentence, read, base, hits))

    def _evidence(self, scored: Sequence[tuple[float, Candidate]]) -> Iterator[Evidence]:
        """The first sentence gets its calibrated probability, every other one less.

        Relevance is fitted as the logit of a softmax, so its exponent is a ratio of probabilities.
        """
        if not scored:
            return
        highest, first = scored[0]
        calibration = self._calibration
        sure = _sigmoid(calibration.bias + weigh(first.features, calibration.confidence))
        for relevance, candidate in scored:
            sentence = candidate.sentence
            yield Evidence(
                passage=sentence.passage,
                start=sentence.start,
                end=sentence.end,
                text=sentence.text,
                confidence=sure * math.exp(relevance - highest),
                short_answer=candidate.short_answer,
            )


def weigh(features: Features, weights: Features) -> float:
    """The sum of all features times their weights."""
    names = (field.name for field in fields(Features))
    return float(sum(getattr(features, name) * getattr(weights, name) for name in names))


def short_answer(sentence: Sentence, read: ReadSentence, base: int, hits: Sequence[Mention]) -> str:
    """The network's span, or the date, number or name in its place when the question asks one."""
    start, end = base + read.span_start - sentence.start, base + read.span_end - sentence.start
    touched = [hit for hit in hits if hit.start < end and start < hit.end]
    if touched:
        start = min(start, touched[0].start) if len(touched) > 1 else touched[0].start
        end = max(end, touched[-1].end) if len(touched) > 1 else touched[0].end
        return sentence.text[start:end].strip()
    if len(hits) == 1:
        return hits[0].text
    return sentence.text[start:end].strip(" \n,;:")


def centred_cosine(found: ScoredPassage) -> float:
    """How much nearer than unrelated text a passage is; 0 where only BM25 found it."""
    return found.cosine - COSINE_CENTRE if found.cosine else 0.0


def _network_features(read: ReadSentence, text: ReadText) -> tuple[float, float, float, float]:
    joint = _sigmoid(read.evidence) * _sigmoid(text.answerable)
    return _clipped(read.evidence), _clipped(text.answerable), joint, read.span


def _clipped(logit: float) -> float:
    return max(-LARGEST_LOGIT, min(LARGEST_LOGIT, logit))


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))
