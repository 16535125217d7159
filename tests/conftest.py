"""Fixtures: the real corpus, the real encoder, a real index built once per test run."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from assistant.answering import Assistant
from assistant.api import create_app
from assistant.assembly import build_assistant, update_from_corpus
from assistant.corpus import load_corpus
from assistant.documents import Corpus
from assistant.embedding import BundledEncoder
from assistant.evaluation.bench import free_port, wait_until_ready
from assistant.index import Index
from assistant.indexing import ignore_progress
from assistant.service import Service
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The five documents of the repository."""
    return load_corpus(ROOT / "corpus")


@pytest.fixture(scope="session")
def encoder() -> BundledEncoder:
    """The encoder that ships in a package."""
    return BundledEncoder()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with an index of the repository's corpus."""
    chosen = Settings(corpus=ROOT / "corpus", index=tmp_path_factory.mktemp("index"))
    update_from_corpus(chosen, rebuild=False, progress=ignore_progress)
    return chosen


@pytest.fixture(scope="session")
def index(settings: Settings) -> Index:
    """The opened index of the repository's corpus."""
    return Index.open(settings.index, settings.encoder)


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    """The assistant over the repository's corpus."""
    return build_assistant(settings)


@pytest.fixture(scope="session")
def client(settings: Settings) -> TestClient:
    """HTTP client of the API, without the chat."""
    return TestClient(create_app(Service(settings)), raise_server_exceptions=False)


ClientWith = Callable[..., TestClient]


@pytest.fixture(scope="session")
def client_with(settings: Settings) -> ClientWith:
    """Makes an app with some other settings and gives its client; the models load only once."""
    live = Service(settings).live

    def make(**changes: Any) -> TestClient:
        service = Service(settings.model_copy(update=changes))
        service.live = live
        return TestClient(create_app(service), raise_server_exceptions=False)

    return make


Serving = Callable[..., AbstractContextManager[tuple["subprocess.Popen[bytes]", int]]]


@pytest.fixture(scope="session")
def serving(settings: Settings) -> Serving:
    """Starts a real `assistant serve`, with more options and environment variables if given.

    Gives its process and port.
    """

    @contextmanager
    def start(
        *options: str, port: int = 0, **variables: str
    ) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
        port = port or free_port()
        environment = os.environ | {
            "ASSISTANT_CORPUS": str(settings.corpus),
            "ASSISTANT_INDEX": str(settings.index),
            **variables,
        }
        command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port), *options]
        process = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            wait_until_ready(port)
            yield process, port
        finally:
            process.terminate()
            process.wait(timeout=30)

    return start


@pytest.fixture(scope="session")
def server(serving: Serving) -> Iterator[str]:
    """URL of a server that all tests share."""
    with serving() as (_, port):
        yield f"http://127.0.0.1:{port}"
