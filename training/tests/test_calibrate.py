"""Fits on made-up samples, and one pass over a small corpus with the bundled model."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import check_grad

from assistant.evaluation.cases import Case, Source
from training.calibrate import (
    NAMES,
    NETWORK,
    Sample,
    _confidence_loss,
    _relevance_loss,
    collect,
    compare_features,
    describe,
    fit,
    judge,
    write_calibration,
)

EVERY = list(range(len(NAMES)))
EVIDENCE = NAMES.index("evidence")
SOURCES = (Source(document="d", quote="q"),)


def case(number: int, answerable: bool) -> Case:
    if answerable:
        facts = (("feit",),)
        return Case(
            id=f"a{number}",
            question="?",
            type="what",
            answerable=True,
            facts=facts,
            sources=SOURCES,
        )
    return Case(id=f"u{number}", question="?", type="missing_fact", answerable=False)


def made_up(answerable: bool, number: int, rng: np.random.Generator) -> Sample:
    """Six sentences of noise; the right one, if any, has much evidence."""
    rows = rng.normal(size=(6, len(NAMES)))
    right = np.zeros(6, dtype=bool)
    if answerable:
        right[number % 6] = True
        rows[number % 6, EVIDENCE] += 4
    return Sample(case(number, answerable), rows, right)


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    rng = np.random.default_rng(1)
    read = [made_up(number % 3 > 0, number, rng) for number in range(90)]
    nothing = Sample(case(999, False), np.zeros((0, len(NAMES))), np.zeros(0, dtype=bool))
    return [*read, nothing]


def test_the_telling_feature_gets_the_weight(samples: list[Sample]) -> None:
    fitted = fit(samples, NAMES, 0.003)
    for weights in (fitted.relevance, fitted.confidence):
        assert np.argmax(np.abs(weights)) == EVIDENCE and weights[EVIDENCE] > 0
    answerable = [s for s in samples if s.case.answerable]
    assert np.mean([bool(s.right[fitted.first(s)]) for s in answerable]) > 0.9
    assert fitted.first(samples[-1]) is None


def test_features_that_are_left_out_weigh_nothing(samples: list[Sample]) -> None:
    fitted = fit(samples, NETWORK, 0.003)
    others = [NAMES.index(name) for name in NAMES if name not in NETWORK]
    assert not fitted.relevance[others].any() and not fitted.confidence[others].any()


def test_a_heavier_penalty_shrinks_the_weights(samples: list[Sample]) -> None:
    light, heavy = fit(samples, NAMES, 0.001), fit(samples, NAMES, 1.0)
    assert np.linalg.norm(heavy.relevance) < np.linalg.norm(light.relevance)
    assert np.linalg.norm(heavy.confidence) < np.linalg.norm(light.confidence)


def test_gradients_are_those_of_the_losses(samples: list[Sample]) -> None:
    usable = [s for s in samples if s.right.any()]
    weights = np.random.default_rng(2).normal(size=len(NAMES)) / 4
    rows = np.array([s.features[0] for s in usable])
    right = np.array([float(s.right[0]) for s in usable])
    shares = np.full(len(rows), 1 / len(rows))
    relevance = partial(_relevance_loss, samples=usable, used=EVERY, penalty=0.01)
    confidence = partial(_confidence_loss, rows=rows, right=right, shares=shares, penalty=0.01)
    assert check_grad(lambda x: relevance(x)[0], lambda x: relevance(x)[1], weights) < 1e-5
    start = np.r_[0.3, weights]
    assert check_grad(lambda x: confidence(x)[0], lambda x: confidence(x)[1], start) < 1e-5


def test_the_report_tells_right_and_false_answers(samples: list[Sample]) -> None:
    fitted = fit(samples, NAMES, 0.003)
    line = judge(samples, fitted)
    assert "first right 0.9" in line or "first right 1.0" in line
    assert "8% abstained" in line and "false 0." in line
    assert len(list(compare_features(samples, {"dev": samples}, 0.003))) == 6
    assert len(list(describe(fitted))) == len(NAMES) + 1


def test_writing_keeps_the_thresholds(samples: list[Sample], tmp_path: Path) -> None:
    target = tmp_path / "calibration.json"
    target.write_text(json.dumps({"thresholds": {"answered": 0.7, "partial": 0.3}}))
    write_calibration(fit(samples, NAMES, 0.003), target)
    written = json.loads(target.read_text())
    assert written["thresholds"] == {"answered": 0.7, "partial": 0.3}
    assert list(written["relevance"]) == NAMES


def test_collect_marks_the_sentences_of_the_gold_quotes(tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    text = "# Akkoord\n\nDe stuurgroep komt samen in Gent. De voorzitter is Karel Maes.\n"
    (folder / "akkoord.md").write_text(text)
    quote = Source(document="akkoord", quote="De voorzitter is Karel Maes.")
    asked = case(1, answerable=True).model_copy(update={"sources": (quote,)})
    (sample,) = collect(folder, [asked], tmp_path / "index")
    assert sample.right.tolist() == [False, True]
    assert sample.features.shape == (2, len(NAMES))
