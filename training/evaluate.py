"""Figures of a reader on the Dutch validation questions, over pools of passages as in production.

``python -m training.evaluate runs/stage5.pt --data DATA`` takes a checkpoint (``.pt``) or an export
(``.onnx``). Each question meets the passages of its own text and the best lookalikes from the other
texts.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from statistics import fmean

import numpy as np
import numpy.typing as npt
import torch

from assistant.dutch.folding import fold
from training.dekamer import load_dekamer
from training.export import LoadedReader
from training.features import Features, batches, collate, encode, make_tokenizer, pool_sentences
from training.handwritten import load_handwritten
from training.model import ReaderModel, Scores
from training.paths import OWN_DATA, Paths, add_arguments
from training.readings import Pair, Reading, Span, overlaps, sentence_spans
from training.sampling import Lookalikes

Floats = npt.NDArray[np.float64]
Model = Callable[[torch.Tensor, torch.Tensor], Scores]

PASSAGE = 600
DISTRACTORS = 5
ABSTENTION = 0.08
_LONGEST_SPAN = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """One passage of a question's pool; ``own`` says that it is of the question's own text."""

    question: int
    own: bool
    pair: Pair


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a candidate: probabilities, the best sentence and the best span."""

    answerable: float
    sentences: tuple[float, ...]
    span: Span | None
    span_score: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one evaluation; shares in [0, 1].

    ``pair_auc``: passages with evidence against all others; ``hard_auc``: against those of the
    same text only; ``question_auc``: best passage of answerable against unanswerable questions.
    ``evidence``: the best sentence of the pool is evidence, of the answerable questions;
    ``evidence_own`` among the passages of the question's own text; ``evidence_long`` for questions
    without a short answer (lists, reasons, conditions). ``right`` (evidence found, of all
    answerable) and ``false_answers`` (of all unanswerable) hold at the threshold that abstains on
    8 % of the answerable.
    """

    pair_auc: float
    hard_auc: float
    question_auc: float
    best_f1: float
    evidence: float
    evidence_own: float
    evidence_long: float
    span_em: float
    span_f1: float
    right: float
    false_answers: float


def passages(reading: Reading) -> list[Pair]:
    """The reading's context in passages of whole sentences, about ``PASSAGE`` characters."""
    spans = sentence_spans(reading.context)
    cuts: list[Span] = []
    for start, end in spans:
        if cuts and end - cuts[-1][0] <= PASSAGE:
            cuts[-1] = (cuts[-1][0], end)
        else:
            cuts.append((start, end))
    return [_passage(reading, cut) for cut in cuts]


def _passage(reading: Reading, cut: Span) -> Pair:
    evidence = tuple(e for e in reading.evidence or () if overlaps(e, cut))
    answer = reading.answer
    inside = answer is not None and cut[0] <= answer[0] and answer[1] <= cut[1]
    return Pair(
        source=reading.source,
        question=reading.question,
        heading=reading.title,
        text=reading.context[slice(*cut)],
        answerable=bool(evidence),
        evidence=tuple((max(0, a - cut[0]), b - cut[0]) for a, b in evidence),
        answer=(answer[0] - cut[0], answer[1] - cut[0]) if answer and inside else None,
    )


def pools(readings: Sequence[Reading]) -> list[Candidate]:
    """All candidates of all questions."""
    texts = {r.context: r for r in readings}
    cut = {text: passages(reading) for text, reading in texts.items()}
    others = {pair.text: (pair.heading, text) for text, pairs in cut.items() for pair in pairs}
    lookalikes = Lookalikes(others)
    candidates = []
    for number, reading in enumerate(readings):
        candidates += [Candidate(number, True, pair) for pair in passages(reading)]
        found = lookalikes.find(reading.question, DISTRACTORS + len(cut[reading.context]))
        foreign = [text for text in found if others[text][1] != reading.context]
        for text in foreign[:DISTRACTORS]:
            pair = Pair("other", reading.question, others[text][0], text, False, (), None)
            candidates.append(Candidate(number, False, pair))
    return candidates


def predict(model: Model, features: Sequence[Features]) -> list[Prediction]:
    """What the model says of each."""
    results: dict[int, Prediction] = {}
    for group in batches(features, 6000, None):
        batch = collate([features[i] for i in group])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            scores = model(batch.ids, batch.mask)
        pooled, sizes = pool_sentences(scores.evidence, batch)
        for row, index in enumerate(group):
            own = (batch.rows == row) & (torch.arange(len(batch.rows)) > 0)
            chances = torch.where(sizes > 0, pooled.sigmoid(), 0.0)[own]
            span, score = _best_span(scores.start[row], scores.end[row], batch.body[row])
            results[index] = Prediction(
                answerable=float(scores.answerable[row].sigmoid()),
                sentences=tuple(chances.tolist()),
                span=_characters(features[index], span),
                span_score=score,
            )
    return [results[i] for i in range(len(features))]


def _best_span(start: torch.Tensor, end: torch.Tensor, body: torch.Tensor) -> tuple[Span, float]:
    start = start.masked_fill(~body, -1e4).log_softmax(0)
    end = end.masked_fill(~body, -1e4).log_softmax(0)
    table = (start[:, None] + end[None, :]).triu().tril(_LONGEST_SPAN)
    table = table.masked_fill(table == 0, -1e4)
    best = int(table.argmax())
    span = best // len(end), best % len(end)
    return span, float(table.flatten()[best].exp())


def _characters(features: Features, span: Span) -> Span:
    return features.offsets[span[0]][0], features.offsets[span[1]][1]


def score(
    readings: Sequence[Reading], candidates: Sequence[Candidate], said: Sequence[Prediction]
) -> Figures:
    """Compare predictions with the truth."""
    tops = [_top(number, candidates, said) for number in range(len(readings))]
    answerable = np.array([r.answerable for r in readings])
    confidence = np.array([top.confidence for top in tops])
    correct = np.array([top.correct for top in tops])
    passed = confidence >= np.quantile(confidence[answerable], ABSTENTION)
    is_long = np.array([r.answer is None for r in readings])
    own = [_top(number, candidates, said, own_only=True).correct for number in range(len(readings))]
    spans = [_span_scores(r, t, candidates, said) for r, t in zip(readings, tops, strict=True)]
    exact, partial = _means([s for s in spans if s is not None])
    return Figures(
        **_passage_figures(candidates, said),
        question_auc=_auc(confidence, answerable),
        evidence=float(correct[answerable].mean()),
        evidence_own=float(np.array(own)[answerable].mean()),
        evidence_long=float(correct[answerable & is_long].mean()),
        span_em=exact,
        span_f1=partial,
        right=float((correct & passed)[answerable].mean()),
        false_answers=float(passed[~answerable].mean()),
    )


def _passage_figures(
    candidates: Sequence[Candidate], said: Sequence[Prediction]
) -> dict[str, float]:
    truth = np.array([c.pair.answerable for c in candidates])
    own = np.array([c.own for c in candidates])
    chance = np.array([s.answerable for s in said])
    return {
        "pair_auc": _auc(chance, truth),
        "hard_auc": _auc(chance[own], truth[own]),
        "best_f1": _best_f1(chance, truth),
    }


@dataclass(frozen=True, slots=True)
class Top:
    """The best sentence over a question's pool."""

    candidate: int
    confidence: float
    correct: bool


def _top(
    number: int, candidates: Sequence[Candidate], said: Sequence[Prediction], own_only: bool = False
) -> Top:
    best = Top(-1, -1.0, False)
    for index, candidate in enumerate(candidates):
        if candidate.question != number or (own_only and not candidate.own):
            continue
        for span, chance in zip(
            sentence_spans(candidate.pair.text), said[index].sentences, strict=True
        ):
            confidence = chance * said[index].answerable
            if confidence > best.confidence:
                correct = any(overlaps(span, e) for e in candidate.pair.evidence or ())
                best = Top(index, confidence, correct)
    return best


def _span_scores(
    reading: Reading, top: Top, candidates: Sequence[Candidate], said: Sequence[Prediction]
) -> tuple[float, float] | None:
    if reading.answer is None:
        return None
    span = said[top.candidate].span
    given = candidates[top.candidate].pair.text[slice(*span)] if span else ""
    gold = reading.context[slice(*reading.answer)]
    return float(_words(given) == _words(gold)), _overlap_f1(_words(given), _words(gold))


def _means(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean of the first and of the second figures; not a number without any."""
    if not pairs:
        return nan, nan
    first, second = zip(*pairs, strict=True)
    return fmean(first), fmean(second)


def _words(text: str) -> list[str]:
    words = re.findall(r"\w+(?:[.,]\d+)*", fold(text))
    return [w for w in words if w not in {"de", "het", "een", "the", "van"}]


def _overlap_f1(given: list[str], gold: list[str]) -> float:
    shared = sum((Counter(given) & Counter(gold)).values())
    return 2 * shared / (len(given) + len(gold)) if shared else 0.0


def _auc(scores: Floats, truth: npt.NDArray[np.bool_]) -> float:
    good, bad = scores[truth], scores[~truth]
    if not len(good) or not len(bad):
        return float("nan")
    wins = (good[:, None] > bad[None, :]).mean() + 0.5 * (good[:, None] == bad[None, :]).mean()
    return float(wins)


def _best_f1(scores: Floats, truth: npt.NDArray[np.bool_]) -> float:
    order = np.argsort(-scores)
    hits = np.cumsum(truth[order])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + truth.sum())).max())


class Validation:
    """The held-out questions, tokenized once."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        tokenizer = make_tokenizer()
        self.readings = list(readings)
        self.candidates = pools(self.readings)
        self.features = [encode(tokenizer, c.pair) for c in self.candidates]

    def figures(self, model: Model) -> Figures:
        """Evaluate a model."""
        return score(self.readings, self.candidates, predict(model, self.features))


def report(figures: Figures) -> str:
    """One line for the log."""
    return " ".join(f"{k} {v:.3f}" for k, v in asdict(figures).items() if isinstance(v, float))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="checkpoint or export")
    parser.add_argument("--parts", nargs="*", default=["3"], help="of the hand-written questions")
    parser.add_argument("--dekamer", type=int, default=0, help="so many held-out sub-questions")
    add_arguments(parser)
    arguments = parser.parse_args()
    sets = _readings(Paths.of(arguments), arguments.parts, arguments.dekamer)
    torch.set_num_threads(2)
    model = load_model(arguments.weights)
    for name, readings in sets.items():
        figures = Validation(readings).figures(model)
        print(json.dumps({"set": name, **asdict(figures)}, indent=1))  # noqa: T201


def load_model(path: Path) -> Model:
    """A trained checkpoint or an exported file."""
    if path.suffix == ".onnx":
        return LoadedReader(path)
    model = ReaderModel().eval()
    model.load_state_dict(torch.load(path, weights_only=True)["model"])
    return model


def _readings(paths: Paths, parts: Sequence[str], dekamer: int) -> dict[str, list[Reading]]:
    sets = {
        f"handwritten {part}": load_handwritten(OWN_DATA, [part], paths.dekamer) for part in parts
    }
    if dekamer:
        held = load_dekamer(paths.dekamer, paths.vectors).dev
        sets["dekamer"] = [r for r in held if r.evidence or not r.answerable][:dekamer]
    return sets


if __name__ == "__main__":
    main()
