"""Sub-questions: repaired texts, the filter and the hold-out."""

import json
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from training.dekamer import Dekamer, is_held_out, load_dekamer, moved, read_titles, respace
from training.rows import Row

TRAINED, HELD = (
    next(f"d{n}" for n in count() if is_held_out(f"d{n}") is held) for held in (False, True)
)
ANSWERS = {
    TRAINED: "In totaal werden 45 controles uitgevoerd door de dienst in Gent en omstreken.",
    HELD: "De minister heeft op 3 mei 2016 een nieuwe omzendbrief aan alle korpsen gestuurd.",
}


def write(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    questions = {
        TRAINED: "Hoeveel controles werden er uitgevoerd?",
        HELD: "Wanneer werd de omzendbrief verstuurd?",
    }
    write(tmp_path / "corpus.jsonl", [{"_id": k, "text": f"1. {a}"} for k, a in ANSWERS.items()])
    write(tmp_path / "queries.jsonl", [{"_id": "q1", "text": "Controles (MV 123)"}])
    (tmp_path / "qrels.tsv").write_text(f"query\tcorpus\tscore\nq1\t{TRAINED}\t1\n")
    write(
        tmp_path / "subquestions.jsonl",
        [
            {"doc_id": key, "title": "Titel", "n": 1, "question": questions[key], "answer": answer}
            for key, answer in ANSWERS.items()
        ],
    )
    vectors = np.eye(2, dtype=np.float32)
    np.savez(tmp_path / "vectors.npz", question=vectors, answer=vectors)
    return tmp_path


def load(folder: Path, excluded: tuple[str, ...] = ()) -> Dekamer:
    return load_dekamer(folder, folder / "vectors.npz", excluded)


def test_respace_moves_spans() -> None:
    text = "Eerste zin.Tweede zin:- een;- twee."
    spaced, breaks = respace(text)
    assert spaced == "Eerste zin. Tweede zin:\n- een;\n- twee."
    start = text.index("Tweede")
    assert spaced[slice(*moved((start, start + 10), breaks))] == "Tweede zin"


def test_held_out_documents_reach_no_training(folder: Path) -> None:
    loaded = load(folder)
    assert [r.group for r in loaded.train] == [f"dekamer/{TRAINED}"]
    assert [r.group for r in loaded.dev] == [f"dekamer/{HELD}"]
    assert loaded.texts == (f"1. {ANSWERS[TRAINED]}",)


def test_texts_that_validate_reach_no_training(folder: Path) -> None:
    loaded = load(folder, (ANSWERS[TRAINED],))
    assert (loaded.train, loaded.texts) == ((), ())


def test_the_only_number_is_the_short_answer(folder: Path) -> None:
    (reading,) = load(folder).train
    assert reading.answer and reading.context[slice(*reading.answer)] == "45"


def test_titles_lose_their_number(folder: Path) -> None:
    assert read_titles(folder) == {TRAINED: "Controles"}
