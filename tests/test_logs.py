"""The log: one line a request, in a form that nothing sent by a client can break or fake."""

import asyncio
import json
import logging
import re
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from assistant import logs
from assistant.api_keys import Right, new_key, write_keys
from assistant.service import Query
from assistant.settings import Settings
from conftest import ClientWith, Serving

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
DOCUMENT = "antwoord-excellente-partnerschappen"
FORGED = '{"level": "ERROR", "message": "nagemaakt"}'
ODD = f"a\nb\r\x1b[31m\x85\u2028\u202e {FORGED}"


@pytest.fixture(autouse=True)
def logging_put_back() -> Iterator[None]:
    """What ``logs.set_up`` changes is undone after each test."""
    root, own = logging.getLogger(), logging.getLogger("assistant")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)
    logging.captureWarnings(False)


Line = dict[str, Any]


class Log:
    """What was logged since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def text(self) -> str:
        return self._capsys.readouterr().err

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def as_json(settings: Settings, **changes: Any) -> None:
    logs.set_up(settings.model_copy(update={"log_format": "json", **changes}))


def ask(client: TestClient, question: str = STEERING, **headers: str) -> None:
    client.post("/v1/ask", json={"question": question}, headers=headers)


def test_a_question_is_one_line_with_what_became_of_it(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    ask(client_with(), **{"X-Request-ID": "van-de-klant"})
    (line,) = log.lines()
    assert 0 < line.pop("milliseconds") < 60_000
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line.pop("time"))
    assert 0.65 <= line.pop("confidence") <= 1
    assert line == {
        "level": "INFO",
        "logger": "assistant.telemetry",
        "message": "POST /v1/ask 200",
        "request_id": "van-de-klant",
        "method": "POST",
        "route": "/v1/ask",
        "status": 200,
        "answer_status": "answered",
        "answerer": "extractive",
        "citations": 1,
    }


def test_other_requests_have_no_answer_in_their_line(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    client = client_with()
    ask(client)
    client.get(f"/v1/documents/{DOCUMENT}")
    asked, listed = log.lines()
    assert listed["route"] == "/v1/documents/{document}"
    assert listed["request_id"] != asked["request_id"]
    assert "answer_status" in asked
    assert "answer_status" not in listed


def test_a_streamed_answer_is_in_the_line_of_its_request(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    ask(client_with(), Accept="text/event-stream")
    (line,) = log.lines()
    assert line["answer_status"] == "answered"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_question_is_logged(
    log_format: str, client_with: ClientWith, settings: Settings, log: Log
) -> None:
    logs.set_up(settings.model_copy(update={"log_format": log_format, "log_level": "debug"}))
    client = client_with()
    ask(client)
    ask(client, "Wie is de stuurgroep van Peru?")
    ask(client, "stuurgroep " * 2000)
    client.post("/v1/ask", json={"question": "stuurgroep", "filters": {"kinds": ["stuurgroep"]}})
    client.get("/v1/search", params={"q": "stuurgroep"})
    logged = log.text()
    assert len(logged.splitlines()) == 5
    assert "stuurgroep" not in logged


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_questions_are_logged_when_that_is_set(
    log_format: str, client_with: ClientWith, settings: Settings, log: Log
) -> None:
    logs.set_up(settings.model_copy(update={"log_format": log_format}))
    ask(client_with(log_questions=True))
    (line,) = log.text().splitlines()
    assert STEERING in line


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_request_cannot_forge_a_line(
    log_format: str, client_with: ClientWith, settings: Settings, log: Log
) -> None:
    logs.set_up(settings.model_copy(update={"log_format": log_format}))
    client = client_with(log_questions=True)
    # httpx refuses such a header, servers behind some proxies have let it through.
    client.get("/v1/documents", headers={"X-Request-ID": "a\n" + FORGED})
    client.get(f"/v1/documents/a%0A{FORGED}")
    client.get(f"/verzonnen%0D%0A{FORGED}")
    client.request("GET\n" + FORGED, "/v1/documents")
    ask(client, ODD)
    lines = log.text().splitlines()
    assert len(lines) == 5
    if log_format == "json":
        assert [json.loads(line)["level"] for line in lines] == ["INFO"] * 5
    else:
        assert all(re.match(r"\d{4}-\d\d-\d\d [\d:,]+ INFO assistant\.", line) for line in lines)
        assert all(line.isprintable() for line in lines)


def test_only_the_formatter_breaks_a_line_of_text(settings: Settings, log: Log) -> None:
    logs.set_up(settings)
    try:
        raise ValueError(ODD)
    except ValueError:
        logging.getLogger("een.bibliotheek").exception("Mislukt: %s", ODD)
    first, *rest = log.text().split("\n")
    assert FORGED in first
    assert rest.pop() == ""
    assert rest[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in rest)
    assert all(line.isprintable() for line in (first, *rest))


def test_an_exception_keeps_its_traceback_in_one_field(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    client = client_with()

    def fail() -> None:
        raise RuntimeError(ODD)

    client.app.get("/stuk")(fail)  # type: ignore[attr-defined]
    assert client.get("/stuk", headers={"X-Request-ID": "stuk-1"}).status_code == 500
    errors = [line for line in log.lines() if "exception" in line]
    (error,) = errors
    assert error["level"] == "ERROR"
    assert error["request_id"] == "stuk-1"
    assert error["exception"].startswith("Traceback (most recent call last):")
    assert error["exception"].endswith(f"RuntimeError: {ODD}")


def test_a_request_that_failed_has_its_line(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    client = client_with()

    def fail() -> None:
        raise RuntimeError("stuk")

    client.app.get("/stuk")(fail)  # type: ignore[attr-defined]
    client.get("/stuk")
    (line,) = (line for line in log.lines() if line.get("route") == "/stuk")
    assert (line["status"], line["message"]) == (500, "GET /stuk 500")


@pytest.mark.parametrize(("log_level", "levels"), [("info", []), ("debug", ["DEBUG"] * 3)])
def test_probes_are_for_debugging(
    log_level: str, levels: list[str], client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings, log_level=log_level)
    client = client_with()
    for path in ("/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert [line["level"] for line in log.lines()] == levels


def test_the_name_of_the_key_is_logged_and_never_the_key(
    client_with: ClientWith, settings: Settings, log: Log, tmp_path: Path
) -> None:
    as_json(settings)
    secret, key = new_key("Intranet", [Right.SEARCH])
    write_keys(tmp_path / "keys.json", [key])
    client = client_with(keys=tmp_path / "keys.json")
    client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}"})
    client.get("/v1/documents", headers={"Authorization": f"Bearer {secret}x"})
    logged = log.text()
    assert secret not in logged
    lines = map(json.loads, logged.splitlines())
    allowed, refused = (line for line in lines if "route" in line)
    assert (allowed["status"], allowed["key"]) == (200, "Intranet")
    assert (refused["status"], refused["route"]) == (401, "/v1/documents")
    assert "key" not in refused


def test_an_answer_without_a_request_has_a_line_of_its_own(
    client_with: ClientWith, settings: Settings, log: Log
) -> None:
    as_json(settings)
    service = client_with().app.state.service  # type: ignore[attr-defined]
    asyncio.run(service.answer(Query(STEERING)))
    (line,) = log.lines()
    assert (line["message"], line["answer_status"]) == ("Answered", "answered")
    assert "request_id" not in line
    assert "question" not in line


def test_libraries_and_warnings_are_logged_alike(settings: Settings, log: Log) -> None:
    as_json(settings)
    logging.getLogger("een.bibliotheek").warning("let\nop")
    logging.getLogger("een.bibliotheek").info("een detail")
    warnings.warn("verouderd", FutureWarning, stacklevel=1)
    library, warned = log.lines()
    assert (library["logger"], library["message"]) == ("een.bibliotheek", "let\nop")
    assert (warned["logger"], warned["level"]) == ("py.warnings", "WARNING")
    assert "verouderd" in warned["message"]


def test_the_servers_own_access_log_stays_off(settings: Settings) -> None:
    """It has the query of a search. A worker sets up its logs after uvicorn has."""
    logs.set_up(settings)
    uvicorn.Config("x:y", access_log=False, log_config=logs.configuration(settings))
    logs.set_up(settings)
    assert not logging.getLogger("uvicorn.access").hasHandlers()
    assert logging.getLogger("uvicorn.error").hasHandlers()


def test_every_line_of_a_real_server_is_json(
    serving: Serving, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_LOG_FORMAT", "json")
    with serving() as (process, _):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    output = capfd.readouterr()
    assert output.out == ""
    messages = {json.loads(line)["message"] for line in output.err.splitlines()}
    assert {"Application startup complete.", "Shutting down"} <= messages
