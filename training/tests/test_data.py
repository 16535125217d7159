"""The data of the project is whole and consistent, as far as it can be told without texts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.corpus import load_corpus
from assistant.documents import Kind
from assistant.evaluation.cases import ANSWERABLE, STYLES, load_cases
from training.model import VERDICTS
from training.paths import OWN_DATA
from training.rows import Row, read_folder, read_rows

INVENTED = sorted(OWN_DATA.glob("qa_*.jsonl"))
DEKAMER = sorted(OWN_DATA.glob("dekamer_questions_*.jsonl"))
ROOT = Path(__file__).parents[2]
FIELDS = "doc_id start end question type style answerable answer evidence".split()


def invented_problems(row: Row, documents: dict[str, Row]) -> Iterator[str]:
    text = documents[row["doc_id"]]["sections"][row["section"]]["text"]
    if any(quote not in text for quote in row["evidence"]):
        yield "evidence is not verbatim in its section"
    if row["answer"] and not any(row["answer"] in quote for quote in row["evidence"]):
        yield "answer is not in the evidence"
    yield from common_problems(row)


def dekamer_problems(row: Row) -> Iterator[str]:
    if list(row) != FIELDS:
        yield "other fields"
    if any(not row["start"] <= a < b <= row["end"] for a, b in row["evidence"]):
        yield "evidence lies outside the context"
    answer = row["answer"]
    if answer and not any(a <= answer[0] < answer[1] <= b for a, b in row["evidence"]):
        yield "answer is not in the evidence"
    yield from common_problems(row)


def common_problems(row: Row) -> Iterator[str]:
    if row["answerable"] is not bool(row["evidence"]):
        yield "evidence if and only if answerable"
    if row["answer"] and not row["answerable"]:
        yield "unanswerable with an answer"
    if row["type"] not in ANSWERABLE | {"ordinal"} or row["style"] not in STYLES | {""}:
        yield f"unknown type {row['type']} or style {row['style']}"
    if not row["question"].strip():
        yield "no question"


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.stem)
def test_questions_over_invented_documents(path: Path) -> None:
    documents = {row["doc_id"]: row for row in read_folder(OWN_DATA, "docs_*.jsonl")}
    rows = enumerate(read_rows(path), 1)
    assert [(n, p) for n, row in rows for p in invented_problems(row, documents)] == []


@pytest.mark.parametrize("path", DEKAMER, ids=lambda path: path.stem)
def test_questions_over_dekamer(path: Path) -> None:
    rows = enumerate(read_rows(path), 1)
    assert [(n, p) for n, row in rows for p in dekamer_problems(row)] == []


def test_nothing_comes_from_the_corpus_of_the_project() -> None:
    documents = load_corpus(ROOT / "corpus").documents
    known = {run for document in documents for run in runs(document.text)}
    sections = [s for row in read_folder(OWN_DATA, "docs_*.jsonl") for s in row["sections"]]
    assert known
    assert [s["name"] for s in sections if not known.isdisjoint(runs(s["text"]))] == []


def test_no_question_is_an_evaluation_case() -> None:
    cases = load_cases(sorted((ROOT / "evals" / "cases").glob("*.jsonl")))
    asked = {letters(case.question) for case in cases}
    questions = {letters(row["question"]) for path in INVENTED + DEKAMER for row in read_rows(path)}
    assert asked and asked.isdisjoint(questions)


def letters(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def runs(text: str, length: int = 60) -> set[str]:
    plain = letters(text)
    return {plain[at : at + length] for at in range(len(plain) - length + 1)}


def test_every_invented_document_is_described() -> None:
    documents = [row["doc_id"] for row in read_folder(OWN_DATA, "docs_*.jsonl")]
    metadata = {row["doc_id"]: row for row in read_rows(OWN_DATA / "meta.jsonl")}
    assert len(documents) == len(set(documents)) == 180
    assert set(documents) == set(metadata)
    assert {row["kind"] for row in metadata.values()} <= set(Kind)


def test_sizes_are_those_of_the_readme() -> None:
    assert sum(len(read_rows(path)) for path in INVENTED) == 4872
    assert sum(len(read_rows(path)) for path in DEKAMER) == 2300


YESNO = sorted(OWN_DATA.glob("yesno_*.jsonl"))
NOT_YES_OR_NO = re.compile(r"(?i)(?:wie|wat|waar|wanneer|hoeveel|hoe|waarom|welke?)\b")


@pytest.mark.parametrize("path", YESNO, ids=lambda path: path.stem)
def test_yes_no_questions_rest_on_a_sentence_of_their_section(path: Path) -> None:
    rows = read_rows(path)
    documents = {row["doc_id"]: row for row in read_folder(OWN_DATA, "docs_*.jsonl")}
    for row in rows:
        text = documents[row["doc_id"]]["sections"][row["section"]]["text"]
        assert row["evidence"] in text, row
        assert row["verdict"] in VERDICTS, row
        assert not NOT_YES_OR_NO.match(row["question"]), row
    assert len({(row["doc_id"], row["question"]) for row in rows}) == len(rows)
