"""Hand-written questions: places in another file's text become readings."""

import json
from pathlib import Path

import pytest

from training.handwritten import load_contexts, load_handwritten
from training.readings import Reading
from training.rows import Row

TEXT = "Inleiding. Er zijn acht leden.De voorzitter is Karel Maes. Slot."
START, END = TEXT.index("Er zijn"), TEXT.index(" Slot")


def place(quote: str) -> list[int]:
    return [TEXT.index(quote), TEXT.index(quote) + len(quote)]


ANSWERABLE: Row = {
    "doc_id": "a1",
    "start": START,
    "end": END,
    "question": "Wie zit voor?",
    "type": "person",
    "style": "",
    "answerable": True,
    "answer": place("Karel Maes"),
    "evidence": [place("De voorzitter is Karel Maes.")],
}
UNANSWERABLE: Row = ANSWERABLE | {"answerable": False, "answer": None, "evidence": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "corpus.jsonl": [{"_id": "a1", "text": TEXT}],
        "queries.jsonl": [{"_id": "q1", "text": "Leden"}],
        "dekamer_questions_7.jsonl": [ANSWERABLE, UNANSWERABLE],
    }
    for name, rows in files.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\ta1\t1\n")
    return tmp_path


def quotes(reading: Reading) -> list[str]:
    return [reading.context[slice(*span)] for span in reading.evidence or ()]


def test_places_follow_the_repaired_context(folder: Path) -> None:
    answered, missed = load_handwritten(folder, ["7"], folder)
    assert answered.context == "Er zijn acht leden. De voorzitter is Karel Maes."
    assert quotes(answered) == ["De voorzitter is Karel Maes."]
    assert answered.answer and answered.context[slice(*answered.answer)] == "Karel Maes"
    assert answered.title == "Leden"
    assert (missed.answerable, missed.evidence, missed.answer) == (False, (), None)


def test_contexts_are_given_once_as_the_source_has_them(folder: Path) -> None:
    assert load_contexts(folder, ["7"], folder) == [TEXT[START:END]]


def test_another_corpus_is_refused(folder: Path) -> None:
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": "a1", "text": "Kort."}))
    with pytest.raises(ValueError, match="a1"):
        load_handwritten(folder, ["7"], folder)


def test_a_part_must_exist(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_handwritten(folder, ["8"], folder)
