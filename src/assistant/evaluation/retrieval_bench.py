"""Retrieval quality alone, on documents in BEIR layout."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from assistant.answering import RETRIEVED
from assistant.documents import Document
from assistant.embedding import BUNDLED, load_encoder
from assistant.evaluation import beir
from assistant.index import Index
from assistant.indexing import update_index
from assistant.matching import Matcher
from assistant.reader_model import bundled_reader_model
from assistant.reading import TrainedReader, bundled_calibration
from assistant.retrieval import HybridRetriever

Log = Callable[[str], None]


def bench_retrieval(
    folder: Path,
    others: Sequence[Path],
    log: Log,
    rerank: int = RETRIEVED,
    held_out: bool = False,
) -> list[list[beir.Quality]]:
    """Retrieval quality alone: on a BEIR folder, then on other queries over the same documents.

    ``others`` are folders with ``queries.jsonl`` and qrels. The reader reorders the first
    ``rerank`` passages of the hybrid; at 0 it is left out. ``held_out`` keeps the queries of
    ``beir.only_held_out``. Raises as ``beir`` does.
    """
    folders = (folder, *others)
    documents, sets = _load(folders, held_out)
    with tempfile.TemporaryDirectory() as work:
        log(f"{folder.name}: indexing {len(documents)} documents")
        rankers = _rankers(_indexed(documents, Path(work)), rerank)
        return [
            measure_all(rankers, asked, path.name, log)
            for path, asked in zip(folders, sets, strict=True)
        ]


def _load(
    folders: Sequence[Path], held_out: bool
) -> tuple[tuple[Document, ...], list[beir.Queries]]:
    """The documents of the first folder, and the queries of each."""
    sets = [beir.load_queries(path) for path in folders]
    documents = beir.load_documents(folders[0])
    for path, asked in zip(folders, sets, strict=True):
        beir.check_relevant(asked, documents, path)
    if held_out:
        sets = [beir.only_held_out(asked, path) for path, asked in zip(folders, sets, strict=True)]
    return documents, sets


def _indexed(documents: Sequence[Document], work: Path) -> HybridRetriever:
    encoder = load_encoder(BUNDLED)
    update_index(documents, work, lambda: encoder, BUNDLED)
    return HybridRetriever(index=Index.open(work, BUNDLED), encoder=encoder)


def _rankers(retriever: HybridRetriever, rerank: int) -> dict[str, beir.Ranker]:
    rankers = beir.own_rankers(retriever)
    if rerank:
        index = retriever.index
        matcher = Matcher(index.documents, index.analyzer, index.rarity)
        reader = TrainedReader(matcher, bundled_reader_model(), bundled_calibration())
        rankers["hybrid + reader"] = beir.reranked(retriever, reader, rerank)
    return rankers


def measure_all(
    rankers: Mapping[str, beir.Ranker], asked: beir.Queries, name: str, log: Log
) -> list[beir.Quality]:
    """Every ranker on the same queries."""
    qualities = []
    for ranker_name, ranker in rankers.items():
        log(f"{name}: {ranker_name} over {len(asked.queries)} queries")
        qualities.append(beir.measure(ranker_name, ranker, asked))
    return qualities
