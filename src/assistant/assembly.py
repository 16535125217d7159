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
from assistant.embedding import BUNDLED, Encoder, load_encoder
from assistant.generation import LlmAnswerer, load_llm
from assistant.index import Index, IndexUnavailable, read_manifest
from assistant.indexing import IndexReport, Progress, digest, update_index
from assistant.matching import Matcher
from assistant.reader_model import ModelError, ReaderModel, bundled_reader_model
from assistant.reading import Reader, TrainedReader, bundled_calibration
from assistant.retrieval import HybridRetriever
from assistant.settings import Settings
from assistant.similarity import SimilarityReader
from assistant.verdict import YesModel, bundled_yes_model

_log = logging.getLogger(__name__)

SIMILARITY = "similarity"
"""The setting that means: read without a network."""

RELOAD_SECONDS = 10.0
"""How long after a failure to load, at least, ``is_loaded`` has it tried again."""

STALENESS_SECONDS = 5.0
"""How long a verdict on whether the corpus still matches the index is kept."""


class AssemblyError(Exception):
    """A model that the settings name cannot be loaded; the message says which and why."""


def build_assistant(settings: Settings) -> Assistant:
    """Open the index and load the models.

    Raises ``index.IndexUnavailable`` or ``AssemblyError``.
    """
    index = Index.open(settings.index, settings.encoder, settings.chroma_url)
    return assemble(index, load_models(settings))


@dataclass(frozen=True, slots=True)
class Models:
    """What takes seconds to load and does not depend on the index.

    Without a ``reader_model`` the assistant reads by similarity.
    """

    encoder: Encoder
    reader_model: ReaderModel | None
    yes_model: YesModel
    llm: LlmAnswerer | None = None


def load_models(settings: Settings) -> Models:
    """The models that the settings name. Raises ``AssemblyError``."""
    try:
        encoder = load_encoder(settings.encoder)
    except (OSError, ValueError) as error:
        raise AssemblyError(f"ASSISTANT_ENCODER={settings.encoder}: {error}") from error
    try:
        reader_model = _load_reader_model(settings.reader)
        yes_model = bundled_yes_model()
    except (ModelError, OSError, ValueError) as error:
        raise AssemblyError(f"ASSISTANT_READER={settings.reader}: {error}") from error
    try:
        return Models(encoder, reader_model, yes_model, load_llm(settings))
    except (ImportError, ValueError) as error:
        raise AssemblyError(f"ASSISTANT_LLM={settings.llm}: {error}") from error


def _load_reader_model(name: str) -> ReaderModel | None:
    if name == BUNDLED:
        return bundled_reader_model()
    if name == SIMILARITY:
        return None
    from assistant.hf_reader import HuggingFaceReaderModel  # imports torch: seconds

    return HuggingFaceReaderModel(name)


def assemble(index: Index, models: Models) -> Assistant:
    """An assistant over an opened index, with models that are already loaded."""
    retriever = HybridRetriever(index=index, encoder=models.encoder)
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    reader: Reader = (
        TrainedReader(matcher, models.reader_model, bundled_calibration())
        if models.reader_model
        else SimilarityReader(matcher, models.encoder)
    )
    return Assistant(index.documents, retriever, reader, models.yes_model.says_yes, models.llm)


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
class _Failure:
    """Why loading failed, and when on the monotonic clock."""

    error: Exception
    at: float


@dataclass(frozen=True, slots=True)
class _Live:
    index: Index
    assistant: Assistant


class LiveAssistant:
    """The assistant of the live index: follows a re-index without a restart.

    The models load once. The build before the live one stays open for requests that still use it.
    Thread safe.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._models: Models | None = None
        self._live: _Live | None = None
        self._before: _Live | None = None
        self._failure: _Failure | None = None
        self._staleness = _Staleness(settings.corpus)

    def get(self) -> Assistant:
        """The assistant for the build that is live now. Raises ``index.IndexUnavailable``."""
        build = read_manifest(self._settings.index).build
        live = self._live
        if live is None or live.index.manifest.build != build:
            live = self._open()
        return live.assistant

    def _open(self) -> _Live:
        with self._lock:
            settings = self._settings
            build = read_manifest(settings.index).build
            if self._live is not None and self._live.index.manifest.build == build:
                return self._live
            index = Index.open(settings.index, settings.encoder, settings.chroma_url)
            if self._models is None:
                self._models = load_models(settings)
            if self._before is not None:
                self._before.index.close()
            self._before = self._live
            assistant = assemble(index, self._models)
            self._live = _Live(index, assistant)
            return self._live

    def start_loading(self) -> None:
        """Load and warm up in the background; a question that comes earlier waits for it."""
        threading.Thread(target=self.load, name="load-assistant", daemon=True).start()

    def load(self) -> None:
        """Load and warm up; log and keep what is in the way, which a question meets again."""
        try:
            self.get().warm_up()
        except IndexUnavailable as error:
            _log.error("%s", error)
            self._failure = _Failure(error, time.monotonic())
        except Exception as error:
            _log.exception("The assistant could not be loaded")
            self._failure = _Failure(error, time.monotonic())

    def is_loaded(self) -> bool:
        """Whether ``get`` answers at once.

        Raises ``index.IndexUnavailable`` or whatever else loading failed with, and has it tried
        again after a while.
        """
        read_manifest(self._settings.index)
        failure = self._failure
        if self._live is None and failure is not None:
            if time.monotonic() - failure.at < RELOAD_SECONDS:
                raise failure.error
            self._failure = None
            self.start_loading()
        return self._live is not None

    def is_stale(self) -> bool:
        """Whether the corpus folder holds something else than the live index."""
        return self._staleness.check(lambda: read_manifest(self._settings.index).documents)


class _Staleness:
    """Compares corpus and index, re-reading the corpus only when a file of it has changed."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._lock = threading.Lock()
        self._checked_at = float("-inf")
        self._signature: tuple[tuple[str, int, int], ...] = ()
        self._digests: dict[str, str] = {}
        self._verdict = False

    def check(self, indexed: Callable[[], dict[str, str]]) -> bool:
        """The last verdict while another thread works on a new one or the folder is unreadable."""
        is_due = time.monotonic() - self._checked_at > STALENESS_SECONDS
        if is_due and self._lock.acquire(blocking=False):
            try:
                self._verdict = self._corpus.is_dir() and self._current() != indexed()
            except OSError as error:
                _log.warning("The corpus folder cannot be checked: %s", error)
            finally:
                self._checked_at = time.monotonic()
                self._lock.release()
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
