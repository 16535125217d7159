"""Turns dekamer's ``subquestions.jsonl`` into queries and qrels over its ``corpus.jsonl``.

    python evals/dekamer_subquestions.py DEKAMER OUT
    assistant bench retrieval --beir DEKAMER --queries OUT

The sub-questions carry ids of their own; title and answer text say which document each belongs to.
"""

import argparse
import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMPARED = 200
"""Characters of an answer, letters and digits only, that must stand in the document."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def letters(text: str) -> str:
    """``text`` as it is compared."""
    return re.sub(r"\W+", "", text).lower()


def documents_by_title(source: Path) -> dict[str, set[str]]:
    """The documents that each title query is about."""
    titles = {row["_id"]: letters(row["text"]) for row in rows(source / "queries.jsonl")}
    found: dict[str, set[str]] = defaultdict(set)
    with (source / "qrels.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            found[titles[row["query-id"]]].add(row["corpus-id"])
    return found


def relevant_documents(source: Path) -> dict[str, set[str]]:
    """Sub-question to the documents whose answer it is; equal questions are one query."""
    texts = {row["_id"]: letters(row["text"]) for row in rows(source / "corpus.jsonl")}
    by_title = documents_by_title(source)
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(source / "subquestions.jsonl"):
        answer = letters(row["answer"])[:COMPARED]
        candidates = by_title[letters(row["title"])]
        found[row["question"].strip()] |= {key for key in candidates if answer in texts[key]}
    return {question: documents for question, documents in found.items() if documents}


def main(source: Path, target: Path) -> None:
    """Write ``queries.jsonl`` and ``qrels.tsv``."""
    found = relevant_documents(source)
    target.mkdir(parents=True, exist_ok=True)
    queries = (json.dumps({"_id": f"s{n}", "text": q}) for n, q in enumerate(found))
    (target / "queries.jsonl").write_text("\n".join(queries) + "\n", encoding="utf-8")
    with (target / "qrels.tsv").open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, delimiter="\t", lineterminator="\n")
        table.writerow(["query-id", "corpus-id", "score"])
        for number, documents in enumerate(found.values()):
            table.writerows([f"s{number}", document, 1] for document in sorted(documents))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("source", type=Path, help="folder of the dekamer data")
    options.add_argument("target", type=Path, help="folder to write")
    given = options.parse_args()
    main(given.source, given.target)
