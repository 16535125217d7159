"""Picks the concrete parts and puts them together; keeps the served index up to date."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.answering import Assistant
from assistant.corpus import load_corpus, source_files
from assistant.documents import Corpus
from assistant.embedding import Encoder, load_encoder
from assistant.generation import LlmAnswerer, load_llm
from assistant.index import Index, IndexUnavailable, read_manifest
from assistant.indexing import IndexReport, Progress, digest, update_index
from assistant.reading import SimilarityReader
from assistant.retrieval import HybridRetriever
from assistant.settings import Settings

_log = logging.getLogger(__name__)

STALENESS_SECONDS = 5.0
"""How long a verdict on whether the corpus still matches the index is kept."""


def build_assistant(settings: Settings) -> Assistant:
    """Open the index and load the models. Raises ``index.IndexUnavailable``."""
    index = Index.open(settings.index, settings.encoder, settings.chroma_url)
    return assemble(index, load_encoder(settings.encoder), load_llm(settings))


def assemble(index: Index, encoder: Encoder, llm: LlmAnswerer | None) -> Assistant:
    """An assistant over an opened index, with models that are already loaded."""
    retriever = HybridRetriever(index=index, encoder=encoder)
    reader = SimilarityReader(index.documents, index.analyzer, index.rarity, encoder)
    return Assistant(index.documents, retriever, reader, llm)


def update_from_corpus(
    settings: Settings, rebuild: bool, progress: Progress
) -> tuple[Corpus, IndexReport]:
    """Bring the index up to date with the corpus folder. Raises as its two parts do."""
    corpus = load_corpus(settings.corpus)
    report = update_index(
        corpus.documents,
        settings.index,
        lambda: load_encoder(settings.encoder),
        settings.encoder,
        chroma_url=settings.chroma_url,
        rebuild=rebuild,
        progress=progress,
    )
    return corpus, report


@dataclass(frozen=True, slots=True)
class _Live:
    build: str
    index: Index
    assistant: Assistant


class LiveAssistant:
    """The assistant of the live index: follows a re-index without a restart.

    The models load once; a new build costs only the opening of its files. Thread safe.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None
        self._llm: LlmAnswerer | None = None
        self._live: _Live | None = None
        self._staleness = _Staleness(settings.corpus)

    def get(self) -> Assistant:
        """The assistant for the build that is live now. Raises ``index.IndexUnavailable``."""
        build = read_manifest(self._settings.index).build
        live = self._live
        if live is None or live.build != build:
            live = self._open()
        return live.assistant

    def _open(self) -> _Live:
        with self._lock:
            settings = self._settings
            index = Index.open(settings.index, settings.encoder, settings.chroma_url)
            if self._live is not None and self._live.build == index.manifest.build:
                return self._live
            if self._encoder is None:
                self._encoder = load_encoder(settings.encoder)
                self._llm = load_llm(settings)
            assistant = assemble(index, self._encoder, self._llm)
            self._live = _Live(index.manifest.build, index, assistant)
            return self._live

    def start_loading(self) -> None:
        """Load and warm up in the background; a question that comes earlier waits for it."""
        threading.Thread(target=self._load, name="load-assistant", daemon=True).start()

    def _load(self) -> None:
        try:
            self.get().warm_up()
        except IndexUnavailable as error:
            _log.error("%s", error)
        except Exception:  # a thread has no caller; the first question meets the error again
            _log.exception("The assistant could not be loaded")

    def is_loaded(self) -> bool:
        """Whether ``get`` answers at once. Raises ``index.IndexUnavailable``."""
        read_manifest(self._settings.index)
        return self._live is not None

    def is_stale(self) -> bool:
        """Whether the corpus folder holds something else than the live index."""
        return self._staleness.check(lambda: read_manifest(self._settings.index).documents)


class _Staleness:
    """Compares corpus and index, re-reading the corpus only when a file of it has changed."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._checked_at = float("-inf")
        self._signature: tuple[tuple[str, int, int], ...] = ()
        self._digests: dict[str, str] = {}
        self._verdict = False

    def check(self, indexed: Callable[[], dict[str, str]]) -> bool:
        if time.monotonic() - self._checked_at > STALENESS_SECONDS:
            self._verdict = self._corpus.is_dir() and self._current() != indexed()
            self._checked_at = time.monotonic()
        return self._verdict

    def _current(self) -> dict[str, str]:
        folder = self._corpus
        paths = [*source_files(folder), *folder.glob("*.toml")]
        stats = [(path.name, path.stat()) for path in paths]
        signature = tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
        if signature != self._signature:
            documents = load_corpus(folder).documents
            self._digests = {document.id: digest(document) for document in documents}
            self._signature = signature
        return self._digests
