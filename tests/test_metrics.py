"""What Prometheus gets to see: counts that add up, in labels that no client can make up."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.multiprocess import mark_process_dead
from prometheus_client.parser import text_string_to_metric_families

from assistant.admission import Overloaded
from assistant.api_keys import Right, new_key, write_keys
from assistant.index import Index
from assistant.service import Query, Service
from assistant.settings import Settings
from conftest import ClientWith

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
DOCUMENT = "antwoord-excellente-partnerschappen"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parse(exposition: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def scrape(client: TestClient) -> Samples:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return parse(response.text)


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((f"assistant_{name}", frozenset(labels.items())), 0.0)


def requests(samples: Samples) -> dict[tuple[str, str, str], float]:
    counted = {}
    for (name, labels), count in samples.items():
        if name == "assistant_http_requests_total":
            by_name = dict(labels)
            counted[by_name["method"], by_name["route"], by_name["status"]] = count
    return counted


@pytest.fixture
def client(client_with: ClientWith) -> TestClient:
    """An app that nobody has asked anything yet."""
    return client_with()


def ask(client: TestClient, question: str) -> dict[str, float]:
    response = client.post("/v1/ask", json={"question": question})
    assert response.status_code == 200
    timings: dict[str, float] = response.json()["timings_ms"]
    return timings


def test_answers_are_counted_by_how_they_ended(client: TestClient) -> None:
    ask(client, STEERING)
    ask(client, STEERING)
    ask(client, "Wat is de hoofdstad van Peru?")
    samples = scrape(client)
    for status, count in (("answered", 2), ("abstained", 1), ("partial", 0)):
        found = value(samples, "answers_total", status=status, answerer="extractive")
        assert found == count


def test_the_time_of_each_stage_is_that_of_the_answer(client: TestClient) -> None:
    timings = ask(client, STEERING)
    samples = scrape(client)
    for stage, milliseconds in timings.items():
        assert value(samples, "stage_seconds_count", stage=stage) == 1
        assert value(samples, "stage_seconds_sum", stage=stage) == pytest.approx(
            milliseconds / 1000
        )


def test_a_stage_that_was_skipped_is_not_counted_as_fast(client: TestClient) -> None:
    ask(client, "??")
    samples = scrape(client)
    assert value(samples, "stage_seconds_count", stage="read") == 0
    assert value(samples, "answers_total", status="abstained", answerer="extractive") == 1


def test_a_streamed_answer_counts_like_any_other(client: TestClient) -> None:
    headers = {"Accept": "text/event-stream"}
    client.post("/v1/ask", json={"question": STEERING}, headers=headers)
    samples = scrape(client)
    assert value(samples, "answers_total", status="answered", answerer="extractive") == 1


def test_requests_are_counted_by_the_template_of_their_route(client: TestClient) -> None:
    client.get(f"/v1/documents/{DOCUMENT}")
    client.get("/v1/documents/bestaat-niet")
    client.get(f"/documents/{DOCUMENT}")
    client.put("/v1/ask")
    client.get("/v1/verzonnen/pad")
    client.get("/verzonnen")
    client.request("VERZONNEN", "/verzonnen")
    client.get("/openapi.json")
    client.get("/static-offline-docs/swagger-ui.css")
    assert requests(scrape(client)) == {
        ("GET", "/v1/documents/{document}", "200"): 1,
        ("GET", "/v1/documents/{document}", "404"): 1,
        ("GET", "/documents/{document}", "200"): 1,
        ("PUT", "/v1/ask", "405"): 1,
        ("GET", "other", "404"): 2,
        ("other", "other", "404"): 1,
        ("GET", "/openapi.json", "200"): 1,
        ("GET", "/static-offline-docs/{path}", "200"): 1,
    }


def test_nothing_that_a_client_sent_is_in_a_label(client: TestClient) -> None:
    ask(client, STEERING)
    client.get("/v1/search", params={"q": "opzegtermijn"})
    client.get(f"/v1/documents/{DOCUMENT}", headers={"X-Request-ID": "van-de-klant"})
    exposition = client.get("/metrics").text
    for sent in ("stuurgroep", "opzegtermijn", DOCUMENT, "van-de-klant"):
        assert sent not in exposition


def test_a_request_without_a_key_counts_for_the_route_that_it_wanted(
    client_with: ClientWith, tmp_path: Path
) -> None:
    secret, key = new_key("Monitor", [Right.ADMIN])
    write_keys(tmp_path / "keys.json", [key])
    client = client_with(keys=tmp_path / "keys.json")
    assert client.get(f"/v1/documents/{DOCUMENT}").status_code == 401
    client.headers["Authorization"] = f"Bearer {secret}"
    assert requests(scrape(client)) == {("GET", "/v1/documents/{document}", "401"): 1}


def test_a_request_takes_at_least_as_long_as_its_answer(client: TestClient) -> None:
    timings = ask(client, STEERING)
    labels = {"method": "POST", "route": "/v1/ask"}
    seconds = value(scrape(client), "http_request_seconds_sum", **labels)
    assert timings["total"] / 1000 <= seconds < 60


def test_the_queue_and_its_refusals_are_counted(settings: Settings) -> None:
    service = Service(settings.model_copy(update={"at_once": 1, "waiting": 0}))
    release = threading.Event()

    async def overload() -> Samples:
        working = asyncio.create_task(service.admission.run(release.wait))
        await asyncio.sleep(0)  # until it is taken in
        with pytest.raises(Overloaded):
            await service.answer(Query(STEERING))
        with pytest.raises(Overloaded):
            await service.search(STEERING, Query("").filters, 3)
        during = parse(service.metrics.exposition().decode())
        release.set()
        await working
        return during

    def held() -> float:
        return value(parse(service.metrics.exposition().decode()), "queue_held")

    during = asyncio.run(overload())
    assert value(during, "queue_capacity") == 1
    assert value(during, "queue_held") == 1
    assert value(during, "overloads_total") == 2
    until = time.monotonic() + 5
    while held() and time.monotonic() < until:
        time.sleep(0.01)
    assert held() == 0


def test_the_index_is_described(client: TestClient, index: Index) -> None:
    samples = scrape(client)
    assert value(samples, "documents") == len(index.documents)
    assert value(samples, "passages") == len(index.passages)
    (about,) = (dict(labels) for name, labels in samples if name == "assistant_build_info")
    assert about["index"] == index.manifest.build


def test_without_an_index_the_program_is_described(tmp_path: Path) -> None:
    exposition = Service(Settings(index=tmp_path)).metrics.exposition().decode()
    assert 'assistant_build_info{version="' in exposition
    assert "assistant_documents" not in exposition


def test_every_app_counts_for_itself(client_with: ClientWith) -> None:
    one, other = client_with(), client_with()
    one.get("/healthz")
    assert requests(scrape(other)) == {}
    assert requests(scrape(one))["GET", "/healthz", "200"] == 1


WORKER = """
import sys
from pathlib import Path
from assistant.metrics import Metrics

metrics = Metrics(Path(sys.argv[1]))
metrics.queue_capacity.set(34)
metrics.queue_held.inc()
metrics.observe_request("GET", "/healthz", 200, 0.02)
print("ready", flush=True)
sys.stdin.readline()
sys.stdout.buffer.write(metrics.exposition())
"""


@contextmanager
def worker(folder: Path, index: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, index],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_worker_answers_for_all_and_the_dead_count_no_longer(
    tmp_path: Path, settings: Settings
) -> None:
    with (
        worker(tmp_path, settings.index) as scraped_first,
        worker(tmp_path, settings.index) as scraped_last,
    ):
        with worker(tmp_path, settings.index) as dead:
            first = parse(scraped_first.communicate("\n")[0])
        mark_process_dead(dead.pid, str(tmp_path))  # type: ignore[no-untyped-call]
        last = parse(scraped_last.communicate("\n")[0])
    assert requests(first) == requests(last) == {("GET", "/healthz", "200"): 3}
    labels = {"method": "GET", "route": "/healthz"}
    assert value(first, "http_request_seconds_count", **labels) == 3
    assert (value(first, "queue_held"), value(first, "queue_capacity")) == (3, 102)
    assert value(last, "queue_held") == 2
    assert value(first, "documents") == value(last, "documents") > 0
