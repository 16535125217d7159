"""Spans as a collector receives them: OTLP over HTTP, from the real exporter."""

import gzip
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from assistant import traces
from conftest import ClientWith

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"


class Collector:
    """A server that keeps what is exported to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_packed = self.headers.get("Content-Encoding") == "gzip"
                collector.bodies.append(gzip.decompress(body) if is_packed else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def services(self) -> set[str]:
        return {
            attribute.value.string_value
            for body in self.bodies
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for attribute in group.resource.attributes
            if attribute.key == "service.name"
        }

    def spans(self) -> list[Span]:
        return [
            span
            for body in self.bodies
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> Span:
        (span,) = (span for span in self.spans() if span.name == name)
        return span


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    serving = threading.Thread(target=made.server.serve_forever)
    serving.start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
    yield made
    made.server.shutdown()
    serving.join()
    made.server.server_close()


def ask(client: TestClient, **headers: str) -> dict[str, float]:
    response = client.post("/v1/ask", json={"question": STEERING}, headers=headers)
    timings: dict[str, float] = response.json()["timings_ms"]
    return timings


def attributes(span: Span) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in span.attributes}


def milliseconds(span: Span) -> float:
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6


def test_an_answer_is_a_trace_of_its_stages(collector: Collector, client_with: ClientWith) -> None:
    with client_with() as client:
        timings = ask(client, **{"X-Request-ID": "van-de-klant"})
    request, answer = collector.named("POST /v1/ask"), collector.named("answer")
    assert attributes(request)["assistant.request_id"] == "van-de-klant"
    assert attributes(answer)["assistant.status"] == "answered"
    assert answer.trace_id == request.trace_id
    assert milliseconds(answer) == pytest.approx(timings["total"], abs=0.01)
    at = answer.start_time_unix_nano
    for name in ("retrieve", "read"):
        stage = collector.named(name)
        assert stage.parent_span_id == answer.span_id
        assert stage.start_time_unix_nano == at
        assert milliseconds(stage) == pytest.approx(timings[name], abs=0.01)
        at = stage.end_time_unix_nano
    assert at <= answer.end_time_unix_nano
    assert collector.services() == {traces.SERVICE}


def test_the_environment_may_name_the_service(
    collector: Collector, client_with: ClientWith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "proefopstelling")
    with client_with() as client:
        client.get("/v1/documents")
    assert collector.services() == {"proefopstelling"}


def test_no_question_leaves_in_a_span(collector: Collector, client_with: ClientWith) -> None:
    with client_with() as client:
        ask(client)
        stream = {"Accept": "text/event-stream"}
        client.post("/v1/ask", json={"question": STEERING}, headers=stream)
        client.get("/v1/search", params={"q": "stuurgroep"})
        client.post("/v1/ask", json={"question": "stuurgroep", "filters": "stuurgroep"})
    assert {span.name for span in collector.spans()} >= {"POST /v1/ask", "GET /v1/search"}
    assert b"stuurgroep" not in b"".join(collector.bodies)


def test_questions_are_in_the_spans_when_that_is_set(
    collector: Collector, client_with: ClientWith
) -> None:
    with client_with(log_questions=True) as client:
        ask(client)
        client.get("/v1/search", params={"q": "opzegtermijn"})
    assert attributes(collector.named("answer"))["assistant.question"] == STEERING
    assert attributes(collector.named("GET /v1/search"))["url.query"] == "q=opzegtermijn"


def test_probes_have_no_spans(collector: Collector, client_with: ClientWith) -> None:
    with client_with() as client:
        for path in ("/healthz", "/readyz", "/metrics", "/v1/documents"):
            client.get(path)
    served = [span.name for span in collector.spans() if span.name.startswith("GET")]
    assert served == ["GET /v1/documents"]


def test_without_an_endpoint_the_sdk_is_not_even_imported() -> None:
    script = (
        "import sys\n"
        "from assistant import logs, metrics, traces\n"
        "from assistant.documents import Answer, Status\n"
        "answer = Answer(id='', question='?', standalone_question='?', status=Status.ABSTAINED,"
        " answer='', confidence=0)\n"
        "provider = traces.make_provider()\n"
        "assert not traces.settings_for_fastapi(provider, frozenset())['tracing']\n"
        "traces.mark_request('x', False)\n"
        "traces.record_answer(answer, provider, True)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])\n"
    )
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_without_the_exporter_it_warns_once_and_serves(
    collector: Collector,
    client_with: ClientWith,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with caplog.at_level(logging.WARNING), client_with() as client:
        assert ask(client)["total"] > 0
    (warning,) = caplog.messages
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in warning
    assert "partnerschapsassistent[otel]" in warning
    assert collector.bodies == []
