"""OpenTelemetry: a span for each request and answer, for who sets ``OTEL_EXPORTER_OTLP_ENDPOINT``.

FastAPI makes the spans of requests and runs the exporter (OTLP over HTTP); this adds what belongs
to an answer. Without that variable or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` nothing is recorded
and nothing here imports OpenTelemetry's SDK.
"""

import logging
import os
import time

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from assistant.documents import Answer

SERVICE = "partnerschapsassistent"
"""Name of the service in traces, unless ``OTEL_SERVICE_NAME`` gives another."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_log = logging.getLogger(__name__)


def make_provider() -> trace.TracerProvider:
    """What makes the spans of one app; one that makes none unless an endpoint is set."""
    endpoint = next((name for name in _ENDPOINTS if os.environ.get(name)), None)
    if endpoint is None:
        return trace.NoOpTracerProvider()
    try:
        from opentelemetry.exporter.otlp.proto.http import trace_exporter  # noqa: F401  for FastAPI
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
    except ImportError:
        _log.warning(
            "%s is set, but there will be no traces: install partnerschapsassistent[otel]", endpoint
        )
        return trace.NoOpTracerProvider()
    name = os.environ.get("OTEL_SERVICE_NAME", SERVICE)
    return TracerProvider(resource=Resource.create({SERVICE_NAME: name}))


def settings_for_fastapi(provider: trace.TracerProvider, unseen: frozenset[str]) -> TelemetryConfig:
    """The ``telemetry`` of an app: traces only, and none of the paths in ``unseen``."""
    is_on = not isinstance(provider, trace.NoOpTracerProvider)
    return {
        "tracer_provider": provider,
        "tracing": is_on,
        "auto_configure": is_on,
        "metrics": False,
        "logs": False,
        "exclude": lambda scope: scope.get("path") in unseen,
    }


def mark_request(request_id: str, with_query: bool) -> None:
    """Name the request in its span; ``with_query`` keeps its query, where a search has its text."""
    span = trace.get_current_span()
    span.set_attribute("assistant.request_id", request_id)
    if not with_query:
        span.set_attribute("url.query", "REDACTED")


def record_answer(answer: Answer, provider: trace.TracerProvider, with_question: bool) -> None:
    """Add the spans of an answer that has just been made, from the times that it says it took."""
    tracer = provider.get_tracer(__name__)
    timings = answer.timings_ms
    ended = time.time_ns()
    at = ended - _nanoseconds(timings.total)
    span = tracer.start_span("answer", start_time=at, attributes=_attributes(answer, with_question))
    inside = trace.set_span_in_context(span)
    for name, milliseconds in (("retrieve", timings.retrieve), ("read", timings.read)):
        stage = tracer.start_span(name, inside, start_time=at)
        at += _nanoseconds(milliseconds)
        stage.end(at)
    span.end(ended)


def _attributes(answer: Answer, with_question: bool) -> dict[str, str | float | int]:
    attributes: dict[str, str | float | int] = {
        "assistant.status": answer.status.value,
        "assistant.answerer": answer.answerer,
        "assistant.confidence": answer.confidence,
        "assistant.citations": len(answer.citations),
    }
    return attributes | {"assistant.question": answer.question} if with_question else attributes


def _nanoseconds(milliseconds: float) -> int:
    return round(milliseconds * 1_000_000)
