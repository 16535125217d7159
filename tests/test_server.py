"""The real server process: one port, real model, real index."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from assistant.evaluation.bench import free_port, wait_until_ready
from assistant.settings import Settings

QUESTION = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"


def post(url: str, body: object) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{url}/v1/ask", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as response:
        return str(response.read().decode())


def test_api_answers_with_a_citation_that_its_document_page_highlights(server: str) -> None:
    answer = post(server, {"question": QUESTION})
    assert answer["short_answer"] == "17 januari 2013"
    citation = answer["citations"][0]
    page = get(server + citation["url"].split("#")[0])
    assert '<mark id="citaat"' in page
    assert citation["quote"] in page


def test_chat_api_and_docs_share_one_port(server: str) -> None:
    assert "gradio" in get(f"{server}/").lower()
    assert json.loads(get(f"{server}/healthz"))["status"] == "ok"
    assert "/v1/ask" in get(f"{server}/openapi.json")


def test_sigterm_lets_a_request_finish(settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    environment = os.environ | {
        "ASSISTANT_CORPUS": str(settings.corpus),
        "ASSISTANT_INDEX": str(settings.index),
    }
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, cwd=tmp_path)
    try:
        wait_until_ready(port)
        body = json.dumps({"question": QUESTION})
        client = subprocess.Popen(
            [
                "curl",
                "--silent",
                "--json",
                body,
                f"http://127.0.0.1:{port}/v1/ask",
            ],
            stdout=subprocess.PIPE,
        )
        time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        out, _ = client.communicate(timeout=20)
        assert not out or json.loads(out)["status"] == "answered"
    finally:
        process.kill()
