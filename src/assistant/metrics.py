"""What Prometheus scrapes: counts and durations of one app, and what its index holds.

Labels come from fixed sets (route templates, statuses, stages), never from what a client sends.

With several worker processes every worker writes to the folder ``PROMETHEUS_MULTIPROC_DIR`` and
whichever is scraped answers for all. That variable must be set before ``prometheus_client`` is
imported, and whoever watches the workers must call its ``mark_process_dead`` for one that died.
"""

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from assistant.documents import Answer
from assistant.index import IndexUnavailable, read_manifest

# They would double the series, and several workers cannot give them.
disable_created_metrics()  # type: ignore[no-untyped-call]

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets from a page without a model, through one question, to the end of the waiting line."""


class Metrics:
    """The metrics of one app, in a registry of its own. Safe to use from several threads."""

    def __init__(self, index: Path) -> None:
        own = CollectorRegistry()
        self._requests = Counter(
            "assistant_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=own,
        )
        self._request_seconds = Histogram(
            "assistant_http_request_seconds",
            "Seconds until the last byte of a response was sent.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=own,
        )
        self._answers = Counter(
            "assistant_answers",
            "Answers by how they ended and who wrote them.",
            ["status", "answerer"],
            registry=own,
        )
        self._stage_seconds = Histogram(
            "assistant_stage_seconds",
            "Seconds that a question spent in a stage; waiting in line is not in the total.",
            ["stage"],
            buckets=_SECONDS,
            registry=own,
        )
        self.overloads = Counter(
            "assistant_overloads",
            "Questions and searches refused because the queue was full or took too long.",
            registry=own,
        )
        self.queue_held = Gauge(
            "assistant_queue_held",
            "Questions and searches in line or being worked on.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.queue_capacity = Gauge(
            "assistant_queue_capacity",
            "Questions and searches that may be in line or worked on at once.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self._scraped = _of_all_workers() if "PROMETHEUS_MULTIPROC_DIR" in os.environ else own
        self._scraped.register(_Build(index))

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one response. ``route`` is the template that matched, not the path."""
        self._requests.labels(method, route, status).inc()
        self._request_seconds.labels(method, route).observe(seconds)

    def observe_answer(self, answer: Answer) -> None:
        """Count one answer and the time of the stages that it went through."""
        self._answers.labels(answer.status.value, answer.answerer).inc()
        for stage, milliseconds in answer.timings_ms:
            if milliseconds:
                self._stage_seconds.labels(stage).observe(milliseconds / 1000)

    def exposition(self) -> bytes:
        """Everything in Prometheus's text format, of media type ``MEDIA_TYPE``."""
        return generate_latest(self._scraped)


def _of_all_workers() -> CollectorRegistry:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class _Build(Collector):
    """The program and the live index, read when scraped: the same in every worker."""

    def __init__(self, index: Path) -> None:
        self._index = index

    def collect(self) -> Iterator[Metric]:
        """Without an index there is nothing to tell of it."""
        about = {"version": version("partnerschapsassistent")}
        try:
            manifest = read_manifest(self._index)
        except IndexUnavailable:
            yield InfoMetricFamily("assistant_build", "The program.", about)
            return
        about |= {"index": manifest.build, "encoder": manifest.encoder}
        yield InfoMetricFamily("assistant_build", "The program and its live index.", about)
        held = (("documents", len(manifest.documents)), ("passages", manifest.passages))
        for name, count in held:
            yield GaugeMetricFamily(f"assistant_{name}", f"{name.title()} in the index.", count)
