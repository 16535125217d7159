"""Cases and answers as a Parquet table that evaluation tools and ``datasets`` read."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from assistant.evaluation.scoring import Scored

TEXTS = pa.list_(pa.string())

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("type", pa.string()),
        ("split", pa.string()),
        ("answerable", pa.bool_()),
        ("user_input", pa.string()),
        ("response", pa.string()),
        ("short_answer", pa.string()),
        ("retrieved_contexts", TEXTS),
        ("reference", pa.string()),
        ("reference_contexts", TEXTS),
        ("facts", pa.list_(TEXTS)),
        ("quotes", TEXTS),
        ("status", pa.string()),
        ("confidence", pa.float64()),
        ("verdict", pa.string()),
    ]
)
"""Column names as in ragas where it has one; ``reference`` is the first spelling of each nugget."""


def write_parquet(scored: Iterable[Scored], path: Path) -> None:
    """Write one row a case. ``datasets.load_dataset("parquet", data_files=…)`` reads it."""
    parquet.write_table(pa.Table.from_pylist([_row(item) for item in scored], schema=SCHEMA), path)


def _row(item: Scored) -> dict[str, Any]:
    case, answer = item.case, item.answer
    return {
        "id": case.id,
        "type": case.type,
        "split": case.split,
        "answerable": case.answerable,
        "user_input": answer.standalone_question,
        "response": answer.answer,
        "short_answer": answer.short_answer,
        "retrieved_contexts": [found.text for found in item.outcome.retrieved],
        "reference": "; ".join(nugget[0] for nugget in case.facts),
        "reference_contexts": [source.quote for source in case.sources],
        "facts": [list(nugget) for nugget in case.facts],
        "quotes": [citation.quote for citation in answer.citations],
        "status": answer.status.value,
        "confidence": answer.confidence,
        "verdict": item.verdict.value,
    }
