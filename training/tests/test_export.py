"""The exported graph says what the torch model says."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
import torch

from assistant.e5_weights import E5Weights
from training import export
from training.export import (
    ALPHA,
    STATES,
    VERDICT,
    LoadedReader,
    ReaderGraph,
    VerdictGraph,
    largest_inputs,
    quantise,
    smoothing,
)
from training.features import Batch, Features
from training.model import ReaderModel, VerdictModel, shared_layers


def test_quantising_is_close() -> None:
    weight = np.random.default_rng(1).normal(size=(256, 128)).astype(np.float32)
    packed, scales = quantise(weight, 7)
    assert np.abs(packed * scales - weight).max() < 0.05


def test_smoothing_takes_outliers_from_the_inputs_to_the_weights() -> None:
    weight = np.ones((4, 3), dtype=np.float32)
    factors = smoothing(weight, np.array([1.0, 1.0, 1.0, 16.0], dtype=np.float32))
    assert factors.prod() == pytest.approx(1.0)
    assert factors[3] / factors[0] == pytest.approx(16.0**ALPHA)


def test_an_export_scores_like_its_model(
    tiny: E5Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    model = ReaderModel(tiny).eval()
    row = Features([0, *range(5, 40), 2], [0] * 37, [-1], -1, -1, False, [(0, 0)] * 37)
    graph = ReaderGraph(
        model.state_dict(),
        tiny,
        largest_inputs(model.layers, lambda b: model(b.ids, b.mask), [row]),
    ).build()
    (tmp_path / "reader.onnx").write_bytes(graph.SerializeToString())
    values = {n: onnxruntime.OrtValue.ortvalue_from_numpy(t) for n, t in tiny.embeddings.items()}
    monkeypatch.setattr(export, "bundled_model", lambda: SimpleNamespace(embeddings=values))
    ids = torch.randint(5, 60, (2, 30))
    mask = torch.ones_like(ids)
    mask[1, 20:] = 0
    with torch.no_grad():
        wanted = model(ids, mask)
    given = LoadedReader(tmp_path / "reader.onnx", threads=1)(ids, mask)
    for name in ("start", "end", "evidence"):
        one, two = getattr(wanted, name)[mask > 0], getattr(given, name)[mask > 0]
        assert float((one - two).abs().max()) < 0.05
    assert given.answerable.tolist() == pytest.approx(wanted.answerable.tolist(), abs=0.05)


def test_the_yes_no_network_judges_like_its_model(tiny: E5Weights) -> None:
    torch.manual_seed(1)
    reader = ReaderModel(tiny).eval()
    model = VerdictModel(reader).eval()
    row = Features([0, *range(5, 40), 2], [0] * 37, [-1], -1, -1, False, [(0, 0)] * 37)

    def run(batch: Batch) -> torch.Tensor:
        given: torch.Tensor = model(reader.states(batch.ids, batch.mask, 1), batch.mask)
        return given

    graph = VerdictGraph(model.state_dict(), tiny, largest_inputs(model.layers, run, [row])).build()
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    ids = torch.randint(5, 60, (3, 30))
    mask = torch.ones_like(ids)
    mask[1, 20:] = 0
    with torch.no_grad():
        states = reader.states(ids, mask, shared_layers(reader.layers))
        wanted = model(states, mask).softmax(dim=-1)
    feed = {STATES: states.numpy(), "attention_mask": mask.numpy()}
    (given,) = session.run([VERDICT], feed)
    assert np.abs(given - wanted.numpy()).max() < 0.02
