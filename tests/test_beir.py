"""Folders in BEIR layout: reading, ranking, measuring."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.answering import RETRIEVED
from assistant.cli import app
from assistant.evaluation.beir import (
    BeirError,
    Queries,
    is_held_out,
    load_documents,
    load_queries,
    measure,
    only_held_out,
    plain_bm25,
    table,
)
from assistant.evaluation.bench import bench_beir
from assistant.evaluation.commands import RERANKED
from assistant.evaluation.retrieval_bench import bench_retrieval
from assistant.passages import split_document


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "a", "title": "", "text": "De trein had vertraging door een defect."}\n'
        '{"_id": "b", "title": "", "text": "Het pensioen stijgt met twee procent."}\n'
        '{"_id": "c", "title": "", "text": "De minister bezoekt de haven."}\n'
    )
    (tmp_path / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "Pensioenen"}\n'
        '{"_id": "q2", "text": "vertraging trein"}\n'
        '{"_id": "q3", "text": "zonder antwoord"}\n'
    )
    (tmp_path / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\tb\t1\nq2\ta\t1\nq3\tc\t0\n"
    )
    return tmp_path


def test_documents_and_queries_with_a_relevant_document_are_read(folder: Path) -> None:
    assert [document.id for document in load_documents(folder)] == ["a", "b", "c"]
    assert load_queries(folder).relevant == {"q1": {"b": 1}, "q2": {"a": 1}}


def test_qrels_may_stand_in_their_own_folder(folder: Path) -> None:
    (folder / "qrels").mkdir()
    (folder / "qrels.tsv").rename(folder / "qrels" / "test.tsv")
    assert load_queries(folder).queries.keys() == {"q1", "q2"}


@pytest.mark.parametrize(
    ("name", "line", "place"),
    [
        ("corpus.jsonl", '{"_id": "a"}', "corpus.jsonl:1"),
        ("queries.jsonl", "not json", "queries.jsonl:1"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq1\tb", "qrels.tsv:2"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore\nq9\tb\t1", "queries that do not exist: q9"),
        ("qrels.tsv", "query-id\tcorpus-id\tscore", "names no relevant document"),
        ("corpus.jsonl", '{"_id": "a", "text": null}', "corpus.jsonl:1: the text is no text"),
        ("corpus.jsonl", '{"_id": 1, "text": "x"}\n{"_id": "1", "text": "y"}', "used twice"),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    folder: Path, name: str, line: str, place: str
) -> None:
    (folder / name).write_text(line + "\n")
    with pytest.raises(BeirError, match=place):
        load_documents(folder)
        load_queries(folder)


def test_a_document_counts_at_its_best_passage() -> None:
    asked = Queries({"q": "pensioen"}, {"q": {"b": 1}})
    quality = measure("second", lambda query: ["a", "a", "b"], asked)
    assert quality.mrr_at_10 == 0.5
    assert quality.hit_at_10 == 1.0


def test_plain_bm25_knows_no_inflection(folder: Path) -> None:
    passages = [p for document in load_documents(folder) for p in split_document(document)]
    rank = plain_bm25(passages)
    assert list(rank("pensioen")) == ["b"]
    assert list(rank("pensioenen")) == []


def test_the_bench_gives_a_table_for_each_set_of_queries(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "queries.jsonl").write_text('{"_id": "s", "text": "Wie bezoekt de haven?"}\n')
    (other / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\ns\tc\t1\n")
    log: list[str] = []
    titles, questions = bench_retrieval(folder, [other], log.append)
    names = [quality.name for quality in titles]
    assert names == ["BM25, plain", "BM25, Dutch", "dense", "hybrid", "hybrid + reader"]
    assert titles[0].hit_at_10 == 0.5
    assert [quality.hit_at_10 for quality in titles[1:]] == [1.0, 1.0, 1.0, 1.0]
    assert {quality.mrr_at_10 for quality in questions} == {1.0}
    assert table(questions).splitlines()[-1] == "| hybrid + reader | 1.000 | 1.000 | 1.000 |"
    assert len(log) == 1 + 2 * 5


@pytest.mark.parametrize(("rerank", "found"), [(0, []), (2, [1 / 3]), (RETRIEVED, [1.0])])
def test_the_reader_reorders_no_more_passages_than_it_is_told(
    tmp_path: Path, rerank: int, found: list[float]
) -> None:
    """Three passages have the words of the question; only the last one has a date."""
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "bare", "text": "De minister bezoekt de haven."}\n'
        '{"_id": "open", "text": "Wanneer bezoekt de minister de haven? Daarover later."}\n'
        '{"_id": "date", "text": "De minister gaat op 3 mei 2021 naar de haven."}\n'
        '{"_id": "away", "text": "Het pensioen stijgt met twee procent."}\n'
    )
    question = '{"_id": "q", "text": "Wanneer bezoekt de minister de haven?"}\n'
    (tmp_path / "queries.jsonl").write_text(question)
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tdate\t1\n")
    (qualities,) = bench_retrieval(tmp_path, [], lambda line: None, rerank=rerank)
    ranks = {quality.name: quality.mrr_at_10 for quality in qualities}
    assert ranks["hybrid"] == 1 / 3
    assert [rank for name, rank in ranks.items() if name == "hybrid + reader"] == found


def test_the_bench_reranks_what_the_assistant_reads() -> None:
    assert RERANKED == RETRIEVED


def test_held_out_is_a_fifth_by_the_hash_of_the_id() -> None:
    names = [f"a{number}" for number in range(30)]
    held_out = ["a1", "a2", "a4", "a8", "a11", "a15", "a26", "a27", "a28", "a29"]
    assert [name for name in names if is_held_out(name)] == held_out


def test_a_query_is_held_out_when_all_its_relevant_documents_are(tmp_path: Path) -> None:
    relevant = {"both": {"a1": 1, "a2": 2}, "one": {"a1": 1, "a3": 1}, "none": {"a3": 1}}
    asked = Queries(dict.fromkeys(relevant, "vraag"), relevant)
    kept = only_held_out(asked, tmp_path)
    assert kept == Queries({"both": "vraag"}, {"both": {"a1": 1, "a2": 2}})


def test_the_command_asks_only_what_is_held_out(folder: Path) -> None:
    command = ["bench", "retrieval", "--beir", str(folder), "--held-out", "--rerank", "0"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.stderr
    assert "hybrid over 1 queries" in result.stderr
    assert "| hybrid | 1.000 | 1.000 | 1.000 |" in result.stdout
    assert "reader" not in result.stdout


def test_the_command_says_that_no_query_is_held_out(folder: Path) -> None:
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tb\t1\nq1\ta\t1\n")
    result = CliRunner().invoke(app, ["bench", "retrieval", "--beir", str(folder), "--held-out"])
    assert result.exit_code == 2
    assert "not held out" in result.stderr


def test_a_relevant_document_must_be_in_the_corpus(folder: Path) -> None:
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tz\t1\n")
    with pytest.raises(BeirError, match="documents that do not exist: z"):
        bench_retrieval(folder, [], lambda line: None)
    with pytest.raises(BeirError, match="documents that do not exist: z"):
        bench_beir(folder, lambda line: None)


def test_ids_may_be_numbers(folder: Path) -> None:
    (folder / "queries.jsonl").write_text('{"_id": 1, "text": "pensioen"}\n')
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\tb\t1\n")
    assert load_queries(folder).queries == {"1": "pensioen"}
