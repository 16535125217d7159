"""The index on disk: vectors, search terms, texts, and a manifest that names the live build.

A build is a folder of its own. ``manifest.json`` is replaced by one rename, so that a killed
indexer, a full disk or a concurrent reader never meets half an index.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Self

import bm25s
import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter, ValidationError

from assistant.documents import Document, FrozenModel, Passage
from assistant.dutch.analysis import Analyzer, Query
from assistant.embedding import Vectors
from assistant.vector_store import VectorsMissing, VectorStore, VectorStoreError

FORMAT = 1
"""Raised when a build of older code cannot be read any more."""

DOCUMENT_WEIGHT = 2.0
"""nDCG@10 of the lexical leg on the dekamer benchmark (docs/bench.md): .53 at 0, .57 at 2."""

ALTERNATIVE_WEIGHT = 0.5
"""Weight of an abbreviation's other form; at 1 a wrongly found long form does more harm."""

DOCUMENTS = TypeAdapter(tuple[Document, ...])
PASSAGES = TypeAdapter(tuple[Passage, ...])
"""How a build keeps its documents and passages as JSON."""


class IndexUnavailable(Exception):
    """There is no index that can answer; the message says why and what to run."""


class IndexMissing(IndexUnavailable):
    """Nothing was built yet."""


class IndexMismatch(IndexUnavailable):
    """The index was built by other code or with another encoder."""


class Manifest(FrozenModel):
    """What the live build was made of."""

    format: int = FORMAT
    build: str
    created: datetime
    encoder: str
    dimensions: int
    passages: int
    documents: dict[str, str]
    versions: dict[str, str]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the live build.

    Raises ``IndexMissing`` when there is none and ``IndexMismatch`` when this code cannot read it.
    """
    path = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise IndexMissing(f"There is no index in {folder}; run `assistant index`.") from error
    except ValidationError as error:
        raise IndexMismatch(f"{path} is damaged; run `assistant index --rebuild`.") from error
    if manifest.format != FORMAT:
        raise IndexMismatch(
            f"The index has format {manifest.format}, this version needs {FORMAT}; "
            "run `assistant index`."
        )
    return manifest


class Index:
    """One opened build: documents, passages and the two ways of finding them."""

    def __init__(self, folder: Path, manifest: Manifest, chroma_url: str = "") -> None:
        build = folder / manifest.build
        self.manifest = manifest
        try:
            self.documents = {
                document.id: document
                for document in DOCUMENTS.validate_json((build / "documents.json").read_bytes())
            }
            self.passages = PASSAGES.validate_json((build / "passages.json").read_bytes())
            self.analyzer = Analyzer.load(build / "analyzer.json")
            self._bm25 = bm25s.BM25.load(build / "bm25", mmap=True)
            self._document_bm25 = bm25s.BM25.load(build / "bm25-documents", mmap=True)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise IndexMismatch(
                f"The index in {build} is damaged ({error}); run `assistant index --rebuild`."
            ) from error
        self._positions = {passage.id: row for row, passage in enumerate(self.passages)}
        self._by_start = sorted(
            range(len(self.passages)),
            key=lambda row: (self.passages[row].document, self.passages[row].start),
        )
        self._starts = [
            (self.passages[row].document, self.passages[row].start, row) for row in self._by_start
        ]
        rows = {key: row for row, key in enumerate(self.documents)}
        self._owners = np.array([passage.document for passage in self.passages])
        self._owner_rows = np.array([rows[passage.document] for passage in self.passages])
        try:
            self.vectors = VectorStore.open(build, chroma_url)
        except VectorsMissing as error:
            raise IndexMismatch(f"{error}; run `assistant index --rebuild`.") from error
        except VectorStoreError as error:
            raise IndexUnavailable(
                f"The vectors of the index cannot be opened ({error}); check the Chroma server or "
                "run `assistant index --rebuild`."
            ) from error

    @classmethod
    def open(cls, folder: Path, encoder: str, chroma_url: str = "") -> Self:
        """Open the live build. Raises ``IndexUnavailable`` with what to run."""
        manifest = read_manifest(folder)
        if manifest.encoder != encoder:
            raise IndexMismatch(
                f"The index was built with encoder '{manifest.encoder}', the setting is "
                f"'{encoder}'; run `assistant index`."
            )
        return cls(folder, manifest, chroma_url)

    def search_dense(
        self, vector: Vectors, limit: int, documents: frozenset[str] | None
    ) -> list[tuple[Passage, float]]:
        """The passages nearest to a unit vector, best first, with their cosine.

        ``documents`` restricts the search to those ids; ``None`` searches all. Raises
        ``IndexUnavailable`` when Chroma fails.
        """
        if documents is not None and not documents:
            return []
        try:
            found = self.vectors.nearest(vector, min(limit, len(self.passages)), documents)
        except VectorStoreError as error:
            raise IndexUnavailable(f"The index cannot be searched ({error}).") from error
        return [(self.passages[self._positions[key]], cosine) for key, cosine in found]

    def search_lexical(
        self, query: Query, limit: int, documents: frozenset[str] | None
    ) -> list[tuple[Passage, float]]:
        """The passages with the highest BM25 score above zero, best first.

        A passage that holds a term also scores by its whole document, ``DOCUMENT_WEIGHT`` times:
        what a question is about often stands elsewhere in the document than its answer.
        """
        own = _score(self._bm25, query)
        whole = _score(self._document_bm25, query)[self._owner_rows]
        scores = np.where(own > 0, own + DOCUMENT_WEIGHT * whole, 0.0)
        if documents is not None:
            scores = scores * np.isin(self._owners, sorted(documents))
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(self.passages[row], float(scores[row])) for row in best if scores[row] > 0]

    def passage_at(self, document: str, offset: int) -> Passage | None:
        """The passage of a document that holds the character at an offset."""
        place = (document, offset, float("inf"))
        row = bisect_right(self._starts, place) - 1
        found = self.passages[self._by_start[row]] if row >= 0 else None
        holds = found is not None and found.document == document and offset < found.end
        return found if holds else None

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a search term: ln(1 + passages / passages with it)."""
        row = self._bm25.vocab_dict.get(term)
        bounds = self._bm25.scores["indptr"]
        holders = 0.5 if row is None else float(bounds[row + 1] - bounds[row])
        return float(np.log1p(len(self.passages) / holders))

    def close(self) -> None:
        """Release the files of this build."""
        self.vectors.close()


def _score(bm25: bm25s.BM25, query: Query) -> npt.NDArray[np.float64]:
    """BM25 of every text. An alternative adds half of what it scores above its original."""

    def score(terms: Iterable[str]) -> npt.NDArray[np.float64]:
        known = [term for term in terms if term in bm25.vocab_dict]
        if not known:
            return np.zeros(bm25.scores["num_docs"])
        return np.asarray(bm25.get_scores(known), dtype=np.float64)

    scores = score(query.terms)
    for form, other in query.alternatives:
        scores = scores + ALTERNATIVE_WEIGHT * np.maximum(0, score(other) - score(form))
    return scores
