"""Embed the sub-questions and answer segments of dekamer once, for the alignment filter.

``python -m training.embed_subquestions --data DATA`` writes ``runs/subquestions.npz``.
"""

import argparse
from pathlib import Path

import numpy as np

from assistant.embedding import BundledEncoder
from training.paths import Paths, add_arguments
from training.rows import read_rows

_LONGEST = 600
"""Characters of a text that are embedded."""


def embed(source: Path, target: Path) -> None:
    """Write ``target`` (npz: unit vectors ``question``, ``answer``), one row a line of ``source``.

    Both sides are embedded as passages, the questions with e5's query prompt inside.
    """
    rows = read_rows(source)
    encoder = BundledEncoder()
    questions = encoder.encode_passages(["query: " + row["question"][:_LONGEST] for row in rows])
    answers = encoder.encode_passages([row["answer"][:_LONGEST] for row in rows])
    target.parent.mkdir(parents=True, exist_ok=True)
    np.savez(target, question=questions, answer=answers)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    paths = Paths.of(parser.parse_args())
    embed(paths.dekamer / "subquestions.jsonl", paths.vectors)


if __name__ == "__main__":
    main()
