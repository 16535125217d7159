"""Hybrid retrieval: BM25 and dense search over the index, joined by reciprocal rank fusion."""

from collections.abc import Iterable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from assistant.documents import Filters, Metadata, Passage, ScoredPassage
from assistant.dutch.folding import fold
from assistant.embedding import Encoder
from assistant.index import Index

FUSION_CONSTANT = 10
"""k of Cormack, Clarke and Büttcher, "Reciprocal rank fusion", SIGIR 2009.

Their 60 suits many rankings of many documents; with two legs a smaller k lets the leg that is sure
win. Measured at 60 and at 10: R@5 .94 and .98 on 66 cases, nDCG@10 .60 and .61 on the dekamer
benchmark (docs/bench.md).
"""

LEG_DEPTH = 200
"""How many passages each leg hands to the fusion."""


def matches(metadata: Metadata, document: str, filters: Filters) -> bool:
    """Whether a document may be used under ``filters``.

    Its period runs from its first to its last date (an agreement without an end runs on); it must
    overlap the filter's period. A document without any date matches no period.
    """
    if filters.documents and document not in map(fold, filters.documents):
        return False
    if filters.kinds and metadata.kind.value not in map(fold, filters.kinds):
        return False
    parties = {fold(party) for party in metadata.parties}
    if filters.parties and parties.isdisjoint(map(fold, filters.parties)):
        return False
    return _overlaps(metadata, filters)


def _overlaps(metadata: Metadata, filters: Filters) -> bool:
    if filters.date_from is None and filters.date_to is None:
        return True
    start = metadata.valid_from or metadata.date
    end = metadata.valid_until or (None if metadata.valid_from else metadata.date)
    if start is None and end is None:
        return False
    starts_in_time = filters.date_to is None or start is None or start <= filters.date_to
    ends_in_time = filters.date_from is None or end is None or end >= filters.date_from
    return starts_in_time and ends_in_time


def fuse(*rankings: Iterable[Passage]) -> dict[str, float]:
    """Reciprocal rank fusion: passage id to the sum of 1 / (k + rank), ranks from 1."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking, 1):
            scores[passage.id] = scores.get(passage.id, 0.0) + 1 / (FUSION_CONSTANT + rank)
    return scores


class HybridRetriever(BaseRetriever):
    """Finds passages by meaning and by words; also a LangChain retriever.

    ``k`` and ``filters`` apply where LangChain calls it; ``search`` takes its own.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    encoder: Encoder
    k: int = 10
    filters: Filters = Filters()

    def search(self, query: str, filters: Filters, k: int) -> list[ScoredPassage]:
        """The ``k`` best passages, best first; fewer when fewer match."""
        allowed = self._allowed(filters)
        return _ranked(self.search_dense(query, allowed), self.search_lexical(query, allowed))[:k]

    def search_dense(
        self, query: str, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The dense leg alone: ``LEG_DEPTH`` passages with their cosine, best first.

        ``documents`` restricts the search to those ids; ``None`` searches all.
        """
        vector = self.encoder.encode_query(query)
        return self.index.search_dense(vector, LEG_DEPTH, documents)

    def search_lexical(
        self, query: str, documents: frozenset[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The BM25 leg alone: at most ``LEG_DEPTH`` passages with their score, best first."""
        terms = self.index.analyzer.query(query)
        return self.index.search_lexical(terms, LEG_DEPTH, documents)

    def _allowed(self, filters: Filters) -> frozenset[str] | None:
        if filters == Filters():
            return None
        return frozenset(
            document.id
            for document in self.index.documents.values()
            if matches(document.metadata, document.id, filters)
        )

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  LangChain passes it
    ) -> list[LangChainDocument]:
        return [self._to_langchain(found) for found in self.search(query, self.filters, self.k)]

    def _to_langchain(self, found: ScoredPassage) -> LangChainDocument:
        passage = found.passage
        metadata: dict[str, Any] = {
            "document": passage.document,
            "title": self.index.documents[passage.document].metadata.title,
            "section": passage.section.name,
            "start": passage.start,
            "end": passage.end,
            "score": found.score,
        }
        return LangChainDocument(id=passage.id, page_content=passage.text, metadata=metadata)


def _ranked(
    dense: list[tuple[Passage, float]], lexical: list[tuple[Passage, float]]
) -> list[ScoredPassage]:
    scores = fuse((passage for passage, _ in dense), (passage for passage, _ in lexical))
    passages = {passage.id: passage for passage, _ in [*dense, *lexical]}
    cosines = {passage.id: cosine for passage, cosine in dense}
    dense_ranks = {passage.id: rank for rank, (passage, _) in enumerate(dense, 1)}
    lexical_ranks = {passage.id: rank for rank, (passage, _) in enumerate(lexical, 1)}
    return [
        ScoredPassage(
            passage=passages[key],
            score=scores[key],
            cosine=cosines.get(key, 0.0),
            dense_rank=dense_ranks.get(key),
            lexical_rank=lexical_ranks.get(key),
        )
        for key in sorted(scores, key=lambda key: (-scores[key], key))
    ]
