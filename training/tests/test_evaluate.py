"""Figures of a reader that knows everything, and of one that knows nothing."""

import math
from dataclasses import replace

from training.evaluate import Candidate, Prediction, pools, report, score
from training.readings import Reading, enclosing_sentences, overlaps, sentence_spans
from training.tests.samples import CONTEXT, reading

OTHER = "Het budget bedraagt 500 euro per jaar. De voorzitter van de raad beslist erover."
READINGS = [
    reading(),
    reading("acht leden", "Hoeveel leden zijn er?"),
    Reading("test", "test/1", "Titel", "Wie is de secretaris?", CONTEXT, False),
    Reading(
        "test",
        "test/2",
        "Raad",
        "Wie beslist?",
        OTHER,
        True,
        enclosing_sentences(OTHER, ((40, 50),)),
    ),
]


def perfect(candidate: Candidate) -> Prediction:
    pair = candidate.pair
    hits = [any(overlaps(s, e) for e in pair.evidence or ()) for s in sentence_spans(pair.text)]
    return Prediction(float(pair.answerable), tuple(map(float, hits)), pair.answer, 1.0)


def test_pools_mix_own_passages_with_lookalikes() -> None:
    candidates = pools(READINGS)
    assert all(c.pair.question == READINGS[c.question].question for c in candidates)
    first = [c for c in candidates if c.question == 0]
    assert {c.own: c.pair.answerable for c in first} == {True: True, False: False}


def test_who_knows_everything_gets_full_marks() -> None:
    candidates = pools(READINGS)
    figures = score(READINGS, candidates, [perfect(c) for c in candidates])
    assert (figures.pair_auc, figures.question_auc, figures.best_f1) == (1, 1, 1)
    assert (figures.evidence, figures.span_em, figures.right) == (1, 1, 1)
    assert figures.false_answers == 0
    assert report(figures).startswith("pair_auc 1.000")


def test_who_knows_nothing_is_at_chance() -> None:
    candidates = pools(READINGS)
    said = [
        Prediction(0.5, tuple(0.5 for _ in sentence_spans(c.pair.text)), None, 0.0)
        for c in candidates
    ]
    figures = score(READINGS, candidates, said)
    assert math.isclose(figures.pair_auc, 0.5)
    assert (figures.span_em, figures.false_answers) == (0, 1)


def test_without_short_answers_there_are_no_span_figures() -> None:
    readings = [replace(READINGS[0], answer=None), READINGS[2]]
    candidates = pools(readings)
    figures = score(readings, candidates, [perfect(c) for c in candidates])
    assert math.isnan(figures.span_em) and figures.evidence_long == 1
