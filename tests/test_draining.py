"""SIGTERM to a real server: what it has accepted it answers, and nothing more."""

import asyncio
import http.client
import json
import signal
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from assistant import wording
from conftest import Serving

CLIENTS = 30
STREAM = "text/event-stream"
LONG = 120.0


@pytest.fixture(autouse=True)
def _short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that some are refused and the rest is answered soon, also on a busy machine."""
    monkeypatch.setenv("ASSISTANT_WAITING", "8")
    monkeypatch.setenv("ASSISTANT_GRACE", "100")


@dataclass
class Crowd:
    """Clients that ask on, each as soon as it has its answer, until they cannot connect."""

    url: str
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    """How requests ended, those that were sent or under way after the signal apart."""
    is_told: bool = False

    async def ask_until_told(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        asking = asyncio.gather(*(self._client(number) for number in range(CLIENTS)))
        await asyncio.sleep(seconds)
        self.is_told = True
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asking, LONG)

    async def _client(self, number: int) -> None:
        """Even clients keep their connection, each third one wants a stream."""
        keeps = httpx.Limits(max_keepalive_connections=None if number % 2 else 0)
        headers = {"Accept": STREAM if number % 3 == 0 else "*/*"}
        async with httpx.AsyncClient(limits=keeps, headers=headers, timeout=LONG) as client:
            outcome = ""
            while outcome != "ConnectError":
                outcome = await self._ask(client, number)
                (self.after if self.is_told else self.before)[outcome] += 1
                await asyncio.sleep(0.05)

    async def _ask(self, client: httpx.AsyncClient, number: int) -> str:
        question = wording.EXAMPLES[number % len(wording.EXAMPLES)]
        try:
            response = await client.post(f"{self.url}/v1/ask", json={"question": question})
        except httpx.HTTPError as error:
            return type(error).__name__
        if response.headers["content-type"].startswith(STREAM):
            return str(response.status_code) if "event: done" in response.text else "no end"
        return str(response.status_code)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_request_that_was_accepted_is_answered(workers: int, serving: Serving) -> None:
    with serving("--workers", str(workers)) as (process, port):
        crowd = Crowd(f"http://127.0.0.1:{port}")
        asyncio.run(crowd.ask_until_told(process, 2))
        # A single process dies of the signal, as its sender expects.
        assert process.wait(timeout=LONG) in (0, -signal.SIGTERM)
    assert set(crowd.before) <= {"200", "503"}
    assert set(crowd.after) <= {"200", "503", "ConnectError"}
    assert crowd.after["200"] >= 1
    assert crowd.after["ConnectError"] == CLIENTS


def test_a_server_that_stops_says_so_on_connections_it_still_has(serving: Serving) -> None:
    with serving() as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
        assert readiness(connection) == (200, "ready")
        process.send_signal(signal.SIGTERM)
        while (found := readiness(connection)) == (200, "ready"):
            time.sleep(0.01)
        assert found == (503, "draining")
        assert connection.sock is None  # it was told to close
        with pytest.raises(ConnectionRefusedError):
            connect_for_as_long_as_possible(port)


def connect_for_as_long_as_possible(port: int) -> None:
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        with socket.create_connection(("127.0.0.1", port), timeout=LONG):
            time.sleep(0.01)


def readiness(connection: http.client.HTTPConnection) -> tuple[int, str]:
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    return response.status, json.load(response)["status"]
