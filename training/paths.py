"""Where the data, the checkpoints and what is computed once lie, from the command line."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path

OWN_DATA = Path(__file__).parent / "data"
"""The questions and documents that were made for this project."""

_RUNS = Path("runs")
_VECTORS = "subquestions.npz"


@dataclass(frozen=True, slots=True)
class Paths:
    """``data`` is the shared data with ``reader/`` and ``dekamer/``, no part of the repository.

    ``folder`` holds the checkpoints; ``vectors`` is the file of ``training.embed_subquestions``.
    """

    data: Path
    folder: Path
    vectors: Path

    @classmethod
    def of(cls, arguments: Namespace) -> "Paths":
        """From what a parser with ``add_arguments`` read."""
        vectors = arguments.vectors or arguments.folder / _VECTORS
        return cls(arguments.data, arguments.folder, vectors)

    @property
    def reader(self) -> Path:
        """The data sets in SQuAD layout."""
        return self.data / "reader"

    @property
    def dekamer(self) -> Path:
        """The written questions and answers of Belgian federal ministers, in BEIR layout."""
        return self.data / "dekamer"


def add_arguments(parser: ArgumentParser) -> None:
    """The options that ``Paths.of`` reads."""
    parser.add_argument(
        "--data", type=Path, required=True, help="folder of the shared data (reader/, dekamer/)"
    )
    parser.add_argument(
        "--folder", type=Path, default=_RUNS, help="folder of the checkpoints (default: runs)"
    )
    parser.add_argument(
        "--vectors", type=Path, help=f"sub-question vectors (default: {_VECTORS} in --folder)"
    )
