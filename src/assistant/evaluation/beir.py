"""Retrieval quality on a folder in BEIR layout (corpus.jsonl, queries.jsonl, qrels)."""

import hashlib
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s

from assistant.blocks import parse_text
from assistant.documents import Document, Filters, Kind, Metadata, Passage
from assistant.dutch.folding import fold
from assistant.evaluation.cases import read_lines
from assistant.evaluation.metrics.ndcg import ndcg
from assistant.evaluation.metrics.recall import recall_at
from assistant.evaluation.metrics.reciprocal_rank import reciprocal_rank
from assistant.reading import Reader
from assistant.retrieval import LEG_DEPTH, HybridRetriever
from assistant.sections import find_sections, stored_text

DEPTH = 10

Ranker = Callable[[str], Iterable[str]]
"""A query to document ids, best first, repeats allowed."""


@dataclass(frozen=True, slots=True)
class Queries:
    """Queries by id, and for every query its relevant documents with their grade."""

    queries: dict[str, str]
    relevant: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one ranker does: means over all queries."""

    name: str
    ndcg_at_10: float
    hit_at_10: float
    mrr_at_10: float


class BeirError(ValueError):
    """A folder that is not in BEIR layout; the message names the file and what is wrong."""


def load_documents(folder: Path) -> tuple[Document, ...]:
    """Read ``corpus.jsonl``. Raises ``BeirError`` or ``CaseError``."""
    rows = _rows(folder / "corpus.jsonl")
    return tuple(_to_document(key, row) for key, row in rows.items())


def load_queries(folder: Path) -> Queries:
    """Read ``queries.jsonl`` and ``qrels/test.tsv`` or ``qrels.tsv``.

    Queries without a relevant document are left out. Raises ``BeirError`` or ``CaseError``.
    """
    queries = {key: row["text"] for key, row in _rows(folder / "queries.jsonl").items()}
    in_folder = folder / "qrels" / "test.tsv"
    path = in_folder if in_folder.exists() else folder / "qrels.tsv"
    relevant: dict[str, dict[str, int]] = {}
    for place, line in list(read_lines(path))[1:]:
        try:
            query, document, grade = line.split("\t")
            if int(grade) > 0:
                relevant.setdefault(query, {})[document] = int(grade)
        except ValueError as error:
            raise BeirError(f"{place}: expected query, document, grade") from error
    if not relevant:
        raise BeirError(f"{path} names no relevant document")
    _check_known(path, relevant, queries, "queries")
    return Queries({key: queries[key] for key in relevant}, relevant)


def check_relevant(asked: Queries, documents: Sequence[Document], folder: Path) -> None:
    """Raise ``BeirError`` when relevant documents are not in the corpus."""
    named = {key for relevant in asked.relevant.values() for key in relevant}
    _check_known(folder, named, {document.id for document in documents}, "documents")


def is_held_out(document_id: str) -> bool:
    """Whether a document is in the fifth that the bundled reader was not trained on.

    The rule of the training, on the ids of ``corpus.jsonl``.
    """
    return int(hashlib.sha256(document_id.encode()).hexdigest(), 16) % 5 == 0


def only_held_out(asked: Queries, folder: Path) -> Queries:
    """The queries all of whose relevant documents are held out.

    Raises ``BeirError`` when there are none.
    """
    relevant = {key: found for key, found in asked.relevant.items() if all(map(is_held_out, found))}
    if not relevant:
        raise BeirError(f"{folder}: every query has a relevant document that is not held out")
    return Queries({key: asked.queries[key] for key in relevant}, relevant)


def _check_known(path: Path, named: Iterable[str], known: Container[str], what: str) -> None:
    missing = sorted(key for key in named if key not in known)
    if missing:
        raise BeirError(f"{path}: names {what} that do not exist: {', '.join(missing[:5])}")


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """Rows with a text, by their id as text."""
    rows: dict[str, dict[str, Any]] = {}
    for place, line in read_lines(path):
        try:
            row = json.loads(line)
            key, text = str(row["_id"]), row["text"]
        except (ValueError, KeyError, TypeError) as error:
            raise BeirError(f"{place}: expected an object with _id and text") from error
        if not isinstance(text, str):
            raise BeirError(f"{place}: the text is no text")
        if key in rows:
            raise BeirError(f"{place}: the id '{key}' is used twice")
        rows[key] = row
    return rows


def _to_document(key: str, row: dict[str, Any]) -> Document:
    blocks = parse_text(row["text"])
    text, starts = stored_text(blocks)
    sections = find_sections(blocks, text, starts, numbered_answers=False)
    title = str(row.get("title") or "")
    return Document(key, text, sections, Metadata(title, Kind.ANTWOORD))


def measure(name: str, ranker: Ranker, asked: Queries) -> Quality:
    """Score a ranker on every query; a document counts at its best passage."""
    scores, ranks = [], list[int | None]()
    for key, query in asked.queries.items():
        ranking = list(dict.fromkeys(ranker(query)))[:DEPTH]
        relevant = asked.relevant[key]
        scores.append(ndcg(ranking, relevant, DEPTH))
        hits = (rank for rank, document in enumerate(ranking, 1) if document in relevant)
        ranks.append(next(hits, None))
    reciprocal = sum(reciprocal_rank([rank], DEPTH) for rank in ranks)
    return Quality(
        name,
        sum(scores) / len(scores),
        recall_at(ranks, DEPTH),
        reciprocal / len(ranks),
    )


def own_rankers(retriever: HybridRetriever) -> dict[str, Ranker]:
    """Plain BM25 over the same passages, our two legs, and their fusion."""

    def lexical(query: str) -> Iterator[str]:
        return (passage.document for passage, _ in retriever.search_lexical(query))

    def dense(query: str) -> Iterator[str]:
        return (passage.document for passage, _ in retriever.search_dense(query))

    def hybrid(query: str) -> Iterator[str]:
        found = retriever.search(query, Filters(), LEG_DEPTH)
        return (item.passage.document for item in found)

    plain = plain_bm25(retriever.index.passages)
    return {"BM25, plain": plain, "BM25, Dutch": lexical, "dense": dense, "hybrid": hybrid}


def reranked(retriever: HybridRetriever, reader: Reader, count: int) -> Ranker:
    """The hybrid with its first ``count`` passages in the order of the reader."""

    def rank(query: str) -> Iterator[str]:
        found = retriever.search(query, Filters(), LEG_DEPTH)
        first = reader.read(query, found[:count]).passages
        return (item.passage.document for item in (*first, *found[count:]))

    return rank


def plain_bm25(passages: Sequence[Passage]) -> Ranker:
    """BM25 as it comes out of the box: folded words, no stems, compounds or abbreviations."""
    index = bm25s.BM25()
    index.index([_words(passage.text) for passage in passages], show_progress=False)

    def rank(query: str) -> list[str]:
        terms = [term for term in _words(query) if term in index.vocab_dict]
        if not terms:
            return []
        scores = index.get_scores(terms)
        best = (-scores).argsort(kind="stable")[:LEG_DEPTH]
        return [passages[row].document for row in best if scores[row] > 0]

    return rank


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def table(qualities: Sequence[Quality]) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"| {q.name} | {q.ndcg_at_10:.3f} | {q.hit_at_10:.3f} | {q.mrr_at_10:.3f} |"
        for q in qualities
    ]
    return "\n".join(["| retriever | nDCG@10 | hit@10 | MRR@10 |", "|---|---|---|---|", *rows])
