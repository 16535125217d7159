"""Readings from the invented partnership documents: texts and questions made for this project.

A document belongs to part, group and letter (``3-g5-a``); the three documents of a group are about
nearly the same matter.
"""

from collections.abc import Container
from pathlib import Path

from training.readings import Reading, Span
from training.rows import Row, read_folder

HELD_OUT = ("g5",)
"""The last group of every part is never trained on: it validates and calibrates."""


def load_invented(folder: Path, groups: Container[str] | None = None) -> list[Reading]:
    """The rows of ``qa_*.jsonl`` over the sections of ``docs_*.jsonl``.

    ``groups`` are the last parts of the group names to take; ``None`` takes those to train on.
    Rows whose quotes are not in their section are left out. Raises ``KeyError`` for a row about a
    section that no document has.
    """
    sections = {
        (row["doc_id"], number): (row, section)
        for row in read_folder(folder, "docs_*.jsonl")
        for number, section in enumerate(row["sections"])
    }
    found = []
    for row in read_folder(folder, "qa_*.jsonl"):
        is_wanted = not is_held_out(row) if groups is None else group_of(row) in groups
        if is_wanted:
            found.append(_reading(row, *sections[row["doc_id"], row["section"]]))
    return [reading for reading in found if reading is not None]


def group_of(row: Row) -> str:
    """The group of a document or question, without its part."""
    return str(row["doc_id"].split("-")[1])


def is_held_out(row: Row) -> bool:
    """Whether no stage trains on this document or question."""
    return group_of(row) in HELD_OUT


def _reading(row: Row, document: Row, section: Row) -> Reading | None:
    text = section["text"]
    evidence = [_find(text, quote) for quote in row["evidence"]]
    found = tuple(span for span in evidence if span is not None)
    if len(found) < len(evidence) or bool(found) != row["answerable"]:
        return None
    return Reading(
        source="invented",
        group="invented/" + row["doc_id"].rsplit("-", 1)[0],
        title=f"{document['title']}. {section['name']}",
        question=row["question"],
        context=text,
        answerable=bool(row["answerable"]),
        evidence=found,
        answer=_answer(text, row["answer"], found),
    )


def _answer(text: str, answer: str, evidence: tuple[Span, ...]) -> Span | None:
    if not answer:
        return None
    spans = (_find(text, answer, start, end) for start, end in evidence)
    return next((span for span in spans if span), None)


def _find(text: str, quote: str, start: int = 0, end: int | None = None) -> Span | None:
    place = text.find(quote, start, len(text) if end is None else end)
    return (place, place + len(quote)) if place >= 0 and quote else None
