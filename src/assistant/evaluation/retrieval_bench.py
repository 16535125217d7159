"""Retrieval quality alone, on documents in BEIR layout."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from assistant.embedding import BUNDLED, load_encoder
from assistant.evaluation import beir
from assistant.index import Index
from assistant.indexing import update_index
from assistant.retrieval import HybridRetriever

Log = Callable[[str], None]


def bench_retrieval(folder: Path, others: Sequence[Path], log: Log) -> list[list[beir.Quality]]:
    """Retrieval quality alone: on a BEIR folder, then on other queries over the same documents.

    ``others`` are folders with ``queries.jsonl`` and qrels. Raises as ``beir`` does.
    """
    folders = (folder, *others)
    sets = [beir.load_queries(path) for path in folders]
    documents = beir.load_documents(folder)
    for path, asked in zip(folders, sets, strict=True):
        beir.check_relevant(asked, documents, path)
    encoder = load_encoder(BUNDLED)
    with tempfile.TemporaryDirectory() as work:
        log(f"{folder.name}: indexing {len(documents)} documents")
        update_index(documents, Path(work), lambda: encoder, BUNDLED)
        index = Index.open(Path(work), BUNDLED)
        rankers = beir.own_rankers(HybridRetriever(index=index, encoder=encoder))
        return [
            measure_all(rankers, asked, path.name, log)
            for path, asked in zip(folders, sets, strict=True)
        ]


def measure_all(
    rankers: Mapping[str, beir.Ranker], asked: beir.Queries, name: str, log: Log
) -> list[beir.Quality]:
    """Every ranker on the same queries."""
    qualities = []
    for ranker_name, ranker in rankers.items():
        log(f"{name}: {ranker_name} over {len(asked.queries)} queries")
        qualities.append(beir.measure(ranker_name, ranker, asked))
    return qualities
