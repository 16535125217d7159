"""Turn the shipped reader into a checkpoint again: ``python -m training.restore runs/shipped.pt``.

The int8 weights are multiplied out, so the checkpoint differs from the one that was exported by
their rounding. A later stage can start from it where the runs themselves are gone.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, numpy_helper

from assistant.reader_model import MODEL_FILE, MODEL_FOLDER

_HEADS = ("tokens", "pair", "answerable")

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]


def restore(path: Path) -> dict[str, torch.Tensor]:
    """The state of ``training.model.ReaderModel`` from an exported file."""
    held = _constants(path)
    layers = sum(name.endswith(".qkv.w") for name in held)
    found = dict(part for number in range(layers) for part in _layer(held, number))
    for name in _HEADS:
        found[f"{name}.weight"], found[f"{name}.bias"] = held[f"{name}.w"].T, held[f"{name}.b"]
    return {name: torch.from_numpy(np.array(value, np.float32)) for name, value in found.items()}


def _constants(path: Path) -> Arrays:
    """What the file itself holds; the embeddings are outside it."""
    graph = onnx.load(path, load_external_data=False).graph
    inside = [t for t in graph.initializer if t.data_location != TensorProto.EXTERNAL]
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in inside}


def _layer(held: Arrays, number: int) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    source, target = f"l{number}.", f"layers.{number}."
    joined = _product(held, source + "qkv")
    bias = held[source + "qkv.b"]
    for at, name in enumerate("qkv"):
        yield f"{target}{name}.weight", np.split(joined, 3)[at]
        yield f"{target}{name}.bias", np.split(bias, 3)[at]
    for name in ("ao", "fi", "fo"):
        yield f"{target}{name}.weight", _product(held, source + name)
        yield f"{target}{name}.bias", held[f"{source}{name}.b"]
    for name in ("aln", "oln"):
        yield f"{target}{name}.weight", held[f"{source}{name}.w"]
        yield f"{target}{name}.bias", held[f"{source}{name}.b"]


def _product(held: Arrays, name: str) -> Floats:
    """A weight matrix (outputs, inputs) without its integer scale and smoothing."""
    scaled = held[f"{name}.w"].astype(np.float32) * held[f"{name}.scale"]
    dense: Floats = (scaled * held[f"{name}.smooth"][:, None]).T
    return dense


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="checkpoint to write")
    target = parser.parse_args().target
    torch.save({"model": restore(MODEL_FOLDER / MODEL_FILE)}, target)


if __name__ == "__main__":
    main()
