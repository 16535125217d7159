"""Train the reader: ``torchrun --nproc-per-node 2 -m training.train stage1.toml --data DATA``.

One process a core, each with its share of every batch: on a machine that others use too, this is
much faster than one process whose threads wait for each other in every product. Plain ``python -m``
works as well. Deterministic for a given configuration and number of processes; a checkpoint every
ten minutes lets ``--resume`` go on after the processes were killed.
"""

import argparse
import logging
import os
import random
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from training.evaluate import Validation, report
from training.features import (
    Batch,
    Features,
    batches,
    collate,
    encode,
    make_tokenizer,
    pool_sentences,
)
from training.model import ReaderModel, Scores
from training.paths import Paths, add_arguments
from training.sampling import Sampler, Source
from training.sources import load_data

_UNKNOWN = 3
_FIRST_ORDINARY = 5
_CORES = 2
_log = logging.getLogger("training")


@dataclass(frozen=True, slots=True)
class Config:
    """One stage of training, as its TOML file says."""

    name: str
    start: str = ""
    seed: int = 1
    passes: int = 1
    rate: float = 1e-4
    head_rate: float = 5e-4
    final_rate: float = 0.05
    layer_decay: float = 0.95
    warmup: int = 150
    batch_tokens: int = 2800
    token_dropout: float = 0.03
    weight_decay: float = 0.01
    evaluate_every: int = 500
    checkpoint_seconds: float = 600.0
    train_parts: list[str] = field(default_factory=lambda: ["0", "1", "2"])
    validation_parts: list[str] = field(default_factory=lambda: ["3"])
    sources: dict[str, Source] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Config":
        """Parse a stage file; its name is the file's stem."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        sources = {name: Source(**options) for name, options in raw.pop("sources").items()}
        return cls(name=path.stem, sources=sources, **raw)


def loss(scores: Scores, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Sum of the answerability, evidence and span losses, and each for the log."""
    parts = {
        "answerable": functional.binary_cross_entropy_with_logits(
            scores.answerable, batch.answerable
        ),
        "evidence": _evidence_loss(scores, batch),
        "span": _span_loss(scores, batch),
    }
    total = parts["answerable"] + parts["evidence"] + 0.5 * parts["span"]
    return total, {name: float(part.detach()) for name, part in parts.items()}


def _evidence_loss(scores: Scores, batch: Batch) -> Tensor:
    """Cross entropy per sentence; sentences of one row weigh as much as one, times its root."""
    pooled, sizes = pool_sentences(scores.evidence, batch)
    known = (batch.labels >= 0) & (sizes > 0)
    counts = torch.bincount(batch.rows[known], minlength=len(batch.ids))
    weights = counts[batch.rows].clamp(min=1).float().rsqrt()
    losses = functional.binary_cross_entropy_with_logits(
        pooled, batch.labels.clamp(min=0).float(), reduction="none"
    )
    return (losses * weights * known).sum() / len(batch.ids)


def _span_loss(scores: Scores, batch: Batch) -> Tensor:
    has = batch.start >= 0
    if not bool(has.any()):
        return scores.start.sum() * 0
    closed = ~batch.body[has]
    start = scores.start[has].masked_fill(closed, -1e4)
    end = scores.end[has].masked_fill(closed, -1e4)
    both = functional.cross_entropy(start, batch.start[has], reduction="sum")
    both = both + functional.cross_entropy(end, batch.end[has], reduction="sum")
    return both / 2 / len(batch.ids)


def optimizer(model: ReaderModel, config: Config) -> torch.optim.AdamW:
    """AdamW with a lower rate for lower layers and a higher one for the heads."""
    groups = []
    depth = len(model.layers)
    for number, layer in enumerate(model.layers):
        rate = config.rate * config.layer_decay ** (depth - 1 - number)
        groups.append({"params": list(layer.parameters()), "lr": rate})
    heads: list[nn.Module] = [model.tokens, model.pair, model.answerable]
    parameters = [p for head in heads for p in head.parameters()]
    groups.append({"params": parameters, "lr": config.head_rate})
    for group in groups:
        group["peak"] = group["lr"]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay, fused=True)


def set_rates(optim: torch.optim.AdamW, step: int, steps: int, config: Config) -> None:
    """Linear warm-up, then linear decay to ``final_rate`` of the peak."""
    left = 1 - (step - config.warmup) / max(1, steps - config.warmup)
    decayed = config.final_rate + (1 - config.final_rate) * left
    factor = min((step + 1) / config.warmup, decayed)
    for group in optim.param_groups:
        group["lr"] = group["peak"] * factor


class Trainer:
    """One stage: model, optimizer, data and where it stands."""

    def __init__(self, config: Config, paths: Paths) -> None:
        self.config, self.folder = config, paths.folder
        self.tokenizer: Tokenizer = make_tokenizer()
        data = load_data(paths, config.train_parts, config.validation_parts)
        _log.info("readings %s", {name: len(rows) for name, rows in data.train.items()})
        self.sampler = Sampler(data.train, config.sources, data.texts)
        self.validation = Validation(data.validation[::2]) if data.validation else None
        self.model = ReaderModel()
        if config.start:
            state = torch.load(self.folder / config.start, weights_only=True)
            self.model.load_state_dict(state["model"])
        self.optimizer = optimizer(self.model, config)
        self.rank, self.world = int(os.environ.get("RANK", 0)), _world()
        self.step, self.saved = 0, time.monotonic()
        self.means: dict[str, float] = {}

    @property
    def checkpoint(self) -> Path:
        """The file that ``--resume`` reads and that ends up as the stage's result."""
        return self.folder / f"{self.config.name}.pt"

    def resume(self) -> None:
        """Go on from the last checkpoint."""
        state = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def save(self) -> None:
        """Write the checkpoint in one move."""
        state: dict[str, Any] = {"model": self.model.state_dict(), "step": self.step}
        state["optimizer"] = self.optimizer.state_dict()
        partial = self.checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self.checkpoint)
        self.saved = time.monotonic()

    def run(self) -> None:
        """All passes; the first ``step`` batches are skipped when resuming."""
        plan = [self._plan(number) for number in range(self.config.passes)]
        steps = sum(len(groups) for _, groups in plan)
        examples = sum(len(features) for features, _ in plan)
        _log.info("%d examples in %d steps", examples, steps)
        number = 0
        for features, groups in plan:
            for group in groups:
                number += 1
                if number > self.step:
                    share = group[self.rank :: self.world] or group
                    self._train(collate([features[i] for i in share]), steps)
        self._evaluate()
        if self.rank == 0:
            self.save()

    def _plan(self, number: int) -> tuple[list[Features], list[list[int]]]:
        seed = self.config.seed * 1000 + number
        features = [encode(self.tokenizer, pair) for pair in self.sampler.epoch(seed)]
        return features, list(batches(features, self.config.batch_tokens, random.Random(seed)))

    def _train(self, batch: Batch, steps: int) -> None:
        set_rates(self.optimizer, self.step, steps, self.config)
        torch.manual_seed((self.config.seed * 100_000 + self.step) * _CORES + self.rank)
        ids = _with_dropout(batch.ids, self.config.token_dropout)
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.model(ids, batch.mask)
        total, parts = loss(scores, batch)
        total.backward()  # type: ignore[no-untyped-call]
        self._average_gradients()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        self._after(parts)

    def _average_gradients(self) -> None:
        if self.world == 1:
            return
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        joined = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(joined)
        sizes = [gradient.numel() for gradient in gradients]
        pieces = torch.split(joined / self.world, sizes)
        for gradient, piece in zip(gradients, pieces, strict=True):
            gradient.copy_(piece.view_as(gradient))

    def _after(self, parts: dict[str, float]) -> None:
        for name, value in parts.items():
            self.means[name] = 0.98 * self.means.get(name, value) + 0.02 * value
        if self.step % 50 == 0 and self.rank == 0:
            _log.info("step %d %s", self.step, {n: round(v, 3) for n, v in self.means.items()})
        if self.step % self.config.evaluate_every == 0:
            self.saved = float("-inf")
        if self.rank == 0 and time.monotonic() - self.saved > self.config.checkpoint_seconds:
            self.save()
        if self.step % self.config.evaluate_every == 0:
            self._evaluate()

    def _evaluate(self) -> None:
        if self.validation is not None and self.rank == 0:
            torch.set_num_threads(_CORES)
            self.model.eval()
            _log.info("step %d VALID %s", self.step, report(self.validation.figures(self.model)))
            self.model.train()
            torch.set_num_threads(_CORES // self.world)


def _with_dropout(ids: Tensor, share: float) -> Tensor:
    """Some ordinary tokens replaced by the unknown token: the only dropout, and a cheap one."""
    hit = (torch.rand(ids.shape) < share) & (ids >= _FIRST_ORDINARY)
    return ids.masked_fill(hit, _UNKNOWN)


def _world() -> int:
    return int(os.environ.get("WORLD_SIZE", 1))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, help="TOML file of the stage")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    add_arguments(parser)
    arguments = parser.parse_args()
    paths = Paths.of(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(_CORES // _world())
    if _world() > 1:
        dist.init_process_group("gloo")
    config = Config.read(arguments.config)
    torch.manual_seed(config.seed)
    paths.folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, paths)
    if arguments.resume and trainer.checkpoint.exists():
        trainer.resume()
    trainer.run()


if __name__ == "__main__":
    main()
