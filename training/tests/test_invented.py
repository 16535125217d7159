"""Readings over the invented documents."""

import json
from pathlib import Path

import pytest

from training.invented import load_invented
from training.paths import OWN_DATA
from training.rows import Row

SECTION = "De stuurgroep komt samen in Gent. De voorzitter is Karel Maes."


def question(document: str, **changes: object) -> Row:
    row = {
        "doc_id": document,
        "section": 1,
        "question": "Wie zit voor?",
        "type": "person",
        "style": "",
        "answerable": True,
        "answer": "Karel Maes",
        "evidence": ["De voorzitter is Karel Maes."],
    }
    return row | changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    sections = [{"name": "Artikel 1", "text": "Doel."}, {"name": "Artikel 2", "text": SECTION}]
    documents = [
        {"doc_id": f"0-{group}-a", "title": "Akkoord", "sections": sections}
        for group in ("g1", "g5")
    ]
    questions = [
        question("0-g1-a"),
        question("0-g1-a", answerable=False, answer="", evidence=[]),
        question("0-g1-a", evidence=["Dit staat er niet."]),
        question("0-g5-a"),
    ]
    for name, rows in {"docs_0": documents, "qa_0": questions}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_a_reading_is_the_section_under_its_title(folder: Path) -> None:
    answered, missed = load_invented(folder)
    assert (answered.title, answered.context) == ("Akkoord. Artikel 2", SECTION)
    assert answered.group == "invented/0-g1"
    assert answered.answer and SECTION[slice(*answered.answer)] == "Karel Maes"
    assert not missed.answerable


def test_the_last_group_is_held_out_unless_asked_for(folder: Path) -> None:
    assert {r.group for r in load_invented(folder)} == {"invented/0-g1"}
    assert {r.group for r in load_invented(folder, {"g5"})} == {"invented/0-g5"}


def test_no_question_of_the_project_is_left_out() -> None:
    groups = {f"g{number}" for number in range(1, 6)}
    rows = sum(path.read_text().count("\n") for path in OWN_DATA.glob("qa_*.jsonl"))
    readings = load_invented(OWN_DATA, groups)
    assert len(readings) == rows
    held_out = {r.context for r in load_invented(OWN_DATA, {"g5"})}
    assert not held_out & {r.context for r in load_invented(OWN_DATA)}
