"""A server that a test can halt, kill and start again at the same address."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from assistant.evaluation.bench import free_port


class ChatServer:
    """A real `assistant serve`; ``variables`` go into its environment."""

    def __init__(self, serving: Callable[..., Any], **variables: str) -> None:
        self._port = free_port()
        self._serve = lambda: serving(port=self._port, **variables)
        self._running: AbstractContextManager[tuple[subprocess.Popen[bytes], int]]
        self._process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._running = self._serve()
        self._process, _ = self._running.__enter__()

    def kill(self) -> None:
        """End it at once, in the middle of what it was doing."""
        self._process.kill()
        self._running.__exit__(None, None, None)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It does nothing meanwhile, and goes on after that."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        families = text_string_to_metric_families(httpx.get(f"{self.url}/metrics").text)
        return sum(s.value for family in families for s in family.samples if s.name == name)

    def __enter__(self) -> "ChatServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.__exit__(None, None, None)
