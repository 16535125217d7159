"""Pairs to token ids with labels, and batches of like length."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from assistant.e5_weights import E5Weights, bundled_weights
from assistant.reader_model import LONGEST_INPUT
from training.readings import Pair, overlaps, sentence_spans

PAD = 1
"""Token that fills up a batch."""
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Features:
    """One pair in tokens. ``sentences`` gives each token's sentence number, -1 outside the body.

    ``start`` and ``end`` are token indices of the short answer or -1; ``labels`` holds, per
    sentence, 1 for evidence, 0 for none and -1 where it is unknown. ``offsets`` point into the
    passage text and are (0, 0) outside the body.
    """

    ids: list[int]
    sentences: list[int]
    labels: list[int]
    start: int
    end: int
    answerable: bool
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded features; ``sentences`` counts on over the batch, 0 being "no sentence"."""

    ids: Tensor
    mask: Tensor
    body: Tensor
    sentences: Tensor
    labels: Tensor
    rows: Tensor
    start: Tensor
    end: Tensor
    answerable: Tensor


def make_tokenizer() -> Tokenizer:
    """The tokenizer of the bundled e5."""
    return E5Weights(bundled_weights()).tokenizer()


def encode(tokenizer: Tokenizer, pair: Pair) -> Features:
    """Tokens and labels of ``<s> question </s></s> heading \\n text </s>``."""
    prefix = pair.heading + _SEPARATOR if pair.heading else ""
    encoding = tokenizer.encode(pair.question[:300], prefix + pair.text)
    offsets = _body_offsets(encoding, len(prefix), len(prefix + pair.text))
    spans = sentence_spans(pair.text)
    sentences = _sentence_numbers(offsets, spans)
    start, end = _answer_tokens(offsets, pair)
    return Features(
        ids=encoding.ids[:LONGEST_INPUT],
        sentences=sentences[:LONGEST_INPUT],
        labels=[_label(pair, span) for span in spans],
        start=start if end < LONGEST_INPUT else -1,
        end=end if end < LONGEST_INPUT else -1,
        answerable=pair.answerable,
        offsets=offsets[:LONGEST_INPUT],
    )


def _body_offsets(encoding: Encoding, skipped: int, end: int) -> list[tuple[int, int]]:
    return [
        (start - skipped, stop - skipped)
        if part == 1 and start >= skipped and stop <= end and stop > start
        else (0, 0)
        for (start, stop), part in zip(encoding.offsets, encoding.sequence_ids, strict=True)
    ]


def _sentence_numbers(
    offsets: list[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> list[int]:
    numbers, current = [], 0
    for offset in offsets:
        while current < len(spans) and spans[current][1] <= offset[0]:
            current += 1
        is_inside = offset[1] > 0 and current < len(spans) and overlaps(offset, spans[current])
        numbers.append(current if is_inside else -1)
    return numbers


def _answer_tokens(offsets: list[tuple[int, int]], pair: Pair) -> tuple[int, int]:
    if pair.answer is None:
        return -1, -1
    hits = [i for i, o in enumerate(offsets) if o[1] > 0 and overlaps(o, pair.answer)]
    return (hits[0], hits[-1]) if hits else (-1, -1)


def _label(pair: Pair, span: tuple[int, int]) -> int:
    if pair.evidence is None:
        return -1
    return int(any(overlaps(span, evidence) for evidence in pair.evidence))


def collate(features: Sequence[Features]) -> Batch:
    """Pad to the longest and number the sentences on."""
    width = max(len(f.ids) for f in features)
    ids = torch.full((len(features), width), PAD)
    sentences = torch.zeros((len(features), width), dtype=torch.int64)
    labels, rows = [-1], [0]
    for row, f in enumerate(features):
        ids[row, : len(f.ids)] = torch.tensor(f.ids)
        numbers = torch.tensor(f.sentences)
        sentences[row, : len(f.ids)] = torch.where(numbers >= 0, numbers + len(labels), 0)
        labels += f.labels
        rows += [row] * len(f.labels)
    return Batch(
        ids=ids,
        mask=(ids != PAD).long(),
        body=sentences > 0,
        sentences=sentences,
        labels=torch.tensor(labels),
        rows=torch.tensor(rows),
        start=torch.tensor([f.start for f in features]),
        end=torch.tensor([f.end for f in features]),
        answerable=torch.tensor([float(f.answerable) for f in features]),
    )


def pool_sentences(evidence: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Mean evidence logit of each sentence of the batch, and how many tokens it has."""
    count = len(batch.labels)
    flat = batch.sentences.flatten()
    totals = torch.zeros(count).index_add(0, flat, evidence.flatten())
    sizes = torch.zeros(count).index_add(0, flat, torch.ones(len(flat)))
    return totals / sizes.clamp(min=1), sizes


def batches(
    features: Sequence[Features], tokens: int, rng: random.Random | None
) -> Iterator[list[int]]:
    """Indices of features of like length, at most ``tokens`` a batch; shuffled with ``rng``."""
    order = sorted(range(len(features)), key=lambda i: len(features[i].ids))
    if rng is not None:
        noise = [rng.uniform(-6, 6) for _ in features]
        order.sort(key=lambda i: len(features[i].ids) + noise[i])
    groups: list[list[int]] = [[]]
    for index in order:
        if (len(groups[-1]) + 1) * len(features[index].ids) > tokens and groups[-1]:
            groups.append([])
        groups[-1].append(index)
    if rng is not None:
        rng.shuffle(groups)
    yield from groups
