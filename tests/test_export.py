"""The Parquet table, read back."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from assistant.evaluation.export import write_parquet
from assistant.evaluation.scoring import score
from test_scoring import (
    COSTS,
    DUUR,
    GOLD,
    LASTS,
    OFF,
    SLOT,
    TERMS,
    abstained,
    answered,
    cite,
    outcome,
)

OUTCOMES = [
    outcome(
        TERMS, answered(cite(LASTS), cite(COSTS), text="Vijf jaar [1].", short="5"), DUUR, SLOT
    ),
    outcome(OFF, abstained(cite(LASTS))),
]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    path: Path = tmp_path_factory.mktemp("export") / "dataset.parquet"
    write_parquet((score(item, GOLD) for item in OUTCOMES), path)
    return parquet.read_table(path)


@pytest.fixture(scope="module")
def rows(table: pa.Table) -> list[dict[str, Any]]:
    return list(table.to_pylist())


def test_every_column_has_its_type(table: pa.Table) -> None:
    assert {field.name: str(field.type).replace("element", "item") for field in table.schema} == {
        "id": "string",
        "type": "string",
        "split": "string",
        "answerable": "bool",
        "user_input": "string",
        "response": "string",
        "short_answer": "string",
        "retrieved_contexts": "list<item: string>",
        "reference": "string",
        "reference_contexts": "list<item: string>",
        "facts": "list<item: list<item: string>>",
        "quotes": "list<item: string>",
        "status": "string",
        "confidence": "double",
        "verdict": "string",
    }


def test_an_answered_question_is_one_row(rows: list[dict[str, Any]]) -> None:
    assert rows[0] == {
        "id": "voorwaarden",
        "type": "what",
        "split": "dev",
        "answerable": True,
        "user_input": "Hele vraag?",
        "response": "Vijf jaar [1].",
        "short_answer": "5",
        "retrieved_contexts": [DUUR.text, SLOT.text],
        "reference": "5 jaar; 1.500",
        "reference_contexts": [LASTS, COSTS],
        "facts": [["5 jaar", "een lustrum"], ["1.500"]],
        "quotes": [LASTS, COSTS],
        "status": "answered",
        "confidence": 0.9,
        "verdict": "right",
    }


def test_an_unanswerable_question_has_no_reference(rows: list[dict[str, Any]]) -> None:
    found = rows[1]
    assert (found["answerable"], found["status"], found["verdict"]) == (False, "abstained", "right")
    assert found["reference"] == ""
    lists = ("retrieved_contexts", "reference_contexts", "facts", "quotes")
    assert [found[name] for name in lists] == [[], [], [], []]


def test_no_rows_still_make_a_table_with_columns(tmp_path: Path) -> None:
    write_parquet([], tmp_path / "empty.parquet")
    found = parquet.read_table(tmp_path / "empty.parquet")
    assert (found.num_rows, found.num_columns) == (0, 15)
