"""Points DeepEval at the answers of an evaluation run; its LLM judge is off unless asked for.

    python -m venv .venv-deepeval
    .venv-deepeval/bin/pip install deepeval==4.3.1 pandas pyarrow
    assistant eval
    .venv-deepeval/bin/python evals/examples/deepeval_example.py evals/results/dataset.parquet

``--judge`` adds DeepEval's faithfulness metric, which sends questions, answers and passages to the
model of ``OPENAI_API_KEY`` (see DeepEval's documentation for other providers).
"""

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DEEPEVAL_TELEMETRY_OPT_OUT", "YES")

import pandas as pd
from deepeval.metrics import BaseMetric, ExactMatchMetric
from deepeval.test_case import LLMTestCase


class QuotesInContext(BaseMetric):
    """Whether every quote of an answer stands in a retrieved passage; no model is asked."""

    threshold = 1.0
    async_mode = False

    def measure(self, test_case: LLMTestCase, *_args: Any, **_options: Any) -> float:
        """Share of the quotes (``context``) found in ``retrieval_context``."""
        passages = "\n".join(test_case.retrieval_context or [])
        quotes = test_case.context or []
        found = [all(line.strip() in passages for line in quote.splitlines()) for quote in quotes]
        self.score = sum(found) / len(found) if found else 1.0
        self.success = self.score >= self.threshold
        return self.score

    def is_successful(self) -> bool:
        """Whether the last ``measure`` reached the threshold."""
        return bool(self.success)


def test_case(row: "pd.Series[Any]") -> LLMTestCase:
    """One row of the table as DeepEval wants it; the short answer is what exact match compares."""
    return LLMTestCase(
        name=row["id"],
        input=row["user_input"],
        actual_output=row["short_answer"] or row["response"],
        expected_output=row["reference"],
        retrieval_context=list(row["retrieved_contexts"]),
        context=list(row["quotes"]),
    )


def judge_metrics() -> list[BaseMetric]:
    """The metrics that need a model."""
    from deepeval.metrics import FaithfulnessMetric

    return [FaithfulnessMetric(threshold=0.9, async_mode=False)]


def main(table: Path, judge: bool) -> None:
    """Score the answered, answerable questions and show the mean of each metric."""
    rows = pd.read_parquet(table)
    answered = rows[rows["answerable"] & (rows["status"] != "abstained")]
    metrics: list[BaseMetric] = [ExactMatchMetric(), QuotesInContext()]
    metrics += judge_metrics() if judge else []
    cases = [test_case(row) for _, row in answered.iterrows()]
    for metric in metrics:
        scores = [metric.measure(case) for case in cases]
        name = type(metric).__name__
        print(f"{name:20} {sum(scores) / len(scores):.3f} over {len(scores)} answers")  # noqa: T201


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("table", type=Path)
    options.add_argument("--judge", action="store_true")
    given = options.parse_args()
    main(given.table, given.judge)
