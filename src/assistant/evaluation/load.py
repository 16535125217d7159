"""Many clients at once on a running server, each asking on as soon as it has its answer.

The clients ask the questions of the evaluation cases, in a new wording each time round: the reader
keeps its recent readings, and a question that comes back would look faster than it is.
"""

import asyncio
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from assistant.client import KEY_VARIABLE
from assistant.documents import FrozenModel
from assistant.evaluation.cases import Case
from assistant.evaluation.metrics.percentile import percentile
from assistant.evaluation.runner import SERVER_SECONDS, RunError

LEADS = (
    "",
    "Een vraag: ",
    "Nog een vraag: ",
    "Zeg eens: ",
    "Ik wil weten: ",
    "Weet u dit: ",
    "Kunt u dit zeggen: ",
    "Graag antwoord: ",
    "Even dit: ",
    "Ter controle: ",
)
"""What makes other questions of the same ones, for a round each."""

NORMAL = 1.5
"""Latency is normal again within so many times the 95th percentile before the overload."""

WINDOW = 20
"""Answers in a row that show whether latency is normal."""

PAUSE_SECONDS = 1.0
"""What a client waits after an error without a number of seconds in ``Retry-After``."""

QUIET, OVERLOAD, AFTER = "quiet", "overload", "after"
_ANSWERED = "200"


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom to ask, and how hard: ``clients`` for ``seconds``.

    With an ``overload`` above 1, so many times the clients follow for as long, and then as long
    the same clients again. ``pid`` is the process of the server, if its memory is wanted.
    """

    url: str
    clients: int
    seconds: float
    overload: int = 1
    pid: int | None = None

    @property
    def phases(self) -> tuple[tuple[str, int], ...]:
        """Names, and the number of clients in each."""
        quiet = (QUIET, self.clients)
        if self.overload <= 1:
            return (quiet,)
        return quiet, (OVERLOAD, self.overload * self.clients), (AFTER, self.clients)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: seconds from the start at which it was sent, and that it took; how it ended.

    ``outcome`` is the HTTP status or the name of the exception.
    """

    at: float
    seconds: float
    outcome: str


class Phase(FrozenModel):
    """What happened to the requests sent in one phase; latencies are those of answers, in ms."""

    name: str
    clients: int
    seconds: float
    requests: int
    answers_per_second: float
    p50: float
    p95: float
    p99: float
    outcomes: dict[str, int]


class LoadReport(FrozenModel):
    """One measurement; ``recovery_seconds`` is empty when latency did not become normal again.

    ``megabytes`` is the resident memory of the server and its workers at the start and at the end.
    """

    url: str
    questions: int
    phases: tuple[Phase, ...]
    recovery_seconds: float | None = None
    megabytes: tuple[float, float] | None = None


def bodies(cases: Sequence[Case]) -> Iterator[dict[str, Any]]:
    """Requests without end; none comes back before all others have been sent."""
    for lead, case in itertools.cycle(itertools.product(LEADS, cases)):
        history = [turn.model_dump() for turn in case.history]
        yield {"question": lead + case.question, "history": history}


def measure(plan: Plan, cases: Sequence[Case]) -> LoadReport:
    """Carry a plan out. Raises ``RunError`` when the server does not answer or has no such pid."""
    _check_ready(plan.url)
    before = _megabytes(plan.pid)
    drive = _Drive(bodies(cases))
    asyncio.run(drive.run(plan))
    after = _megabytes(plan.pid)
    report = summarise(plan, drive.asked, min(len(drive.asked), len(LEADS) * len(cases)))
    return report.model_copy(update={"megabytes": (before, after) if plan.pid else None})


def summarise(plan: Plan, asked: Sequence[Asked], questions: int) -> LoadReport:
    """The figures of what was asked."""
    phases = tuple(
        _phase(name, clients, asked, (plan.seconds * number, plan.seconds * (number + 1)))
        for number, (name, clients) in enumerate(plan.phases)
    )
    recovery = None
    if plan.overload > 1:
        recovery = recovery_seconds(asked, plan.seconds * 2, NORMAL * phases[0].p95 / 1000)
    return LoadReport(url=plan.url, questions=questions, phases=phases, recovery_seconds=recovery)


def recovery_seconds(asked: Sequence[Asked], over: float, limit: float) -> float | None:
    """From the end of the overload until answers are normal: 95 in 100 within ``limit`` seconds."""
    later = sorted((one for one in asked if one.at >= over), key=lambda one: one.at)
    took = [one.seconds if one.outcome == _ANSWERED else float("inf") for one in later]
    for first in range(len(later) - WINDOW + 1):
        if percentile(took[first : first + WINDOW], 0.95) <= limit:
            return round(later[first].at - over, 1)
    return None


def _phase(name: str, clients: int, asked: Sequence[Asked], bounds: tuple[float, float]) -> Phase:
    start, end = bounds
    sent = [one for one in asked if start <= one.at < end]
    answered = [one for one in asked if one.outcome == _ANSWERED]
    within = sum(start <= one.at + one.seconds < end for one in answered)
    took = [1000 * one.seconds for one in sent if one.outcome == _ANSWERED]
    return Phase(
        name=name,
        clients=clients,
        seconds=end - start,
        requests=len(sent),
        answers_per_second=round(within / (end - start), 2),
        p50=round(percentile(took, 0.5), 1),
        p95=round(percentile(took, 0.95), 1),
        p99=round(percentile(took, 0.99), 1),
        outcomes=dict(sorted(Counter(one.outcome for one in sent).items())),
    )


@dataclass
class _Drive:
    """The clients of one measurement and what they met."""

    bodies: Iterator[dict[str, Any]]
    asked: list[Asked] = field(default_factory=list)
    started: float = 0.0

    async def run(self, plan: Plan) -> None:
        key = os.environ.get(KEY_VARIABLE, "")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        many = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        whole = plan.seconds * len(plan.phases)
        extra = plan.clients * (plan.overload - 1)
        async with httpx.AsyncClient(
            base_url=plan.url, headers=headers, limits=many, timeout=SERVER_SECONDS
        ) as http:
            self.started = time.perf_counter()
            steady = (self._client(http, 0, whole) for _ in range(plan.clients))
            added = (self._client(http, plan.seconds, 2 * plan.seconds) for _ in range(extra))
            await asyncio.gather(*steady, *added)

    def _now(self) -> float:
        return time.perf_counter() - self.started

    async def _client(self, http: httpx.AsyncClient, start: float, end: float) -> None:
        await asyncio.sleep(start)
        while (left := end - self._now()) > 0:
            pause = await self._ask(http)
            if pause:
                await asyncio.sleep(min(pause, left))

    async def _ask(self, http: httpx.AsyncClient) -> float:
        """Ask one question; the seconds that the server wants to be left alone."""
        at = self._now()
        try:
            response = await http.post("/v1/ask", json=next(self.bodies))
            outcome, pause = str(response.status_code), _pause(response)
        except httpx.HTTPError as error:
            outcome, pause = type(error).__name__, PAUSE_SECONDS
        self.asked.append(Asked(at, self._now() - at, outcome))
        return pause


def _pause(response: httpx.Response) -> float:
    if response.is_success:
        return 0.0
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else PAUSE_SECONDS


def _check_ready(url: str) -> None:
    try:
        httpx.get(f"{url}/readyz", timeout=SERVER_SECONDS).raise_for_status()
    except httpx.HTTPStatusError as error:
        raise RunError(f"{url} is not ready: {error.response.text[:200]}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise RunError(f"{url} does not answer ({error}).") from error


def _megabytes(pid: int | None) -> float:
    """Resident memory of a process and its children; pages that they share count for each."""
    if pid is None:
        return 0.0
    try:
        import psutil
    except ModuleNotFoundError as error:
        raise RunError("psutil is not installed; run `make bench`") from error
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return round(sum(one.memory_info().rss for one in family) / 2**20, 1)
    except psutil.Error as error:
        raise RunError(f"the memory of process {pid} cannot be read: {error}") from error


def table(report: LoadReport) -> str:
    """The report as Markdown."""
    lines = [
        f"{report.url}, {report.questions} different questions",
        "",
        "| phase | clients | s | requests | answers/s | p50 ms | p95 ms | p99 ms | outcomes |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for phase in report.phases:
        outcomes = ", ".join(f"{name}: {count}" for name, count in phase.outcomes.items())
        lines.append(
            f"| {phase.name} | {phase.clients} | {phase.seconds:g} | {phase.requests} "
            f"| {phase.answers_per_second:.2f} | {phase.p50:.0f} | {phase.p95:.0f} "
            f"| {phase.p99:.0f} | {outcomes} |"
        )
    if len(report.phases) > 1:
        when = "not" if report.recovery_seconds is None else f"{report.recovery_seconds:.1f} s"
        lines += ["", f"normal again after the overload: {when}"]
    if report.megabytes:
        start, end = report.megabytes
        lines += ["", f"resident memory: {start:.0f} MB at the start, {end:.0f} MB at the end"]
    return "\n".join(lines)
