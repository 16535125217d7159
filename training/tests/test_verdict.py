"""Training of the yes/no network, on a network of two small layers."""

import random

import numpy as np
import pytest
import torch

from assistant.e5_weights import E5Weights
from training import verdict
from training.model import VERDICTS, ReaderModel
from training.paths import OWN_DATA
from training.verdict import Judged, Trainer, batches, chances, describe, load_verdicts, varied

ROW = Judged(
    "Duurt het akkoord 3 jaar?",
    "Akkoord. Artikel 2",
    "Het akkoord duurt 3 jaar.",
    "ja",
    ("Het akkoord duurt 3 jaar.", "Het fonds betaalt 5 mentoren. Er is een stuurgroep."),
)


def test_the_last_group_is_held_out() -> None:
    train, held_out = load_verdicts(OWN_DATA)
    assert len(train) + len(held_out) == 2400
    assert not {row.others for row in train} & {row.others for row in held_out}


def test_variation_changes_the_verdict_with_what_it_says() -> None:
    rng = random.Random(3)
    seen = [varied(ROW, rng) for _ in range(300)]
    for row in seen:
        if row.sentence != ROW.sentence:
            assert row.verdict == "open"
        if row.verdict == "nee":
            assert " 3 " not in row.question
    assert {row.verdict for row in seen} == set(VERDICTS)
    assert any(row == ROW for row in seen)


def test_batches_hold_every_row_once() -> None:
    rows = [Judged(f"Vraag {n}?", "Titel", "Zin. " * n, "open", ("Zin.",)) for n in range(100)]
    found = [row for batch in batches(rows, random.Random(1)) for row in batch]
    assert len(found) == len(rows)


def test_training_learns_its_rows(tiny: E5Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    """One token a verdict stands for the words, which the tiny network cannot tell apart."""
    monkeypatch.setattr(verdict, "PASSES", 40)
    monkeypatch.setattr(verdict, "RATE", 2e-3)
    monkeypatch.setattr(verdict, "HEAD_RATE", 5e-3)
    monkeypatch.setattr(verdict, "varied", lambda row, rng: row)
    monkeypatch.setattr(
        Judged, "tokens", lambda row, tokenizer: [0, 10 + VERDICTS.index(row.verdict), 2]
    )
    rows = [Judged(f"Vraag {n}?", "Titel", "Zin.", VERDICTS[n % 3], ("Zin.",)) for n in range(24)]
    torch.manual_seed(1)
    trainer = Trainer(ReaderModel(tiny))
    trainer.train(rows)
    trainer.model.eval()
    found = chances(rows, trainer.logits)
    assert [VERDICTS[best] for best in found.argmax(axis=1)] == [row.verdict for row in rows]


def test_the_report_counts_what_is_right_among_the_surest() -> None:
    rows = [Judged("V?", "T", "Z.", verdict, ()) for verdict in ["ja", "nee"] * 10]
    found = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]] * 10, dtype=np.float32)
    found[1] = [0.95, 0.05, 0.0]
    lines = list(describe(rows, found))
    assert lines[0] == "20 rows, right 0.950"
    assert "ja: surest 10% (from 0.90): right 0.50, opposite 0.50" in lines
