"""The invented documents as a corpus folder with evaluation cases, to run the product on them.

``python -m training.as_corpus runs/invented`` writes ``corpus/`` and ``cases.jsonl`` there (the
questions of the groups that no stage trains on), for ``training.calibrate`` and ``assistant eval``.
"""

import argparse
import json
from pathlib import Path

from training.invented import is_held_out
from training.paths import OWN_DATA
from training.rows import Row, read_folder


def write_corpus(folder: Path, target: Path) -> None:
    """Every document as Markdown with its metadata in front.

    Raises ``FileExistsError`` when ``target`` exists: it might be a corpus of somebody's own.
    """
    target.mkdir(parents=True)
    metadata = {row["doc_id"]: row for row in read_folder(folder, "meta.jsonl")}
    for row in read_folder(folder, "docs_*.jsonl"):
        text = _markdown(row, metadata[row["doc_id"]])
        (target / f"{_name(row)}.md").write_text(text, encoding="utf-8")


def write_cases(folder: Path, target: Path) -> None:
    """The questions of the groups that no stage trains on, as evaluation cases."""
    rows = enumerate(read_folder(folder, "qa_*.jsonl"))
    cases = (_case(number, row) for number, row in rows if is_held_out(row))
    lines = (json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
    target.write_text("".join(lines), encoding="utf-8")


def _name(row: Row) -> str:
    return f"inv-{row['doc_id']}"


def _markdown(document: Row, metadata: Row) -> str:
    head = {"title": document["title"], "kind": metadata["kind"], "parties": metadata["parties"]}
    front = json.dumps(head, ensure_ascii=False)  # JSON is YAML
    sections = (f"## {s['name']}\n\n{s['text']}\n" for s in document["sections"])
    return f"---\n{front}\n---\n\n" + "\n".join(sections)


def _case(number: int, row: Row) -> Row:
    case = {
        "id": f"{_name(row)}-{number}",
        "question": row["question"],
        "type": row["type"] if row["answerable"] else "missing_fact",
        "answerable": row["answerable"],
        "style": [row["style"]] if row["style"] else [],
    }
    if row["answerable"]:
        case["facts"] = [[row["answer"]]] if row["answer"] else [[e] for e in row["evidence"]]
        case["sources"] = [{"document": _name(row), "quote": quote} for quote in row["evidence"]]
    return case


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path, help="folder to write")
    parser.add_argument(
        "--invented", type=Path, default=OWN_DATA, help="folder of docs_*, qa_* and meta.jsonl"
    )
    arguments = parser.parse_args()
    write_corpus(arguments.invented, arguments.target / "corpus")
    write_cases(arguments.invented, arguments.target / "cases.jsonl")


if __name__ == "__main__":
    main()
