"""Readings from the Dutch questions that were written for this project over dekamer answers.

``dekamer_questions_<part>.jsonl`` holds no text of the answers. A row names a document and, as
character offsets into its text in ``dekamer/corpus.jsonl``, the context ``[start, end)``, the
evidence and the short answer.
"""

from collections.abc import Sequence
from pathlib import Path

from training.dekamer import moved, read_texts, read_titles, respace
from training.readings import Reading, Span
from training.rows import Row, read_rows


def load_handwritten(folder: Path, parts: Sequence[str], dekamer: Path) -> list[Reading]:
    """The questions of some parts, over the texts of the folder ``dekamer``.

    Raises ``OSError`` for a part that does not exist, ``ValueError`` for a context that lies
    outside its document: the offsets are those of another corpus.
    """
    texts, titles = read_texts(dekamer), read_titles(dekamer)
    return [
        _reading(row, texts.get(row["doc_id"], ""), titles.get(row["doc_id"], ""))
        for row in _rows(folder, parts)
    ]


def load_contexts(folder: Path, parts: Sequence[str], dekamer: Path) -> list[str]:
    """The contexts of some parts, as the source writes them. Raises as ``load_handwritten``."""
    texts = read_texts(dekamer)
    found = (_context(row, texts.get(row["doc_id"], "")) for row in _rows(folder, parts))
    return list(dict.fromkeys(found))


def _rows(folder: Path, parts: Sequence[str]) -> list[Row]:
    return [row for part in parts for row in read_rows(folder / f"dekamer_questions_{part}.jsonl")]


def _context(row: Row, text: str) -> str:
    if row["end"] > len(text):
        raise ValueError(f"document {row['doc_id']} has no characters up to {row['end']}")
    return text[row["start"] : row["end"]]


def _reading(row: Row, text: str, title: str) -> Reading:
    context, breaks = respace(_context(row, text))

    def inside(place: Sequence[int]) -> Span:
        start, end = place
        return moved((start - row["start"], end - row["start"]), breaks)

    return Reading(
        source="handwritten",
        group=f"handwritten/{row['doc_id']}",
        title=title,
        question=row["question"],
        context=context,
        answerable=row["answerable"],
        evidence=tuple(inside(place) for place in row["evidence"]),
        answer=inside(row["answer"]) if row["answer"] else None,
    )
