"""`assistant bench chat` measures a real page, and says what is missing."""

import re
import subprocess
import sys

import pytest

from assistant.evaluation import chat_bench
from assistant.evaluation.bench import free_port
from assistant.evaluation.runner import RunError
from conftest import ROOT


def bench_chat(url: str, questions: int) -> "subprocess.CompletedProcess[str]":
    """In a process of its own: Playwright runs once in each."""
    options = ["bench", "chat", "--url", url, "--questions", str(questions)]
    command = [sys.executable, "-m", "assistant.cli", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_wait_in_the_chat_stands_beside_that_of_the_api(chat_url: str) -> None:
    done = bench_chat(chat_url, 2)
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| ([\w ,/]+?) \| 2 \| (-?\d+) \| (-?\d+) \|$", done.stdout, re.MULTILINE)
    names = [name for name, *_ in rows]
    assert names == ["chat, Enter to visible", "POST /v1/ask", "difference"]
    assert all(0 < int(p50) <= int(p95) for _, p50, p95 in rows[:2])


def test_a_server_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = bench_chat(url, 1)
    assert done.returncode == 1
    assert url in done.stderr.replace("\n", "")


def test_a_missing_browser_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_bench, "CHROMIUM", "no-such-browser")
    with pytest.raises(RunError, match="make chromium"):
        chat_bench.measure("http://127.0.0.1:1", [], 1)
