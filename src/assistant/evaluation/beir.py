"""Retrieval quality on a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels.tsv)."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.blocks import parse_text
from assistant.documents import Document, Filters, Kind, Metadata
from assistant.evaluation import metrics
from assistant.retrieval import LEG_DEPTH, HybridRetriever
from assistant.sections import find_sections, stored_text

DEPTH = 10

Ranker = Callable[[str], Iterable[str]]
"""A query to document ids, best first, repeats allowed."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Documents, queries by id, and for every query its relevant documents with their grade."""

    documents: tuple[Document, ...]
    queries: dict[str, str]
    relevant: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one ranker does over all queries."""

    name: str
    ndcg_at_10: float
    hit_at_10: float
    mrr_at_10: float


def load_benchmark(folder: Path) -> Benchmark:
    """Read a BEIR folder. Raises ``OSError`` or ``ValueError`` when it is not one."""
    documents = tuple(_to_document(row) for row in _rows(folder / "corpus.jsonl"))
    queries = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    relevant: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        relevant.setdefault(query, {})[document] = int(grade)
    return Benchmark(documents, {key: queries[key] for key in relevant}, relevant)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _to_document(row: dict[str, Any]) -> Document:
    blocks = parse_text(row["text"])
    text, starts = stored_text(blocks)
    sections = find_sections(blocks, text, starts, numbered_answers=False)
    return Document(row["_id"], text, sections, Metadata(row.get("title", ""), Kind.ANTWOORD))


def measure(name: str, ranker: Ranker, benchmark: Benchmark) -> Quality:
    """Score a ranker on every query; a document counts at its best passage."""
    scores, ranks = [], list[int | None]()
    for key, query in benchmark.queries.items():
        ranking = list(dict.fromkeys(ranker(query)))[:DEPTH]
        relevant = benchmark.relevant[key]
        scores.append(metrics.ndcg(ranking, relevant, DEPTH))
        hits = [rank for rank, document in enumerate(ranking, 1) if document in relevant]
        ranks.append(hits[0] if hits else None)
    return Quality(
        name,
        sum(scores) / len(scores),
        metrics.recall_at(ranks, DEPTH),
        metrics.mean_reciprocal_rank(ranks, DEPTH),
    )


def own_rankers(retriever: HybridRetriever) -> dict[str, Ranker]:
    """The two legs and their fusion."""
    index, encoder = retriever.index, retriever.encoder

    def dense(query: str) -> Iterator[str]:
        found = index.search_dense(encoder.encode_query(query), LEG_DEPTH, None)
        return (passage.document for passage, _ in found)

    def lexical(query: str) -> Iterator[str]:
        found = index.search_lexical(index.analyzer.query(query), LEG_DEPTH, None)
        return (passage.document for passage, _ in found)

    def hybrid(query: str) -> Iterator[str]:
        found = retriever.search(query, Filters(), LEG_DEPTH)
        return (item.passage.document for item in found)

    return {"dense leg": dense, "BM25 leg": lexical, "hybrid": hybrid}


def table(qualities: Sequence[Quality]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| {q.name} | {q.ndcg_at_10:.3f} | {q.hit_at_10:.3f} | {q.mrr_at_10:.3f} |"
        for q in qualities
    ]
    return "\n".join(["| retriever | nDCG@10 | hit@10 | MRR@10 |", "|---|---|---|---|", *rows])
