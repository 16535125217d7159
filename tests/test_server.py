"""The real server process: one port, real model, real index."""

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from conftest import Serving

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


def test_sigterm_lets_an_accepted_request_finish(serving: Serving) -> None:
    with serving() as (process, port):
        body = json.dumps({"question": QUESTION}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("POST", "/v1/ask")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body[:10])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.send(body[10:])
        answer = json.load(connection.getresponse())
        assert answer["short_answer"] == "17 januari 2013"
        # uvicorn finishes its requests and then dies of the signal, as its sender expects.
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_fails_the_command(workers: str, server: str) -> None:
    port = server.rpartition(":")[2]
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", port, "--workers", workers]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is it in use?" in second.stderr
