"""Feedback: what is stored whatever happens, and how it becomes cases for review."""

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from assistant import feedback, wording
from assistant.answering import Assistant
from assistant.cli import app
from assistant.contract import FiltersIn, TurnIn
from assistant.documents import Answer, Corpus, Status, Turn
from assistant.evaluation.cases import ANSWERABLE, UNANSWERABLE, CaseError, load_cases
from assistant.evaluation.drafts import to_draft
from assistant.evaluation.metrics.facts import facts_found
from assistant.exchange import Exchange
from assistant.feedback import (
    FeedbackIn,
    FeedbackItem,
    FeedbackUnavailable,
    Reason,
    Verdict,
    read_feedback,
    store,
)
from assistant.settings import Settings

NOW = dt.datetime(2026, 11, 22, 14, 3, tzinfo=dt.timezone(dt.timedelta(hours=1)))
STEERING = wording.EXAMPLES[0]
CHAIR = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
OFF_TOPIC = "Wat is de hoofdstad van Peru?"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feedback" / "feedback.jsonl"


def plain(**changes: Any) -> Answer:
    fields: dict[str, Any] = {
        "id": "a",
        "question": "Wat?",
        "standalone_question": "Wat?",
        "status": Status.ABSTAINED,
        "answer": wording.ABSTAINED,
        "confidence": 0.1,
    }
    return Answer(**(fields | changes))


def given(
    answer: Answer | None = None, verdict: Verdict = Verdict.DOWN, **changes: Any
) -> FeedbackIn:
    answer = answer or plain()
    filters = changes.pop("filters", FiltersIn())
    exchange = Exchange(question=answer.question, asked=NOW, answer=answer, filters=filters)
    return FeedbackIn(verdict=verdict, exchange=exchange, **changes)


@pytest.fixture(scope="module")
def answers(assistant: Assistant) -> dict[str, Answer]:
    """A dated answer, a follow-up and an abstention, all real."""
    chair = Turn(CHAIR, assistant.answer(CHAIR).answer)
    return {
        "steering": assistant.answer(STEERING),
        "follow-up": assistant.answer("En wie was de eerste?", [chair]),
        "refused": assistant.answer(OFF_TOPIC),
    }


# What a user may send


def test_every_reason_has_its_words() -> None:
    assert list(wording.FEEDBACK_REASONS) == [reason.value for reason in Reason]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verdict": "meh"}, "verdict"),
        ({"reason": "lelijk"}, "reason"),
        ({"text": "x" * 2001}, "text"),
        ({"history": [{"question": "x"}] * 51}, "history"),
        ({"exchange": {"question": "x", "asked": "2026-01-01T00:00:00Z"}}, ""),
        ({"naam": "x"}, "naam"),
    ],
)
def test_what_is_wrong_is_refused(change: dict[str, Any], field: str) -> None:
    sent = given().model_dump(mode="json")
    assert FeedbackIn.model_validate(sent) == given()
    with pytest.raises(ValidationError) as refused:
        FeedbackIn.model_validate(sent | change)
    assert ".".join(map(str, refused.value.errors()[0]["loc"])) == field


# What is stored


def test_a_line_holds_all_that_is_known(path: Path, answers: dict[str, Answer]) -> None:
    history = [TurnIn(question=CHAIR, answer="Luc Sels")]
    filters = FiltersIn(kinds=["toelichting"], date_from=dt.date(2012, 1, 1))
    sent = given(
        answers["follow-up"],
        reason=Reason.ONVOLLEDIG,
        text="Er was er nog één.\nZie “bijlage”.",
        history=history,
        filters=filters,
    )
    item = store(path, sent, NOW)
    [line] = path.read_bytes().splitlines()
    assert "“bijlage”".encode() in line
    assert list(json.loads(line)) == [
        *("id", "at", "verdict", "reason", "text", "history", "answer", "filters")
    ]
    assert json.loads(line)["answer"] == answers["follow-up"].to_json()
    assert json.loads(line)["at"] == "2026-11-22T13:03:00Z"
    assert read_feedback(path) == feedback.Feedback((item,), ())
    assert (item.history, item.filters) == (tuple(history), filters)
    assert re.fullmatch("[0-9a-f]{32}", item.id)


def test_only_the_owner_reads_it(path: Path) -> None:
    store(path, given(), NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o640)
    store(path, given(), NOW)
    assert path.stat().st_mode & 0o777 == 0o640


def test_text_that_no_file_can_hold_is_stored_as_well_as_can_be(path: Path) -> None:
    answer = plain(answer="half \ud800 paar", question="a\u2028b\x85\x00c")
    sent = given()
    exchange = sent.exchange.model_copy(update={"answer": answer})  # unchecked
    store(path, sent.model_copy(update={"exchange": exchange}), NOW)
    store(path, sent, NOW)
    found = read_feedback(path)
    assert found.errors == ()
    first, _ = found.items
    assert (first.answer.answer, first.answer.question) == ("half ? paar", "a\u2028b\x85\x00c")


def test_nothing_is_there_before_the_first(path: Path) -> None:
    assert read_feedback(path) == feedback.Feedback((), ())


WRITER = """
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from assistant.feedback import FeedbackIn, store
import datetime as dt
given = FeedbackIn.model_validate_json(sys.stdin.read())
for _ in range(20):
    store(Path(sys.argv[1]), given, dt.datetime.now(dt.UTC))
"""


def test_processes_do_not_write_through_each_other(path: Path) -> None:
    sent = given(plain(answer="x" * 100_000)).model_dump_json()
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(4)]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write(sent)
        writer.stdin.close()
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    found = read_feedback(path)
    assert found.errors == ()
    assert len({item.id for item in found.items}) == 80


@pytest.mark.parametrize("torn", [b'{"id": "abc", "at"', b"{}", b"\xff\xfe", b"x" * 10])
def test_a_torn_last_line_costs_only_itself(path: Path, torn: bytes) -> None:
    first = store(path, given(), NOW)
    with path.open("ab") as file:
        file.write(torn)
    second = store(path, given(), NOW)
    third = store(path, given(), NOW)
    found = read_feedback(path)
    assert found.items == (first, second, third)
    [error] = found.errors
    assert error.startswith(f"{path}:2: ")
    assert "\n" not in error


FULL = """
import resource, sys
from pathlib import Path
from assistant.feedback import FeedbackIn, FeedbackUnavailable, store
import datetime as dt
given = FeedbackIn.model_validate_json(sys.stdin.read())
path = Path(sys.argv[1])
store(path, given, dt.datetime.now(dt.UTC))
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))
try:
    store(path, given, dt.datetime.now(dt.UTC))
except FeedbackUnavailable as error:
    print(error)
assert path.stat().st_size == size
"""


def test_a_disk_that_fills_half_way_leaves_no_half_line(path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(path)]
    sent = given().model_dump_json()
    done = subprocess.run(command, input=sent, capture_output=True, text=True, check=True)
    assert done.stdout == f"feedback file {path}: No space left on device\n"
    assert len(read_feedback(path).items) == 1


def test_a_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "bestand").write_text("")
    (tmp_path / "vol").symlink_to("/dev/full")
    (tmp_path / "map").mkdir()
    for name, reason in [
        ("bestand/feedback.jsonl", "(File exists|Not a directory)"),
        ("vol", "No space left on device"),
        ("map", "Is a directory"),
    ]:
        with pytest.raises(FeedbackUnavailable, match=rf"{name}: {reason}$"):
            store(tmp_path / name, given(), NOW)
    with pytest.raises(FeedbackUnavailable, match=r"map: Is a directory$"):
        read_feedback(tmp_path / "map")


DENIED = """
import os, sys
from pathlib import Path
from assistant.feedback import FeedbackIn, FeedbackUnavailable, store
import datetime as dt
given = FeedbackIn.model_validate_json(sys.stdin.read())
if os.geteuid() == 0:
    os.setuid(65534)
try:
    store(Path(sys.argv[1]), given, dt.datetime.now(dt.UTC))
except FeedbackUnavailable as error:
    print(error)
"""


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that anyone may enter and nobody write in, for want of a root that may."""
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o555)
    yield folder
    folder.rmdir()


@pytest.mark.parametrize("name", ["feedback.jsonl", "feedback/feedback.jsonl"])
def test_without_the_right_to_write_it_says_so(name: str, locked_folder: Path) -> None:
    command = [sys.executable, "-c", DENIED, str(locked_folder / name)]
    sent = given().model_dump_json()
    done = subprocess.run(command, input=sent, capture_output=True, text=True, check=True)
    assert done.stdout == f"feedback file {locked_folder / name}: Permission denied\n"


def test_a_writer_does_not_wait_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "LOCK_SECONDS", 0.1)
    path.parent.mkdir()
    with (
        FileLock(path.with_name(".feedback.jsonl.lock")),
        pytest.raises(FeedbackUnavailable, match=r"feedback\.jsonl: .*lock"),
    ):
        store(path, given(), NOW)


def test_it_can_be_switched_off() -> None:
    assert Settings().feedback == Path("feedback/feedback.jsonl")
    assert Settings.model_validate({"feedback": ""}).feedback is None


# Cases for review


def item(answer: Answer, verdict: Verdict, **changes: Any) -> FeedbackItem:
    fields: dict[str, Any] = {
        "id": "0123456789abcdef" * 2,
        "at": NOW,
        "verdict": verdict,
        "reason": None,
        "text": "",
        "history": (),
        "answer": answer,
        "filters": FiltersIn(),
    }
    return FeedbackItem(**(fields | changes))


def test_a_good_answer_gives_its_facts_and_sources(
    answers: dict[str, Answer], corpus: Corpus
) -> None:
    draft = to_draft(item(answers["steering"], Verdict.UP))
    assert (draft.id, draft.question, draft.type) == ("feedback-01234567", STEERING, "date")
    assert draft.answerable
    assert draft.facts == (("17 januari 2013",),)
    [source] = draft.sources
    texts = {document.id: document.text for document in corpus.documents}
    assert source.quote in texts[source.document]
    assert facts_found(draft.facts, [source.quote]) == [True]


def test_an_answer_without_a_short_one_gives_what_it_quoted(answers: dict[str, Answer]) -> None:
    answer = answers["steering"].model_copy(update={"short_answer": "…"})
    draft = to_draft(item(answer, Verdict.UP))
    assert draft.facts == ((answer.citations[0].quote,),)


@pytest.mark.parametrize("name", ["steering", "refused"])
def test_a_bad_answer_gives_no_facts_but_what_the_user_said(
    name: str, answers: dict[str, Answer]
) -> None:
    told = {"reason": Reason.ONJUIST, "text": "Het was 2014.\nZie p. 3"}
    draft = to_draft(item(answers[name], Verdict.DOWN, **told))
    assert (draft.answerable, draft.facts, draft.sources) == (True, (), ())
    assert draft.type in ANSWERABLE
    for text in ("onjuist", "Het was 2014.", answers[name].status, repr(answers[name].answer)):
        assert text in draft.review


def test_a_good_abstention_gives_an_unanswerable_case(answers: dict[str, Answer]) -> None:
    draft = to_draft(item(answers["refused"], Verdict.UP))
    assert (draft.answerable, draft.facts, draft.sources) == (False, (), ())
    assert draft.type in UNANSWERABLE


def test_a_follow_up_keeps_its_history_and_others_do_not(answers: dict[str, Answer]) -> None:
    history = (TurnIn(question=CHAIR, answer="Luc Sels"),)
    follow_up = to_draft(item(answers["follow-up"], Verdict.UP, history=history))
    assert [(turn.question, turn.answer) for turn in follow_up.history] == [(CHAIR, "Luc Sels")]
    assert follow_up.style == ("follow_up",)
    assert answers["follow-up"].standalone_question in follow_up.review
    alone = to_draft(item(answers["steering"], Verdict.UP, history=history))
    assert (alone.history, alone.style) == ((), ())
    missed = to_draft(item(answers["steering"], Verdict.DOWN, history=history))
    assert missed.style == ("follow_up",)
    assert "understood without the history" in missed.review


def test_a_filter_which_no_case_can_hold_is_told(answers: dict[str, Answer]) -> None:
    filters = FiltersIn(parties=["VDAB"])
    draft = to_draft(item(answers["refused"], Verdict.UP, filters=filters))
    assert '{"parties":["VDAB"]}' in draft.review


# The commands


def command(path: Path | str, *arguments: object) -> Result:
    environment = {"ASSISTANT_FEEDBACK": str(path), "COLUMNS": "160"}
    return CliRunner().invoke(app, ["feedback", *map(str, arguments)], env=environment)


@pytest.fixture
def filled(path: Path, answers: dict[str, Answer]) -> list[FeedbackItem]:
    """A good answer, a bad answer, a good abstention, a bad one."""
    history = [TurnIn(question=CHAIR, answer="Luc Sels")]
    return [
        store(path, sent, NOW)
        for sent in (
            given(answers["steering"], Verdict.UP),
            given(answers["follow-up"], history=history, text="[red]Onvolledig\x1b[31m\u202e!"),
            given(answers["refused"], Verdict.UP),
            given(answers["refused"], reason=Reason.TEN_ONRECHTE_NIET_GEVONDEN),
        )
    ]


def test_the_list_shows_each_on_one_line(path: Path, filled: list[FeedbackItem]) -> None:
    result = command(path, "list")
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["id", "date", "verdict", "reason", "question", "text"]
    assert [row.split()[:3] for row in rows] == [
        [item.id[:8], "2026-11-22", item.verdict] for item in filled
    ]
    assert "[red]Onvolledig [31m!" in rows[1]
    assert "ten_onrechte_niet_gevonden" in rows[3]
    assert "\x1b" not in result.stdout


def test_a_bad_line_is_told_and_the_others_used(path: Path, filled: list[FeedbackItem]) -> None:
    with path.open("ab") as file:
        file.write(b"{\n")
    for arguments in (["list"], ["to-cases", "--output", path.with_name("cases.jsonl")]):
        result = command(path, *arguments)
        assert result.exit_code == 0
        assert f"warning: skipped {path}:5: Invalid JSON" in result.stderr


def test_drafts_are_refused_until_they_are_reviewed(
    path: Path, filled: list[FeedbackItem], tmp_path: Path
) -> None:
    output = tmp_path / "cases.review.jsonl"
    result = command(path, "to-cases", "--output", output)
    assert (result.exit_code, result.stdout) == (
        0,
        f"4 cases to review added to {output}; 0 were there\n",
    )
    with pytest.raises(CaseError, match=r"jsonl:1: not reviewed yet; do what 'review' says"):
        load_cases([output])
    drafts = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    reviewed = [{k: v for k, v in draft.items() if k != "review"} for draft in drafts]
    with pytest.raises(CaseError, match=r"jsonl:2: an answerable case needs facts and sources"):
        load_cases([written(tmp_path / "half.jsonl", reviewed)])
    for case in (reviewed[1], reviewed[3]):
        case |= {"facts": [["Luc"]], "sources": [{"document": "nota", "quote": "Luc"}]}
    cases = load_cases([written(tmp_path / "cases.jsonl", reviewed)])
    assert [case.id for case in cases] == [f"feedback-{item.id[:8]}" for item in filled]
    assert cases[1].history[0].question == CHAIR


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def test_the_evaluation_says_that_a_case_is_not_reviewed(
    path: Path, filled: list[FeedbackItem], tmp_path: Path
) -> None:
    output = tmp_path / "cases.review.jsonl"
    command(path, "to-cases", "--output", output)
    arguments = ["eval", "--cases", str(output), "--output", str(tmp_path / "results")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "not reviewed yet" in result.stderr
    assert not (tmp_path / "results").exists()


def test_an_existing_file_is_added_to_and_keeps_what_was_reviewed(
    path: Path, filled: list[FeedbackItem], tmp_path: Path
) -> None:
    output = tmp_path / "cases.jsonl"
    command(path, "to-cases", "--output", output, "--verdict", "up")
    first, third = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    del first["review"]
    first["facts"] = [["17/01/2013", "17 januari 2013"]]
    held = "\n".join(json.dumps(row) for row in (first, third))  # an editor took the line end
    output.write_text(held, encoding="utf-8")
    result = command(path, "to-cases", "--output", output)
    assert result.stdout == f"2 cases to review added to {output}; 2 were there\n"
    lines = output.read_text(encoding="utf-8").splitlines()
    assert "\n".join(lines[:2]) == held
    assert [json.loads(line)["id"] for line in lines] == [
        f"feedback-{filled[at].id[:8]}" for at in (0, 2, 1, 3)
    ]
    before = output.read_bytes()
    command(path, "to-cases", "--output", output)
    assert output.read_bytes() == before


def test_some_can_be_chosen(path: Path, filled: list[FeedbackItem], tmp_path: Path) -> None:
    output = tmp_path / "cases.jsonl"
    ids = ["--id", filled[0].id[:8], "--id", filled[1].id]
    result = command(path, "to-cases", "--output", output, *ids, "--verdict", "down")
    assert result.stdout.startswith("1 cases to review added")
    assert [draft["id"] for draft in map(json.loads, output.open(encoding="utf-8"))] == [
        f"feedback-{filled[1].id[:8]}"
    ]
    unknown = command(path, "to-cases", "--output", output, "--id", "bestaatniet")
    assert unknown.exit_code == 2
    assert "there is no feedback bestaatniet" in unknown.stderr


@pytest.mark.parametrize("held", ["mijn notities\n", "{}", "[]", '{"id": "x"'])
def test_a_file_that_holds_no_cases_stays_as_it_is(
    held: str, path: Path, filled: list[FeedbackItem], tmp_path: Path
) -> None:
    output = tmp_path / "notities.jsonl"
    output.write_text(held, encoding="utf-8")
    result = command(path, "to-cases", "--output", output)
    assert result.exit_code == 2
    assert f"{output}:1: not a case; choose another file" in result.stderr
    assert output.read_text(encoding="utf-8") == held


def test_the_feedback_itself_is_not_written_to(path: Path, filled: list[FeedbackItem]) -> None:
    before = path.read_bytes()
    assert command(path, "to-cases", "--output", path).exit_code == 2
    assert path.read_bytes() == before


def test_what_goes_wrong_is_one_line(path: Path, filled: list[FeedbackItem]) -> None:
    wrong: list[tuple[Path | str, Path | str, int, str]] = [
        ("", "x.jsonl", 2, "feedback is off; set ASSISTANT_FEEDBACK"),
        (path.parent, "x.jsonl", 1, "Is a directory"),
        (path, path.parent / "nergens" / "x.jsonl", 1, "No such file or directory"),
        (path, path.parent, 2, "Is a directory"),
    ]
    for feedback_file, output, status, reason in wrong:
        result = command(feedback_file, "to-cases", "--output", output)
        assert result.exit_code == status, result.output
        [line] = result.stderr.splitlines()
        assert reason in line


def test_without_feedback_there_is_nothing_to_do(path: Path, tmp_path: Path) -> None:
    output = tmp_path / "cases.jsonl"
    result = command(path, "to-cases", "--output", output)
    assert (result.exit_code, output.exists()) == (0, False)
    assert command(path, "list").exit_code == 0
