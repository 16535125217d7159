"""Several processes behind one port: what one loses the others keep up."""

import asyncio
import http.client
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import psutil
import pytest
from playwright.sync_api import expect, sync_playwright
from pydantic import SecretStr

from assistant import wording
from assistant.settings import Settings
from conftest import Serving

CLIENTS = 6
LONG = 90.0
WAIT = 60_000
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server with two workers."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> set[int]:
        children = psutil.Process(self.process.pid).children()
        return {child.pid for child in children if is_worker(child)}

    def kill_one(self) -> None:
        os.kill(min(self.workers()), signal.SIGKILL)

    def wait_for_two(self, without: set[int]) -> None:
        """Until there are two workers again, none of those, and one answers."""
        deadline = time.monotonic() + LONG
        while len(self.workers() - without) < 2:
            assert time.monotonic() < deadline, "the worker was not replaced"
            time.sleep(0.1)

    def get(self, path: str) -> bytes:
        """Over a connection of its own, which either worker may take."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        connection.request("GET", path)
        body = connection.getresponse().read()
        connection.close()
        return body


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # it is being buried
        return False


@pytest.fixture(scope="module")
def cluster(serving: Serving) -> Iterator[Cluster]:
    with serving("--workers", "2") as (process, port):
        found = Cluster(process, port)
        found.wait_for_two(without=set())
        yield found


def test_the_settings_of_the_command_reach_the_workers(settings: Settings) -> None:
    changes = {"workers": 3, "rate_storage": SecretStr("redis://:geheim@localhost")}
    chosen = settings.model_copy(update=changes)
    assert pickle.loads(pickle.dumps(chosen)) == chosen  # noqa: S301


def test_a_worker_that_cannot_start_ends_all() -> None:
    code = (
        "from uvicorn import Config; from assistant.workers import run_workers; "
        "config = Config('nergens:app', factory=True, workers=2, port=0); "
        "run_workers(config, config.bind_socket())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, check=False
    )
    assert done.returncode == 1
    assert "WorkerFailed: a worker could not start" in done.stderr


def test_all_workers_serve_one_and_the_same_page(cluster: Cluster) -> None:
    """Else a page that meets another worker takes it for a new version and reloads itself."""
    assert len({cluster.get("/") for _ in range(20)}) == 1


def test_all_workers_count_in_the_same_metrics(cluster: Cluster) -> None:
    for _ in range(10):
        cluster.get("/v1/documents")
    counted = {
        line.rpartition(" ")[2]
        for _ in range(10)
        for line in cluster.get("/metrics").decode().splitlines()
        if line.startswith("assistant_http_requests_total") and 'route="/v1/documents"' in line
    }
    assert counted == {"10.0"}


def test_a_killed_worker_is_replaced_and_the_others_go_on(cluster: Cluster) -> None:
    before = cluster.workers()
    crowd = Crowd(cluster.url)
    asyncio.run(crowd.ask_while_one_is_killed(cluster))
    assert set(crowd.before) == {"200"}
    lost = sum(count for outcome, count in crowd.after.items() if outcome != "200")
    assert lost <= CLIENTS  # what was under way in the worker that died, and no more
    assert len(before & cluster.workers()) == 1
    assert json.loads(cluster.get("/readyz"))["status"] == "ready"


@dataclass
class Crowd:
    """Clients that each connect anew for every question."""

    url: str
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    is_killed: bool = False
    is_over: bool = False

    async def ask_while_one_is_killed(self, cluster: Cluster) -> None:
        asking = asyncio.gather(*(self._client(number) for number in range(CLIENTS)))
        old = cluster.workers()
        await self._answered(self.before)
        self.is_killed = True
        cluster.kill_one()
        await self._answered(self.after)
        await asyncio.to_thread(cluster.wait_for_two, {min(old)})
        await self._answered(self.after)
        self.is_over = True
        await asking

    async def _answered(self, ended: Counter[str]) -> None:
        async with asyncio.timeout(LONG):
            while ended["200"] <= 2 * CLIENTS:
                await asyncio.sleep(0.05)

    async def _client(self, number: int) -> None:
        while not self.is_over:
            outcome = await self._ask(number)
            (self.after if self.is_killed else self.before)[outcome] += 1

    async def _ask(self, number: int) -> str:
        body = {"question": wording.EXAMPLES[number % len(wording.EXAMPLES)]}
        async with httpx.AsyncClient(timeout=LONG) as client:
            try:
                return str((await client.post(f"{self.url}/v1/ask", json=body)).status_code)
            except httpx.HTTPError as error:
                return type(error).__name__


def test_a_conversation_goes_on_in_a_worker_that_never_saw_it(cluster: Cluster) -> None:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(locale="nl-BE")
        page.goto(cluster.url)
        box, answers = page.locator("#vraag textarea"), page.locator(".antwoord")
        box.fill("Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?")
        box.press("Enter")
        expect(answers.last).to_contain_text("Bronnen", timeout=WAIT)
        old = cluster.workers()
        for worker in old:
            os.kill(worker, signal.SIGKILL)
        cluster.wait_for_two(without=old)
        box.fill("En wie was de eerste?")
        box.press("Enter")
        expect(answers.nth(1)).to_contain_text("Begrepen als", timeout=WAIT)
        expect(answers.nth(1)).to_contain_text("Luc Sels")
        expect(answers.first).to_be_visible()
        browser.close()
