"""What several tests share: the tokenizer, and a network of two small layers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from tokenizers import Tokenizer

from assistant.e5_weights import E5Weights, Floats, Shape
from training.features import make_tokenizer

_BLOCK = 32


class TinyWeights(E5Weights):
    """Random weights in the layout of the real ones."""

    def __init__(self) -> None:
        self.shape = Shape(
            hidden=128,
            layers=2,
            heads=4,
            feed_forward=256,
            vocabulary=60,
            positions=40,
            types=2,
            epsilon=1e-12,
        )
        self._rng = np.random.default_rng(1)
        self._made: dict[str, Any] = {}

    def floats(self, name: str, *shape: int) -> Floats:
        made: Floats = self._made.setdefault(name, 1 + self._rng.normal(size=shape) / 10)
        return made.astype(np.float32)

    def blocks(self, name: str) -> tuple[npt.NDArray[np.uint8], Floats]:
        if name not in self._made:
            count = self._size(name) // _BLOCK
            packed = self._rng.integers(0, 256, (count, _BLOCK // 2), dtype=np.uint8)
            self._made[name] = packed, np.full(count, 0.01, dtype=np.float32)
        made: tuple[npt.NDArray[np.uint8], Floats] = self._made[name]
        return made

    def _size(self, name: str) -> int:
        hidden, wide = self.shape.hidden, self.shape.feed_forward
        if name == "emb.word":
            return self.shape.vocabulary * hidden
        return hidden * (wide if name.split(".")[1] in ("fi", "fo") else hidden)


@pytest.fixture(scope="session")
def tiny() -> TinyWeights:
    return TinyWeights()


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return make_tokenizer()
