"""Data sets in SQuAD layout."""

import gzip
import json
from pathlib import Path

import pytest

from training.squad import FILES, held_out, load_squad

CONTEXT = "De stuurgroep kwam samen in Gent. De voorzitter is sinds 2014 Karel Maes, zei men."


def article(title: str, identifier: str) -> dict[str, object]:
    question = {
        "id": identifier,
        "question": "Wie is voorzitter?",
        "answers": [{"text": "Karel Maes", "answer_start": CONTEXT.index("Karel")}],
    }
    return {"title": title, "paragraphs": [{"context": CONTEXT, "qas": [question]}]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for source, files in FILES.items():
        for name in files:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shared = "same" if source.startswith(("squad", "xquad")) else name
            raw = json.dumps({"data": [article(f"Titel {source}", shared)]}).encode()
            path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return tmp_path


def test_translations_share_a_family(root: Path) -> None:
    readings = [r for r in load_squad(root) if r.source.startswith(("squad", "xquad"))]
    assert len({r.source for r in readings}) > 5
    assert len({r.group.split("/", 1)[1] for r in readings}) == 1
    assert len({held_out(r) for r in readings}) == 1


def test_readings_point_at_answer_and_sentence(root: Path) -> None:
    for reading in load_squad(root):
        assert reading.answer and CONTEXT[slice(*reading.answer)] == "Karel Maes"
        (evidence,) = reading.evidence or ()
        assert CONTEXT[slice(*evidence)].startswith("De voorzitter")


def test_repeated_questions_are_read_once(root: Path) -> None:
    assert len(load_squad(root)) == len(FILES)
