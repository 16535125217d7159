"""Running cases: in this process and against a real server."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from assistant.answering import Assistant
from assistant.evaluation.bench import free_port
from assistant.evaluation.cases import Case, PastTurn
from assistant.evaluation.runner import InProcess, OverHttp, RunError, run_cases

DATE = Case(
    id="date",
    question="Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    type="date",
    answerable=False,
)
FOLLOW_UP = Case(
    id="follow-up",
    question="En wie was de eerste?",
    type="person",
    answerable=False,
    history=(PastTurn(question="Wie is voorzitter van het Vlaams Partnerschap Duaal Leren?"),),
)
OFF_TOPIC = Case(id="off", question="Wat is de hoofdstad van Peru?", type="off", answerable=False)
CASES = [DATE, FOLLOW_UP, OFF_TOPIC]


def test_a_server_gives_the_same_answers_as_this_process(assistant: Assistant, server: str) -> None:
    here = list(run_cases(InProcess(assistant), CASES, 1))
    there = list(run_cases(OverHttp(server), CASES, 2))
    assert [o.answer.answer for o in there] == [o.answer.answer for o in here]
    assert [o.answer.standalone_question for o in there] == [
        o.answer.standalone_question for o in here
    ]
    pairs = [
        (own, told)
        for one, other in zip(here, there, strict=True)
        for own, told in zip(one.retrieved, other.retrieved, strict=True)
    ]
    assert len(pairs) == 30
    assert all(own.document == told.document for own, told in pairs)
    assert all(own.start <= told.start < told.end <= own.end for own, told in pairs)


def test_this_process_also_tells_what_each_leg_finds(assistant: Assistant) -> None:
    (outcome,) = run_cases(InProcess(assistant), [DATE], 1)
    assert {name: len(places) for name, places in outcome.legs.items()} == {"bm25": 10, "dense": 10}
    assert outcome.legs["bm25"][0].document == "antwoord-excellente-partnerschappen"


def test_outcomes_come_in_the_order_of_the_cases(assistant: Assistant) -> None:
    outcomes = run_cases(InProcess(assistant), CASES, 3)
    assert [outcome.case.id for outcome in outcomes] == ["date", "follow-up", "off"]


def test_a_server_with_other_documents_is_refused(assistant: Assistant, server: str) -> None:
    versions = {document.id: document.version for document in assistant.documents.values()}
    asking = OverHttp(server)
    asking.check_texts(versions)
    with pytest.raises(RunError, match="vlaams-partnerschap-duaal-leren"):
        asking.check_texts(versions | {"vlaams-partnerschap-duaal-leren": "sha256:0"})


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(RunError, match="does not answer"):
        OverHttp(f"http://127.0.0.1:{free_port()}").check_texts({})


def test_an_error_of_the_server_ends_the_run_with_its_words(server: str) -> None:
    empty = DATE.model_copy(update={"question": " "})
    with pytest.raises(RunError, match="De vraag is leeg"):
        list(run_cases(OverHttp(server), [empty], 1))


def test_an_interrupted_run_asks_no_more(assistant: Assistant) -> None:
    asked = []

    def failing(case: Case) -> object:
        asked.append(case.id)
        time.sleep(0.02)
        raise RunError("stop")

    answering: Callable[[Case], object] = failing
    with pytest.raises(RunError):
        list(run_cases(answering, CASES * 20, 1))  # type: ignore[arg-type]
    assert len(asked) < 30


class NotOurs(BaseHTTPRequestHandler):
    """A server that answers everything with a page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welkom</html>")

    def log_message(self, *_: object) -> None:
        pass


def test_a_server_that_is_no_assistant_is_named() -> None:
    with HTTPServer(("127.0.0.1", 0), NotOurs) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(RunError, match="does not speak this API"):
            OverHttp(f"http://127.0.0.1:{other.server_port}").check_texts({})
        other.shutdown()


def test_a_url_without_a_scheme_is_explained() -> None:
    with pytest.raises(RunError, match="give the URL with http://"):
        OverHttp("localhost:7860").check_texts({})
