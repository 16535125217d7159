"""JSON Lines files, as all data but that in SQuAD layout comes."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """The objects of a file. Raises ``OSError`` or ``json.JSONDecodeError``.

    Only a line feed ends a line: JSON text may hold other separators.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def read_folder(folder: Path, pattern: str) -> list[Row]:
    """The objects of all files of a folder whose name matches, in order of name."""
    return [row for path in sorted(folder.glob(pattern)) for row in read_rows(path)]
