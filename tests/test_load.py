"""`assistant bench load`: its figures from known requests, and a real measurement."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
import uvicorn
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from assistant import wording
from assistant.api_keys import Right, new_key, write_keys
from assistant.cli import app
from assistant.client import KEY_VARIABLE
from assistant.evaluation.bench import free_port
from assistant.evaluation.cases import Case, PastTurn
from assistant.evaluation.load import (
    LEADS,
    WINDOW,
    Asked,
    LoadReport,
    Plan,
    bodies,
    measure,
    recovery_seconds,
    summarise,
    table,
)
from assistant.evaluation.runner import RunError
from assistant.reader_model import CACHED_READINGS
from conftest import ClientWith, Serving

URL = "http://127.0.0.1:1"


def case(number: int) -> Case:
    past = (PastTurn(question="Wie is voorzitter?", answer="Luc Sels"),)
    question = wording.EXAMPLES[number % len(wording.EXAMPLES)]
    return Case(id=str(number), question=question, type="who", answerable=False, history=past)


CASES = [case(number) for number in range(3)]


# What is asked


def test_no_question_comes_back_before_all_others_were_asked() -> None:
    asked = [body["question"] for body in islice(bodies(CASES), len(LEADS) * len(CASES))]
    assert len(set(asked)) == len(asked) == 30
    assert asked[:3] == [one.question for one in CASES]
    assert asked[3] == LEADS[1] + CASES[0].question


def test_there_are_more_questions_than_the_reader_keeps_readings() -> None:
    lines = [
        line
        for path in Path(__file__).parents[1].glob("evals/cases/*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) * len(LEADS) > 4 * CACHED_READINGS


def test_the_conversation_of_a_case_goes_along() -> None:
    body = next(bodies(CASES))
    assert body["history"] == [{"question": "Wie is voorzitter?", "answer": "Luc Sels"}]


# Figures


def test_a_phase_has_the_figures_of_the_requests_sent_in_it() -> None:
    asked = [Asked(at, 0.1 * (at + 1), "200") for at in range(10)]
    asked += [Asked(5.5, 0.01, "503"), Asked(6.5, 2.0, "ReadError"), Asked(12, 9.0, "200")]
    (phase,) = summarise(Plan(URL, 4, 10), asked, 11).phases
    assert (phase.requests, phase.clients, phase.seconds) == (12, 4, 10)
    assert phase.outcomes == {"200": 10, "503": 1, "ReadError": 1}
    assert (phase.p50, phase.p95, phase.p99) == (500, 1000, 1000)
    assert phase.answers_per_second == 0.9  # the last one came after the end


def test_the_phases_of_an_overload_follow_each_other() -> None:
    plan = Plan(URL, 8, 10, overload=4)
    asked = [Asked(5, 1, "200"), Asked(15, 3, "200"), Asked(25, 1, "200"), Asked(25, 1, "200")]
    phases = summarise(plan, asked, 4).phases
    found = [(phase.name, phase.clients, phase.requests, phase.p95) for phase in phases]
    assert found == [("quiet", 8, 1, 1000), ("overload", 32, 1, 3000), ("after", 8, 2, 1000)]


def test_recovery_is_from_the_end_of_the_overload_to_the_first_normal_answers() -> None:
    slow = [Asked(20 + number / 10, 5.0, "200") for number in range(30)]
    failed = [Asked(23 + number / 10, 0.01, "503") for number in range(10)]
    normal = [Asked(24 + number / 10, 1.0, "200") for number in range(WINDOW)]
    assert recovery_seconds([*slow, *failed, *normal], 20, 1.5) == pytest.approx(3.9)
    assert recovery_seconds([*slow, *failed, *normal[:5]], 20, 1.5) is None
    assert recovery_seconds(normal, 24, 1.5) == 0
    assert recovery_seconds([*normal, *slow], 25, 1.5) is None


def test_the_limit_of_recovery_comes_from_the_quiet_phase() -> None:
    quiet = [Asked(number / 10, 1.0, "200") for number in range(100)]
    after = [Asked(20 + number / 10, 1.4, "200") for number in range(50)]
    plan = Plan(URL, 1, 10, overload=2)
    assert summarise(plan, [*quiet, *after], 1).recovery_seconds == 0
    slower = [Asked(one.at, 1.6, "200") for one in after]
    assert summarise(plan, [*quiet, *slower], 1).recovery_seconds is None


def test_the_table_tells_all() -> None:
    asked = [Asked(number / 10, 0.25, "200") for number in range(20)]
    report = summarise(Plan(URL, 2, 2), asked, 17)
    shown = table(report.model_copy(update={"megabytes": (700.0, 720.0)}))
    assert "17 different questions" in shown
    assert "| quiet | 2 | 2 | 20 | 9.00 | 250 | 250 | 250 | 200: 20 |" in shown
    assert "700 MB at the start, 720 MB at the end" in shown


# A real server


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases") / "drie.jsonl"
    path.write_text("\n".join(one.model_dump_json() for one in CASES), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["bench", "load", *map(str, arguments)])


def test_a_measurement_with_overload_and_memory(
    cases: Path, serving: Serving, tmp_path: Path
) -> None:
    output = tmp_path / "load.json"
    with serving() as (process, port):
        url = f"http://127.0.0.1:{port}"
        size = ("--clients", 2, "--seconds", 2, "--overload", 2, "--pid", process.pid)
        result = run("--url", url, *size, "--cases", cases, "--output", output)
    assert result.exit_code == 0, result.stderr
    report = LoadReport.model_validate_json(output.read_text(encoding="utf-8"))
    assert result.stdout.strip() == table(report)
    assert [phase.clients for phase in report.phases] == [2, 4, 2]
    assert all(set(phase.outcomes) <= {"200"} for phase in report.phases)
    assert report.phases[0].outcomes["200"] >= 2
    assert 1 <= report.questions <= 30
    assert report.megabytes
    assert min(report.megabytes) > 100


@contextmanager
def listening(client: TestClient) -> Iterator[str]:
    """URL of a server in a thread."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(client.app, port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def test_who_is_refused_stays_away_for_as_long_as_he_is_told(client_with: ClientWith) -> None:
    client = client_with(at_once=1, waiting=0)
    client.post("/v1/ask", json={"question": "Is alles geladen?"})
    with listening(client) as url:
        (phase,) = measure(Plan(url, clients=6, seconds=2), CASES).phases
    assert phase.outcomes["200"] >= 1
    assert 1 <= phase.outcomes["503"] <= 6  # Retry-After is longer than the measurement


def test_the_key_of_the_environment_goes_along(
    client_with: ClientWith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, key = new_key("load", [Right.ASK])
    write_keys(tmp_path / "keys.json", [key])
    client = client_with(keys=tmp_path / "keys.json")
    bearer = {"Authorization": f"Bearer {secret}"}
    client.post("/v1/ask", json={"question": "Is alles geladen?"}, headers=bearer)
    with listening(client) as url:
        monkeypatch.delenv(KEY_VARIABLE, raising=False)
        assert set(measure(Plan(url, 1, 1), CASES).phases[0].outcomes) == {"401"}
        monkeypatch.setenv(KEY_VARIABLE, secret)
        assert set(measure(Plan(url, 1, 1), CASES).phases[0].outcomes) == {"200"}


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        (("--url", "http://127.0.0.1:9"), 1, "does not answer"),
        (("--url", "localhost"), 1, "does not answer"),
        (("--url", "http://127.0.0.1:9", "--cases", "nergens.jsonl"), 2, "nergens.jsonl"),
        (("--url", "http://127.0.0.1:9", "--clients", 0), 2, "--clients"),
    ],
)
def test_what_cannot_be_measured_is_said(
    arguments: tuple[object, ...], status: int, reason: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == status
    assert reason in result.stderr


def test_a_process_that_is_not_there_is_said(server: str) -> None:
    with pytest.raises(RunError, match="999999999"):
        measure(Plan(server, 1, 1, pid=999_999_999), CASES)
