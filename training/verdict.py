"""Train the yes/no network: ``python -m training.verdict --start runs/stage5.pt runs/verdict.pt``.

It reads a question with one sentence under its heading and says whether that settles the question.
The rows are ``yesno_*.jsonl`` of the invented documents, the last group of every part held out; the
reader is a checkpoint or, with ``training.restore``, the shipped one.
"""

import argparse
import logging
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from training.augment import near_miss, noisy
from training.features import PAD, make_tokenizer
from training.invented import is_held_out
from training.model import VERDICTS, ReaderModel, VerdictModel, shared_layers
from training.paths import OWN_DATA
from training.readings import sentence_spans
from training.rows import read_folder

PASSES = 6
BATCH = 24
RATE, HEAD_RATE, FINAL_RATE = 1.2e-4, 3.6e-4, 0.02
WARMUP = 20
SWAPPED = 0.12
"""Share of the "ja" rows whose year, number or name is swapped, which makes them "nee"."""
UNRELATED = 0.10
"""Share of the rows that get another sentence of their document, which makes them "open"."""
NOISY = 0.5
SEED = 1
TOP_SHARES = (0.1, 0.2, 0.3)
_LONGEST = 200
_log = logging.getLogger("training.verdict")

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with a sentence; ``others`` are the sections of its document, for augmentation."""

    question: str
    heading: str
    sentence: str
    verdict: str
    others: tuple[str, ...]

    def tokens(self, tokenizer: Tokenizer) -> list[int]:
        """As the product reads it: ``<s> question </s></s> heading, sentence </s>``."""
        text = f"{self.heading}\n{self.sentence}"
        ids: list[int] = tokenizer.encode(self.question, text).ids[:_LONGEST]
        return ids


Judge = Callable[[Sequence[Judged]], Tensor]
"""Rows to their logits."""


def load_verdicts(folder: Path) -> tuple[list[Judged], list[Judged]]:
    """The rows to train on, and those of the groups that are held out. Raises ``KeyError``."""
    documents = {row["doc_id"]: row for row in read_folder(folder, "docs_*.jsonl")}
    train: list[Judged] = []
    held_out: list[Judged] = []
    for row in read_folder(folder, "yesno_*.jsonl"):
        document = documents[row["doc_id"]]
        heading = f"{document['title']}. {document['sections'][row['section']]['name']}"
        others = tuple(section["text"] for section in document["sections"])
        judged = Judged(row["question"], heading, row["evidence"], row["verdict"], others)
        (held_out if is_held_out(row) else train).append(judged)
    return train, held_out


def varied(row: Judged, rng: random.Random) -> Judged:
    """The row as one pass sees it: at times a near miss, another sentence, or typed in a hurry."""
    chance = rng.random()
    if chance < SWAPPED and row.verdict == "ja":
        swapped = near_miss(row.question, " ".join(row.others), rng)
        row = replace(row, question=swapped, verdict="nee") if swapped else row
    elif chance > 1 - UNRELATED:
        text = rng.choice(row.others)
        start, end = rng.choice(sentence_spans(text))
        if text[start:end] not in row.sentence:
            row = replace(row, sentence=text[start:end], verdict="open")
    return replace(row, question=noisy(row.question, rng)) if rng.random() < NOISY else row


def batches(rows: Sequence[Judged], rng: random.Random) -> Iterator[Sequence[Judged]]:
    """Rows in batches of like length, in a random order."""
    shuffled = [varied(row, rng) for row in rows]
    rng.shuffle(shuffled)
    for start in range(0, len(shuffled), 4 * BATCH):
        near = shuffled[start : start + 4 * BATCH]
        near.sort(key=lambda row: len(row.heading) + len(row.sentence))
        yield from (near[at : at + BATCH] for at in range(0, len(near), BATCH))


class Trainer:
    """The reader whose lower layers stay as they are, the network, and its optimizer."""

    def __init__(self, reader: ReaderModel) -> None:
        torch.manual_seed(SEED)
        self._reader = reader.eval()
        self._tokenizer: Tokenizer = make_tokenizer()
        self.model = VerdictModel(reader)
        heads = [*self.model.pair.parameters(), *self.model.verdict.parameters()]
        self._peaks = (RATE, HEAD_RATE)
        self._optimizer = torch.optim.AdamW(
            [{"params": list(self.model.layers.parameters())}, {"params": heads}], weight_decay=0.01
        )

    def logits(self, rows: Sequence[Judged]) -> Tensor:
        """One row of logits a question."""
        encoded = [torch.tensor(row.tokens(self._tokenizer)) for row in rows]
        ids = nn.utils.rnn.pad_sequence(encoded, batch_first=True, padding_value=PAD)
        mask = (ids != PAD).long()
        with torch.no_grad():
            states = self._reader.states(ids, mask, shared_layers(self._reader.layers))
        logits: Tensor = self.model(states, mask)
        return logits

    def train(self, rows: Sequence[Judged]) -> None:
        """All passes over the rows."""
        rng, started = random.Random(SEED), time.monotonic()
        steps = PASSES * math.ceil(len(rows) / BATCH)
        step = 0
        for number in range(PASSES):
            losses = []
            for batch in batches(rows, rng):
                losses.append(self._step(batch, step, steps))
                step += 1
            seconds = time.monotonic() - started
            _log.info("pass %d: loss %.3f, %.0f s", number, np.mean(losses), seconds)

    def _step(self, rows: Sequence[Judged], step: int, steps: int) -> float:
        factor = min((step + 1) / WARMUP, max(FINAL_RATE, 1 - step / steps))
        for group, peak in zip(self._optimizer.param_groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        wanted = torch.tensor([VERDICTS.index(row.verdict) for row in rows])
        loss = functional.cross_entropy(self.logits(rows), wanted)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._optimizer.step()
        return float(loss.detach())


def chances(rows: Sequence[Judged], judge: Judge) -> Floats:
    """The probability of every verdict (rows x ``VERDICTS``)."""
    with torch.no_grad():
        parts = [judge(rows[at : at + BATCH]) for at in range(0, len(rows), BATCH)]
    found: Floats = torch.cat(parts).softmax(dim=-1).numpy()
    return found


def describe(rows: Sequence[Judged], found: Floats) -> Iterator[str]:
    """How often the likeliest verdict is right, and how right the surest "ja" and "nee" are."""
    truth = np.array([VERDICTS.index(row.verdict) for row in rows])
    yield f"{len(rows)} rows, right {(found.argmax(axis=1) == truth).mean():.3f}"
    for number, opposite in ((0, 1), (1, 0)):
        order = np.argsort(-found[:, number])
        for share in TOP_SHARES:
            top = order[: int(share * len(rows))]
            yield (
                f"{VERDICTS[number]}: surest {share:.0%} (from {found[top[-1], number]:.2f}): "
                f"right {(truth[top] == number).mean():.2f}, "
                f"opposite {(truth[top] == opposite).mean():.2f}"
            )


def main() -> None:
    """Command line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True, help="checkpoint of the reader")
    parser.add_argument("target", type=Path, help="checkpoint to write")
    arguments = parser.parse_args()
    reader = ReaderModel()
    reader.load_state_dict(torch.load(arguments.start, weights_only=True)["model"])
    train, held_out = load_verdicts(OWN_DATA)
    trainer = Trainer(reader)
    trainer.train(train)
    torch.save({"model": trainer.model.state_dict()}, arguments.target)
    trainer.model.eval()
    for line in describe(held_out, chances(held_out, trainer.logits)):
        _log.info("%s", line)


if __name__ == "__main__":
    main()
