"""Export to ONNX: ``python -m training.export runs/stage5.pt reader.onnx`` and, for the yes/no
network, ``python -m training.export runs/stage5.pt verdict.onnx --verdict runs/verdict.pt``.

The products go in as int8 with one scale a column and one for all activations. That would move
answers, because a few inputs of a product are twenty times as large as the others; so every input
is first divided by a factor that its weights are multiplied by (Xiao et al., "SmoothQuant", ICML
2023), found on passages that no stage trained on. Heads and norms stay in 32 bits. The embeddings
are left out: the graph names the tensors of ``E5Weights.embeddings`` as external data, and whoever
runs it hands over those of ``assistant.embedding.bundled_model``.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from torch import nn

from assistant.e5_weights import E5Weights, bundled_weights
from assistant.embedding import bundled_model
from training.features import Batch, Features, collate, encode
from training.invented import HELD_OUT, load_invented
from training.model import VERDICTS, ReaderModel, Scores, VerdictModel, shared_layers
from training.paths import OWN_DATA
from training.readings import Pair, Reading

ALPHA = 0.7
"""Exponent of SmoothQuant: how much of an outlier moves from the input to its weights."""
SAMPLE = 64
"""Passages on which the largest inputs are found."""
OUTPUTS = ("start", "end", "evidence", "answerable")
STATES = "states"
"""What the reader hands to the yes/no network."""
VERDICT = "verdict"
_CONTRIB = "com.microsoft"
_MASKED = -1e4
_QUANTISED_BITS = 7
"""Eight would fit, but without VNNI the sums of u8 x s8 products saturate; seven lose nothing."""
_MEASURED = {"q": "qkv", "ao": "ao", "fi": "fi", "fo": "fo"}
"""The linear layers whose inputs are measured, and the product that each stands for."""

Floats = npt.NDArray[np.float32]


class LoadedReader:
    """An exported reader on onnxruntime, callable like the torch model."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        # onnxruntime reads these arrays in place, so they must live as long as the session.
        self._embeddings = bundled_model().embeddings
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_external_initializers(list(self._embeddings), list(self._embeddings.values()))
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, ids: torch.Tensor, mask: torch.Tensor) -> Scores:
        """Logits as torch tensors."""
        feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        return Scores(*(torch.from_numpy(out) for out in self._session.run(list(OUTPUTS), feed)))


def quantise(weight: Floats, bits: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """A (inputs, outputs) matrix in symmetric integers of ``bits`` bits, and a scale a column."""
    largest = 2 ** (bits - 1) - 1
    scales = np.maximum(np.abs(weight).max(axis=0), 1e-8) / largest
    return np.rint(weight / scales).astype(np.int8), scales.astype(np.float32)


def largest_inputs(
    layers: nn.ModuleList, run: Callable[[Batch], object], features: Sequence[Features]
) -> dict[str, Floats]:
    """The largest magnitude of every input of every product, by the product's name in the graph.

    ``run`` puts a batch through the layers.
    """
    largest: dict[str, torch.Tensor] = {}

    def measure(name: str) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def hook(_module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found = inputs[0].abs().amax(dim=(0, 1))
            largest[name] = torch.maximum(largest.get(name, found), found)

        return hook

    hooks = [
        getattr(layer, part).register_forward_pre_hook(measure(f"l{number}.{product}"))
        for number, layer in enumerate(layers)
        for part, product in _MEASURED.items()
    ]
    with torch.no_grad():
        for start in range(0, len(features), 8):
            run(collate(features[start : start + 8]))
    for hook in hooks:
        hook.remove()
    return {name: value.numpy() for name, value in largest.items()}


def smoothing(weight: Floats, largest: Floats) -> Floats:
    """What to divide every input by, from a (inputs, outputs) matrix; the geometric mean is 1."""
    inputs, outputs = np.maximum(largest, 1e-3), np.maximum(np.abs(weight).max(axis=1), 1e-5)
    factors = inputs**ALPHA / outputs ** (1 - ALPHA)
    return np.asarray(factors / np.exp(np.log(factors).mean()), dtype=np.float32)


class _Graph:
    """Builds a stack of layers node by node; names follow the weight file's."""

    def __init__(
        self, state: dict[str, torch.Tensor], weights: E5Weights, largest: dict[str, Floats]
    ) -> None:
        self._state = {name: value.float().numpy() for name, value in state.items()}
        self._weights, self._shape, self._largest = weights, weights.shape, largest
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def _finish(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, "reader", inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def _int_mask(self) -> None:
        self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)

    def _node(
        self, operator: str, inputs: Sequence[str], output: str | Sequence[str], **attributes: Any
    ) -> str:
        outputs = [output] if isinstance(output, str) else list(output)
        self._nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0]

    def _layer(self, prefix: str, source: str, hidden: str) -> str:
        parts = [self._state[f"{source}{part}.weight"].T for part in "qkv"]
        biases = [self._state[f"{source}{part}.bias"] for part in "qkv"]
        joined = self._product(
            hidden, prefix + "qkv", np.concatenate(parts, axis=1), np.concatenate(biases)
        )
        names = [prefix + part for part in "qkv"]
        self._node("Split", [joined], names, axis=2, num_outputs=3)
        context = self._node(
            "MultiHeadAttention",
            [*names, "", "mask"],
            prefix + "context",
            domain=_CONTRIB,
            num_heads=self._shape.heads,
            mask_filter_value=_MASKED,
        )
        attended = self._linear(context, prefix + "ao", source + "ao")
        hidden = self._trained_norm([attended, hidden], prefix + "aln", source + "aln")
        inner = self._linear(hidden, prefix + "fi", source + "fi")
        active = self._node("Gelu", [inner], prefix + "gelu", domain=_CONTRIB)
        outer = self._linear(active, prefix + "fo", source + "fo")
        return self._trained_norm([outer, hidden], prefix + "oln", source + "oln")

    def _linear(self, hidden: str, name: str, source: str) -> str:
        weight, bias = self._state[f"{source}.weight"].T, self._state[f"{source}.bias"]
        return self._product(hidden, name, weight, bias)

    def _product(self, hidden: str, name: str, weight: Floats, bias: Floats) -> str:
        factors = smoothing(weight, self._largest[name])
        divisors = self._constant(name + ".smooth", 1 / factors)
        hidden = self._node("Mul", [hidden, divisors], name + ".in")
        packed, scales = quantise(weight * factors[:, None], _QUANTISED_BITS)
        inputs = [
            hidden,
            self._constant(name + ".w", packed),
            self._constant(name + ".scale", scales),
            "",
            self._constant(name + ".b", bias),
        ]
        return self._node("DynamicQuantizeMatMul", inputs, name + ".out", domain=_CONTRIB)

    def _trained_norm(self, summands: list[str], name: str, source: str) -> str:
        summed = self._node("Add", summands, name + ".sum")
        scale, bias = self._state[f"{source}.weight"], self._state[f"{source}.bias"]
        return self._norm(summed, name, scale, bias)

    def _norm(self, hidden: str, name: str, scale: Floats, bias: Floats) -> str:
        inputs = [hidden, self._constant(name + ".w", scale), self._constant(name + ".b", bias)]
        return self._node(
            "LayerNormalization", inputs, name + ".out", axis=-1, epsilon=self._shape.epsilon
        )

    def _head(self, hidden: str, name: str) -> str:
        weight = self._constant(name + ".w", self._state[f"{name}.weight"].T)
        product = self._node("MatMul", [hidden, weight], name + ".product")
        bias = self._constant(name + ".b", self._state[f"{name}.bias"])
        return self._node("Add", [product, bias], name + ".out")


class ReaderGraph(_Graph):
    """The reader: embeddings, all layers, three heads."""

    def build(self) -> onnx.ModelProto:
        """The whole model."""
        hidden = self._embed()
        for layer in range(self._shape.layers):
            hidden = self._layer(f"l{layer}.", f"layers.{layer}.", hidden)
            if layer + 1 == shared_layers(range(self._shape.layers)):
                self._node("Identity", [hidden], STATES)
        self._heads(hidden)
        inputs = [_ids("input_ids"), _ids("attention_mask")]
        shapes = [["batch", "tokens"]] * 3 + [["batch"]]
        outputs = [_floats(n, shape) for n, shape in zip(OUTPUTS, shapes, strict=True)]
        return self._finish(inputs, [*outputs, self._states()])

    def _states(self) -> onnx.ValueInfoProto:
        return _floats(STATES, ["batch", "tokens", self._shape.hidden])

    def _outside(self, name: str, value: npt.NDArray[Any]) -> str:
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=value.shape)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="memory")
        self._constants.append(tensor)
        return name

    def _embed(self) -> str:
        tables = self._weights.embeddings
        for name, value in tables.items():
            self._outside(name, value)
        words = self._node(
            "GatherBlockQuantized",
            ["emb.word", "input_ids", "emb.scale"],
            "words",
            domain=_CONTRIB,
            bits=4,
            block_size=self._shape.hidden // tables["emb.scale"].shape[1],
            gather_axis=0,
            quantize_axis=1,
        )
        zero, one = self._constant("zero", np.array([0])), self._constant("one", np.array([1]))
        self._node("Shape", ["input_ids"], "shape")
        self._node("Gather", ["shape", one], "length")
        self._node("Slice", ["emb.pos", zero, "length", zero], "places")
        self._int_mask()
        size = self._shape.hidden
        scale = self._weights.floats("emb.ln.w", size)
        bias = self._weights.floats("emb.ln.b", size)
        return self._norm(self._node("Add", [words, "places"], "embedded"), "emb.ln", scale, bias)

    def _heads(self, hidden: str) -> None:
        tokens = self._head(hidden, "tokens")
        parts = [f"{name}.one" for name in OUTPUTS[:3]]
        self._node("Split", [tokens], parts, axis=2, num_outputs=3)
        last = self._constant("last", np.array([2]))
        for part, output in zip(parts, OUTPUTS[:3], strict=True):
            self._node("Squeeze", [part, last], output)
        first = self._node("Gather", [hidden, self._constant("first", np.array(0))], "cls", axis=1)
        pair = self._node("Gelu", [self._head(first, "pair")], "pair.gelu", domain=_CONTRIB)
        answerable = self._head(pair, "answerable")
        self._node("Squeeze", [answerable, self._constant("column", np.array([1]))], OUTPUTS[3])


class VerdictGraph(_Graph):
    """The yes/no network on the reader's ``STATES``."""

    def build(self) -> onnx.ModelProto:
        """The whole model; its one output is a probability for each of ``VERDICTS``."""
        self._int_mask()
        hidden = STATES
        for layer in range(self._shape.layers - shared_layers(range(self._shape.layers))):
            hidden = self._layer(f"l{layer}.", f"layers.{layer}.", hidden)
        first = self._node("Gather", [hidden, self._constant("first", np.array(0))], "cls", axis=1)
        pair = self._node("Gelu", [self._head(first, "pair")], "pair.gelu", domain=_CONTRIB)
        self._node("Softmax", [self._head(pair, "verdict")], VERDICT)
        inputs = [_floats(STATES, ["batch", "tokens", self._shape.hidden]), _ids("attention_mask")]
        return self._finish(inputs, [_floats(VERDICT, ["batch", len(VERDICTS)])])


def _ids(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])


def _floats(name: str, shape: Sequence[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def export(reader: ReaderModel, target: Path) -> None:
    """Write the reader."""
    largest = largest_inputs(
        reader.layers, lambda b: reader(b.ids, b.mask), sample(bundled_model().tokenizer)
    )
    graph = ReaderGraph(reader.state_dict(), E5Weights(bundled_weights()), largest)
    target.write_bytes(graph.build().SerializeToString())


def export_verdict(reader: ReaderModel, verdict: VerdictModel, target: Path) -> None:
    """Write the yes/no network that was trained on top of a reader."""

    def run(batch: Batch) -> torch.Tensor:
        states = reader.states(batch.ids, batch.mask, shared_layers(reader.layers))
        logits: torch.Tensor = verdict(states, batch.mask)
        return logits

    largest = largest_inputs(verdict.layers, run, sample(bundled_model().tokenizer))
    graph = VerdictGraph(verdict.state_dict(), E5Weights(bundled_weights()), largest)
    target.write_bytes(graph.build().SerializeToString())


def sample(tokenizer: Tokenizer) -> list[Features]:
    """``SAMPLE`` invented questions with their passages, of the groups that no stage trains on."""
    readings = load_invented(OWN_DATA, HELD_OUT)
    chosen = random.Random(SAMPLE).sample(readings, SAMPLE)
    return [encode(tokenizer, as_pair(reading)) for reading in chosen]


def as_pair(reading: Reading) -> Pair:
    """A reading's whole context as one passage."""
    return Pair(reading.source, reading.question, reading.title, reading.context, False, (), None)


def milliseconds(reader: LoadedReader, passages: int, tokens: int = 200, runs: int = 15) -> float:
    """Median time to read a number of passages at once."""
    ids = torch.randint(5, 20_000, (passages, tokens))
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        reader(ids, torch.ones_like(ids))
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


def main() -> None:
    """Command line: export, then print size and speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="checkpoint of training.train")
    parser.add_argument("target", type=Path, help="ONNX file to write")
    parser.add_argument("--verdict", type=Path, help="checkpoint of training.verdict to export")
    arguments = parser.parse_args()
    reader = ReaderModel()
    reader.load_state_dict(torch.load(arguments.weights, weights_only=True)["model"])
    reader.eval()
    if arguments.verdict:
        verdict = VerdictModel(reader).eval()
        verdict.load_state_dict(torch.load(arguments.verdict, weights_only=True)["model"])
        export_verdict(reader, verdict, arguments.target)
    else:
        export(reader, arguments.target)
        _report(LoadedReader(arguments.target), arguments.target)


def _report(reader: LoadedReader, file: Path) -> None:
    size = file.stat().st_size / 1e6
    one, ten = milliseconds(reader, 1), milliseconds(reader, 10)
    print(f"{size:.1f} MB; 200 tokens: {one:.1f} ms for 1 passage, {ten:.1f} ms for 10")  # noqa: T201


if __name__ == "__main__":
    main()
