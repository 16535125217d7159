"""``assistant ask --batch``: one line a question, whatever a line holds; a stopped run goes on."""

import copy
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant import wording
from assistant.answering import Assistant
from assistant.batch import BatchError, Written, answer_all, prepare, read_items
from assistant.cli import app
from assistant.documents import Answer
from assistant.settings import Settings

SECTORAL = "Hoeveel sectorale partnerschappen zijn er?"
STEERING = wording.EXAMPLES[0]
OFF_TOPIC = "Wat is de hoofdstad van Peru?"
CHAIR = {"question": "Wie is voorzitter van het Vlaams Partnerschap Duaal Leren?"}
FOLLOW_UP = {
    "id": "vervolg",
    "question": "En wie was de eerste?",
    "history": [CHAIR],
    "filters": {"kinds": ["toelichting"]},
    "answerer": "extractive",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "in.jsonl"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out.jsonl"


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    return {"ASSISTANT_CORPUS": str(settings.corpus), "ASSISTANT_INDEX": str(settings.index)}


def write(path: Path, *lines: object) -> None:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def answer(assistant: Assistant, source: Path, output: Path) -> list[Written]:
    """Answer without the command around it; tells every line that was written."""
    told: list[Written] = []
    items, kept = prepare(source, output)
    answer_all(assistant, items, kept, output, 2, told.append)
    return told


def command(environment: dict[str, str], *arguments: object) -> Result:
    return CliRunner().invoke(app, ["ask", *map(str, arguments)], env=environment)


# What is written


def test_every_question_gets_its_line_in_order(
    environment: dict[str, str], source: Path, output: Path
) -> None:
    write(source, {"question": SECTORAL, "id": 7}, "", FOLLOW_UP, {"question": OFF_TOPIC})
    result = command(environment, "--batch", source, output)
    assert (result.exit_code, result.stdout) == (0, "")
    summary = f"3 questions: 3 answered, 0 kept of an earlier run, 0 failed; see {output}"
    assert summary in result.stderr
    lines = read(output)
    assert [list(line) for line in lines] == [["id", "line", "answer"]] * 3
    assert [(line["id"], line["line"]) for line in lines] == [(7, 1), ("vervolg", 3), (None, 4)]
    first, follow_up, last = (Answer.model_validate(line["answer"]) for line in lines)
    assert first.short_answer == "17"
    assert "Luc Sels" in follow_up.answer
    assert {quote.document for quote in follow_up.citations} == {"vlaams-partnerschap-duaal-leren"}
    assert last.status == "abstained"
    assert "“".encode() in output.read_bytes()


def test_bad_lines_do_not_stop_the_others(
    environment: dict[str, str], source: Path, output: Path
) -> None:
    write(source, "{", {"question": " ", "id": "leeg"}, {"question": SECTORAL, "answerer": "llm"})
    with source.open("ab") as file:
        file.write(b'\xff\n{"question": "' + SECTORAL.encode() + b'"}')
    result = command(environment, "--batch", source, output)
    assert result.exit_code == 1
    assert "5 questions: 1 answered, 0 kept of an earlier run, 4 failed" in result.stderr
    *bad, good = read(output)
    assert [list(line) for line in bad] == [["id", "line", "error"]] * 4
    assert bad[1] == {"id": "leeg", "line": 2, "error": wording.EMPTY_QUESTION}
    assert bad[2]["error"] == wording.NO_LLM
    assert good["answer"]["short_answer"] == "17"


@pytest.mark.parametrize(
    ("raw", "name", "reason"),
    [
        (b"{", None, "not JSON: EOF while parsing an object at column 1"),
        (b"\xff\xfe", None, "not JSON"),
        (b'{"question": "\\ud800"}', None, "not JSON"),
        (b"[" * 100_000, None, "not JSON"),
        (b"[]", None, "not a JSON object"),
        (b"null", None, "not a JSON object"),
        (b"{}", None, "question: Field required"),
        (b'{"question": 5, "id": "a"}', "a", "question: Input should be a valid string"),
        (b'{"question": "x", "id": 3, "vraag": "y"}', 3, "vraag: Extra inputs"),
        (b'{"question": "x", "id": true}', None, "id"),
        (b'{"question": "x", "id": [1]}', None, "id"),
        (b'{"question": "x", "history": [{}]}', None, "history.0.question: Field required"),
        (b'{"question": "x", "filters": {"date_to": "2020-02-30"}}', None, "filters.date_to"),
        (b'{"question": "x", "answerer": "gpt"}', None, "answerer"),
    ],
)
def test_a_bad_line_says_why(raw: bytes, name: str | int | None, reason: str, source: Path) -> None:
    source.write_bytes(raw)
    (item,) = read_items(source)
    assert (item.asked, item.id) == (None, name)
    assert reason in item.error


def test_files_of_windows_are_read(source: Path) -> None:
    source.write_bytes(b'\xef\xbb\xbf{"question": "a"}\r\n\r\n{"question": "b\xe2\x80\xa8"}\r\n')
    items = read_items(source)
    assert [(item.line, item.error) for item in items] == [(1, ""), (3, "")]


class Faulty(Assistant):
    """Meets a fault of its own in one question."""

    def answer(self, question: str, *rest: Any, **named: Any) -> Answer:
        if question == "fout":
            raise ZeroDivisionError("door nul")
        return super().answer(question, *rest, **named)


def test_a_fault_in_one_question_costs_no_other(
    assistant: Assistant, source: Path, output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faulty = copy.copy(assistant)
    faulty.__class__ = Faulty
    write(source, {"question": "fout"}, {"question": SECTORAL})
    answer(faulty, source, output)
    failed, good = read(output)
    assert failed["error"] == "unexpected error: ZeroDivisionError('door nul')"
    assert good["answer"]["short_answer"] == "17"
    assert "Line 1 could not be answered" in caplog.text


def test_no_questions_give_no_lines(assistant: Assistant, source: Path, output: Path) -> None:
    write(source)
    assert answer(assistant, source, output) == []
    assert output.read_bytes() == b""


# Going on


def test_a_second_run_keeps_every_answer(assistant: Assistant, source: Path, output: Path) -> None:
    write(source, {"question": SECTORAL, "id": "a"}, {"question": OFF_TOPIC})
    answer(assistant, source, output)
    first = output.read_bytes()
    assert all(written.is_kept for written in answer(assistant, source, output))
    assert output.read_bytes() == first


@pytest.mark.parametrize("left", [1, 5, 200])
def test_a_half_written_line_is_redone(
    left: int, assistant: Assistant, source: Path, output: Path
) -> None:
    write(source, {"question": SECTORAL}, {"question": OFF_TOPIC}, {"question": STEERING})
    answer(assistant, source, output)
    first, second, third = output.read_bytes().splitlines(keepends=True)
    output.write_bytes(first + second[:left])
    told = answer(assistant, source, output)
    assert [written.is_kept for written in told] == [True, False, False]
    lines = output.read_bytes().splitlines(keepends=True)
    assert lines[0] == first
    assert [line["line"] for line in read(output)] == [1, 2, 3]
    assert lines[1] != second
    assert read(output)[2]["answer"]["answer"] == json.loads(third)["answer"]["answer"]


def test_what_failed_is_asked_again_and_answers_stay(
    assistant: Assistant, source: Path, output: Path
) -> None:
    lines: list[object] = [{"question": SECTORAL}, "{", {"question": OFF_TOPIC}, "{"]
    write(source, *lines)
    answer(assistant, source, output)
    before = output.read_bytes().splitlines()
    output.chmod(0o640)
    write(source, *lines[:1], {"question": STEERING, "id": "hersteld"}, *lines[2:])
    told = answer(assistant, source, output)
    assert [(w.is_kept, w.is_error) for w in told] == [
        (True, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    after = output.read_bytes().splitlines()
    assert [after[0], after[2], after[3]] == [before[0], before[2], before[3]]
    assert read(output)[1]["id"] == "hersteld"
    assert output.stat().st_mode & 0o777 == 0o640
    assert sorted(output.parent.iterdir()) == [source, output]


def test_a_link_to_the_output_stays_one(
    assistant: Assistant, source: Path, output: Path, tmp_path: Path
) -> None:
    write(source, {"question": SECTORAL})
    link = tmp_path / "link.jsonl"
    link.symlink_to(output)
    answer(assistant, source, link)
    assert link.is_symlink()
    assert read(output)[0]["answer"]["short_answer"] == "17"


def test_a_killed_run_goes_on_where_it_stopped(
    environment: dict[str, str], assistant: Assistant, source: Path, output: Path
) -> None:
    questions = [{"question": f"{STEERING} {number}", "id": number} for number in range(12)]
    write(source, *questions)
    arguments = [sys.executable, "-m", "assistant.cli", "ask", "--batch", str(source), str(output)]
    with subprocess.Popen(arguments, env=os.environ | environment) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (
            not output.exists() or output.read_bytes().count(b"\n") < 2
        ):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    complete = output.read_bytes().rpartition(b"\n")[0].splitlines()
    assert 2 <= len(complete) < 12
    answer(assistant, source, output)
    lines = output.read_bytes().splitlines()
    assert lines[: len(complete)] == complete
    assert [json.loads(line)["id"] for line in lines] == list(range(12))


# What is refused


@pytest.mark.parametrize(
    "held",
    [
        b"mijn notities\n",
        b"mijn notities",
        b"\n",
        b'{"question": "x"}\n',
        b'{"id": null, "line": 1, "answer": {}}\n',
        b'{"id": null, "line": 1, "error": "x"}\n{"id": null, "line": 2, "error": "x"}\n',
    ],
)
def test_a_file_that_is_no_output_stays_as_it_is(held: bytes, source: Path, output: Path) -> None:
    write(source, {"question": SECTORAL})
    output.write_bytes(held)
    with pytest.raises(BatchError, match="choose another file"):
        prepare(source, output)
    assert output.read_bytes() == held


@pytest.mark.parametrize(
    "changed",
    [
        [{"question": STEERING, "id": "a"}],
        [{"question": SECTORAL, "id": "b"}],
        [{"question": " ", "id": "a"}],
        ["", {"question": SECTORAL, "id": "a"}],
        ["{"],
        [],
    ],
)
def test_answers_to_another_input_stay_as_they_are(
    changed: list[object], assistant: Assistant, source: Path, output: Path
) -> None:
    write(source, {"question": SECTORAL, "id": "a"})
    answer(assistant, source, output)
    held = output.read_bytes()
    write(source, *changed)
    with pytest.raises(BatchError, match="its line 1 is no answer to this input"):
        prepare(source, output)
    assert output.read_bytes() == held


def test_the_input_is_not_overwritten(
    environment: dict[str, str], source: Path, tmp_path: Path
) -> None:
    write(source, {"question": SECTORAL})
    held = source.read_bytes()
    link = tmp_path / "link.jsonl"
    link.symlink_to(source)
    for output in (source, link):
        result = command(environment, "--batch", source, output)
        assert result.exit_code == 2
        assert "is the input; choose another file" in result.stderr
    assert source.read_bytes() == held


@pytest.mark.parametrize(
    "arguments", [[], ["vraag", "--batch", "a", "b"], ["--json", "--batch", "a", "b"], ["--json"]]
)
def test_a_question_or_a_file_is_needed_and_not_both(
    arguments: list[str], environment: dict[str, str]
) -> None:
    result = command(environment, *arguments)
    assert result.exit_code == 2
    assert "give either VRAAG or --batch IN.jsonl OUT.jsonl" in result.stderr


def test_a_full_disk_is_one_line(environment: dict[str, str], source: Path) -> None:
    write(source, {"question": OFF_TOPIC})
    result = command(environment, "--batch", source, "/dev/full")
    assert (result.exit_code, result.stderr.strip()) == (
        1,
        "error: No space left on device; free space, then retry",
    )


@pytest.mark.parametrize(
    ("reading", "writing", "reason"),
    [
        ("nergens.jsonl", "out.jsonl", "No such file or directory"),
        (".", "out.jsonl", "Is a directory"),
        ("in.jsonl", "nergens/out.jsonl", "No such file or directory"),
        ("in.jsonl", "in.jsonl/out.jsonl", "Not a directory"),
        ("in.jsonl", ".", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    reading: str, writing: str, reason: str, environment: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path / "in.jsonl", {"question": OFF_TOPIC})
    result = command(environment, "--batch", tmp_path / reading, tmp_path / writing)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert reason in line
    assert str(tmp_path) in line


def test_without_an_index_it_is_explained(source: Path, output: Path, tmp_path: Path) -> None:
    write(source, {"question": OFF_TOPIC})
    result = command({"ASSISTANT_INDEX": str(tmp_path / "index")}, "--batch", source, output)
    assert result.exit_code == 1
    assert "run `assistant index`" in result.stderr
