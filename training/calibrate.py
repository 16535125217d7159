"""Fit how the reader weighs what it knows: ``python -m training.calibrate --also runs/invented``.

The questions are those of the evaluation cases' dev split over the project's corpus and those of
the invented groups that no stage trained on (``training.as_corpus``), each set weighing the same.
Prints what each set of features gives, then the weights of all of them, and writes these to the
calibration file ``--target``, if given; the thresholds there are chosen by hand and stay.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from assistant.answering import Assistant
from assistant.assembly import build_assistant, update_from_corpus
from assistant.conversation import standalone_question
from assistant.documents import Filters, Turn
from assistant.evaluation.cases import NEAR_MISSES, Case, load_cases
from assistant.evaluation.metrics.citations import Span, supported
from assistant.evaluation.suite import open_gold
from assistant.indexing import ignore_progress
from assistant.matching import Matcher
from assistant.reader_model import bundled_reader_model
from assistant.reading import Calibration, Candidate, Features, Thresholds, TrainedReader
from assistant.settings import Settings

RETRIEVED = 10
"""Passages that are read for a question."""

NAMES = [field.name for field in fields(Features)]
NETWORK = ["evidence", "answerable", "joint", "span"]
RETRIEVAL = ["passage_cosine", "reciprocal_rank"]

FEATURE_SETS = {
    "network": NETWORK,
    "network + rank": [*NETWORK, "reciprocal_rank"],
    "network + retrieval": [*NETWORK, *RETRIEVAL],
    "network + match": [name for name in NAMES if name not in RETRIEVAL],
    "all": NAMES,
    "match and retrieval only": [name for name in NAMES if name not in NETWORK],
}
ABSTAINED = (0.08, 0.15, 0.25)
"""Shares of the answerable questions that may be abstained on, for ``judge``."""

RULES = {"names_other": -3.0}
"""Weights that are not fitted: a document that never mentions a party that the question names is
the wrong one, however well its sentences fit. The invented questions hold too few such cases.
"""

_NONE = Features(*[0.0] * len(NAMES))
_NO_CALIBRATION = Calibration(_NONE, _NONE, 0.0, Thresholds(0, 0))
_LEAST_MASS = 1e-12

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One question: a row of features per sentence, which sentences are right, and its weight."""

    case: Case
    features: Floats
    right: npt.NDArray[np.bool_]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights in the order of ``NAMES``; ``bias`` belongs to ``confidence``."""

    relevance: Floats
    confidence: Floats
    bias: float

    def first(self, sample: Sample) -> int | None:
        """The sentence that comes first, if there is any."""
        return int(np.argmax(sample.features @ self.relevance)) if len(sample.features) else None


def collect(corpus: Path, cases: Sequence[Case], index: Path) -> list[Sample]:
    """Read every question as the assistant would; the index is made in the folder ``index``.

    Raises ``CaseError`` when a case misquotes its document.
    """
    settings = Settings(corpus=corpus, index=index)
    update_from_corpus(settings, rebuild=False, progress=ignore_progress)
    assistant = build_assistant(settings)
    found = assistant.retriever.index
    matcher = Matcher(found.documents, found.analyzer, found.rarity)
    reader = TrainedReader(matcher, bundled_reader_model(), _NO_CALIBRATION)
    gold = open_gold(settings, cases)
    return [_sample(case, _candidates(assistant, reader, case), gold.spans(case)) for case in cases]


def _candidates(assistant: Assistant, reader: TrainedReader, case: Case) -> list[Candidate]:
    history = [Turn(turn.question, turn.answer) for turn in case.history]
    asked = standalone_question(case.question, history)
    return reader.candidates(asked, assistant.retriever.search(asked, Filters(), RETRIEVED))


def _sample(
    case: Case, candidates: Sequence[Candidate], places: Sequence[Sequence[Span]]
) -> Sample:
    gold = [span for occurrences in places for span in occurrences]
    sentences = [candidate.sentence for candidate in candidates]
    spans = [Span(s.passage.document, s.start, s.end) for s in sentences]
    rows = np.array([astuple(candidate.features) for candidate in candidates])
    right = np.array(supported(spans, gold), dtype=bool)
    return Sample(case, rows.reshape(-1, len(NAMES)), right)


def fit(samples: Sequence[Sample], names: Sequence[str], penalty: float) -> Fit:
    """Relevance and, for what comes first by it, confidence from the features ``names``."""
    used = [NAMES.index(name) for name in names]
    relevance = fit_relevance(samples, used, penalty)
    return Fit(relevance, *fit_confidence(samples, relevance, used, penalty))


def fit_relevance(samples: Sequence[Sample], used: Sequence[int], penalty: float) -> Floats:
    """Weights of the ``used`` columns; 0 elsewhere.

    Minimises the mean of -log of the softmax mass that a question's right sentences get together
    (Clark and Gardner 2018, "Simple and Effective Multi-Paragraph Reading Comprehension", the sum
    objective), plus ``penalty`` times the squared length of the weights. Questions without a right
    sentence among those read say nothing.
    """
    usable = [s for s in samples if s.case.answerable and s.right.any()]
    start = np.zeros(len(used))
    loss = minimize(_relevance_loss, start, (usable, used, penalty), "L-BFGS-B", jac=True)
    return _spread(loss.x, used)


def _relevance_loss(
    weights: Floats, samples: Sequence[Sample], used: Sequence[int], penalty: float
) -> tuple[float, Floats]:
    """The loss and its gradient."""
    value, gradient = 0.0, np.zeros_like(weights)
    total = sum(sample.weight for sample in samples)
    for sample in samples:
        rows = sample.features[:, used]
        scores = rows @ weights
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        mass = chances * sample.right
        caught = mass.sum() + _LEAST_MASS
        value -= sample.weight * float(np.log(caught))
        gradient -= sample.weight * (rows.T @ (mass / caught - chances))
    value = value / total + penalty * float(weights @ weights)
    return value, gradient / total + 2 * penalty * weights


def fit_confidence(
    samples: Sequence[Sample], relevance: Floats, used: Sequence[int], penalty: float
) -> tuple[Floats, float]:
    """Weights and bias of the probability that the first sentence is right.

    Logistic regression with ``penalty`` times the squared length of the weights, the bias left out.
    """
    read = [s for s in samples if len(s.features)]
    tops = [int(np.argmax(s.features @ relevance)) for s in read]
    rows = np.array([s.features[top][used] for s, top in zip(read, tops, strict=True)])
    right = np.array([float(s.right[top]) for s, top in zip(read, tops, strict=True)])
    shares = np.array([s.weight for s in read])
    given = rows, right, shares / shares.sum(), penalty
    loss = minimize(_confidence_loss, np.zeros(len(used) + 1), given, "L-BFGS-B", jac=True)
    return _spread(loss.x[1:], used), float(loss.x[0])


def _confidence_loss(
    parameters: Floats, rows: Floats, right: Floats, shares: Floats, penalty: float
) -> tuple[float, Floats]:
    """The loss and its gradient; the first parameter is the bias."""
    bias, weights = parameters[0], parameters[1:]
    logits = bias + rows @ weights
    errors = shares * (_sigmoid(logits) - right)
    value = float((shares * (np.logaddexp(0, logits) - right * logits)).sum())
    gradient = np.r_[errors.sum(), rows.T @ errors + 2 * penalty * weights]
    return value + penalty * float(weights @ weights), gradient


def _sigmoid(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-logits))
    return chances


def _spread(values: Floats, used: Sequence[int]) -> Floats:
    whole = np.zeros(len(NAMES))
    whole[list(used)] = values
    return whole


def judge(samples: Sequence[Sample], fitted: Fit) -> str:
    """How often the first sentence is right, and what abstaining costs and saves.

    ``AUC``: a right first sentence is surer than that of an unanswerable question. For each share
    of ``ABSTAINED``, with the confidence that it takes: answerable questions that stay right,
    unanswerable ones and near misses that are answered.
    """
    tops = [fitted.first(s) for s in samples]
    right = np.array(
        [t is not None and bool(s.right[t]) for s, t in zip(samples, tops, strict=True)]
    )
    chance = np.array([_confidence(s, t, fitted) for s, t in zip(samples, tops, strict=True)])
    answerable = np.array([s.case.answerable for s in samples])
    near = np.array([s.case.type in NEAR_MISSES for s in samples])
    good, bad = chance[answerable & right][:, None], chance[~answerable][None]
    parts = [f"first right {right[answerable].mean():.3f}", f"AUC {(good > bad).mean():.3f}"]
    for share in ABSTAINED:
        least = np.quantile(chance[answerable], share)
        kept = chance >= least
        parts.append(
            f"{share:.0%} abstained (>{least:.2f}): right {(right & kept)[answerable].mean():.2f}"
            f" false {kept[~answerable].mean():.2f} near {kept[near].mean():.2f}"
        )
    return " | ".join(parts)


def _confidence(sample: Sample, top: int | None, fitted: Fit) -> float:
    if top is None:
        return 0.0
    return float(_sigmoid(fitted.bias + sample.features[top] @ fitted.confidence))


def compare_features(
    fitting: Sequence[Sample], judged: Mapping[str, Sequence[Sample]], penalty: float
) -> Iterator[str]:
    """A line for each of ``FEATURE_SETS`` and each set of judged questions."""
    for name, names in FEATURE_SETS.items():
        fitted = fit(fitting, names, penalty)
        for label, samples in judged.items():
            yield f"{name:26} {label:9} {judge(samples, fitted)}"


def describe(fitted: Fit) -> Iterator[str]:
    """A line for each feature with its two weights, and the bias."""
    for name, one, two in zip(NAMES, fitted.relevance, fitted.confidence, strict=True):
        yield f"{name:20} {one:7.3f} {two:7.3f}"
    yield f"bias {fitted.bias:.3f}"


def write_calibration(fitted: Fit, target: Path) -> None:
    """Put the fit and ``RULES`` into the file ``target``, which keeps its thresholds."""
    known = json.loads(target.read_text(encoding="utf-8"))
    calibration = Calibration(
        replace(Features(*np.round(fitted.relevance, 4).tolist()), **RULES),
        replace(Features(*np.round(fitted.confidence, 4).tolist()), **RULES),
        round(fitted.bias, 4),
        Thresholds(**known["thresholds"]),
    )
    text = json.dumps(calibration.to_json(), indent=1) + "\n"
    target.write_text(text, encoding="utf-8")


def main() -> None:
    """Command line."""
    arguments = _parser().parse_args()
    own_cases = load_cases(sorted(arguments.cases.glob("*.jsonl")))
    with tempfile.TemporaryDirectory() as work:
        own = collect(arguments.corpus, own_cases, Path(work) / "own")
        invented_cases = load_cases([arguments.also / "cases.jsonl"])
        invented = collect(arguments.also / "corpus", invented_cases, Path(work) / "invented")
    dev = [s for s in own if s.case.split == "dev"]
    test = [s for s in own if s.case.split == "test"]
    scale = len(dev) / len(invented)
    fitting = [*dev, *(replace(s, weight=scale) for s in invented)]
    judged = {"dev": dev, "invented": invented, "test": test}
    fitted = fit(fitting, NAMES, arguments.penalty)
    lines = [*compare_features(fitting, judged, arguments.penalty), *describe(fitted)]
    print("\n".join(lines))  # noqa: T201
    if arguments.target:
        write_calibration(fitted, arguments.target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, default=Path("evals/cases"), help="folder of cases")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"), help="their documents")
    parser.add_argument("--also", type=Path, required=True, help="folder of training.as_corpus")
    parser.add_argument("--penalty", type=float, default=0.01, help="L2 penalty of the weights")
    parser.add_argument("--target", type=Path, help="calibration file to bring up to date")
    return parser


if __name__ == "__main__":
    main()
