"""Stage files, losses and rates."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from assistant.e5_weights import E5Weights
from training.features import Batch, collate, encode
from training.model import ReaderModel, Scores
from training.paths import OWN_DATA
from training.readings import Pair
from training.squad import FILES
from training.train import Config, loss, optimizer, set_rates

STAGES = sorted(Path(__file__).parents[1].glob("stage*.toml"))
OTHERS = {"agreements", "dekamer", "handwritten", "invented"}


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_stages_name_what_exists(path: Path) -> None:
    config = Config.read(path)
    assert set(config.sources) <= set(FILES) | OTHERS
    assert not set(config.train_parts) & set(config.validation_parts)
    for part in (*config.train_parts, *config.validation_parts):
        assert (OWN_DATA / f"dekamer_questions_{part}.jsonl").exists()


@pytest.fixture
def batch(tokenizer: Tokenizer) -> Batch:
    pair = Pair("test", "Wie?", "", "Niemand. Het is Karel Maes.", True, ((9, 27),), (16, 26))
    return collate([encode(tokenizer, pair)])


def test_the_loss_falls_with_the_right_scores(batch: Batch) -> None:
    none = torch.zeros(batch.ids.shape)
    right = Scores(
        start=none.index_fill(1, batch.start, 9.0),
        end=none.index_fill(1, batch.end, 9.0),
        evidence=torch.where(batch.sentences == 2, 9.0, -9.0),
        answerable=torch.full((1,), 9.0),
    )
    better, parts = loss(right, batch)
    worse, _ = loss(Scores(none, none, none, torch.zeros(1)), batch)
    assert float(better) < 0.05 < float(worse)
    assert set(parts) == {"answerable", "evidence", "span"}


def test_a_step_lowers_the_loss(batch: Batch, tiny: E5Weights) -> None:
    torch.manual_seed(1)
    model = ReaderModel(tiny)
    optim = optimizer(model, Config("test", rate=1e-3, head_rate=1e-2))
    ids = batch.ids % tiny.shape.vocabulary
    losses = []
    for _ in range(5):
        total, _ = loss(model(ids, batch.mask), batch)
        total.backward()  # type: ignore[no-untyped-call]
        optim.step()
        optim.zero_grad()
        losses.append(float(total.detach()))
    assert losses[-1] < losses[0]


def test_rates_rise_then_fall_and_grow_with_depth(tiny: E5Weights) -> None:
    config = Config("test", rate=1e-3, head_rate=1e-2, warmup=10, final_rate=0.1)
    optim = optimizer(ReaderModel(tiny), config)
    low, top, heads = optim.param_groups
    assert low["peak"] < top["peak"] == 1e-3 < heads["peak"] == 1e-2
    rates = []
    for step in (0, 9, 50, 109):
        set_rates(optim, step, 110, config)
        rates.append(heads["lr"])
    assert rates[0] == pytest.approx(1e-3) and rates[1] == pytest.approx(1e-2)
    assert rates[1] > rates[2] > rates[3] == pytest.approx(1.1e-3, rel=0.1)
