"""Where things lie by default."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from training.paths import Paths, add_arguments


def parse(*options: str) -> Paths:
    parser = ArgumentParser()
    add_arguments(parser)
    return Paths.of(parser.parse_args(options))


def test_vectors_lie_with_the_checkpoints() -> None:
    assert parse("--data", "shared") == Paths(
        Path("shared"), Path("runs"), Path("runs/subquestions.npz")
    )
    assert parse("--data", "d", "--folder", "f").vectors == Path("f/subquestions.npz")
    assert parse("--data", "d", "--vectors", "v.npz").vectors == Path("v.npz")


def test_shared_data_must_be_named() -> None:
    with pytest.raises(SystemExit):
        parse()
