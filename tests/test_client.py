"""The Python client, against a real server and against servers that misbehave."""

import datetime as dt
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistant.client import (
    KEY_VARIABLE,
    ApiError,
    Client,
    ClientError,
    InvalidRequest,
    ServerUnreachable,
    UnexpectedResponse,
)
from assistant.contract import AskIn, DoneEvent, FiltersIn, Problem, TurnIn
from assistant.documents import Answer, EvidenceEvent, RetrievalEvent, Status
from assistant.evaluation.bench import free_port

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
OFF_TOPIC = "Wat is de hoofdstad van Peru?"
DOCUMENT = "antwoord-excellente-partnerschappen"
HEAVY = "torch onnxruntime chromadb gradio fastapi numpy langchain_core sentence_transformers"


@pytest.fixture(scope="module")
def asking(server: str) -> Iterator[Client]:
    with Client(server) as client:
        yield client


# A real server


def test_an_answer_cites_the_text_of_its_document(asking: Client) -> None:
    answer = asking.ask(STEERING)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.short_answer) == (Status.ANSWERED, "17 januari 2013")
    (citation,) = answer.citations
    document = asking.document(citation.document)
    assert document.text[citation.start : citation.end] == citation.quote
    assert document.version == citation.version


def test_a_follow_up_is_understood_by_its_history(asking: Client) -> None:
    first = "Wie is voorzitter van het Vlaams Partnerschap Duaal Leren?"
    turn = TurnIn(question=first, answer=asking.ask(first).answer)
    answer = asking.ask("En wie was de eerste?", [turn], answerer="extractive")
    assert "Luc Sels" in answer.answer


def test_filters_restrict_an_answer_and_a_search(asking: Client) -> None:
    only = FiltersIn(parties=["VVSG"], date_from=dt.date(2018, 1, 1))
    answer = asking.ask("Welke opzegtermijn geldt?", filters=only)
    found = asking.search("opzegtermijn", 50, only).results
    used = (*answer.citations, *answer.related, *found)
    assert {quoted.document for quoted in used} == {"overeenkomst-vdab-vvsg-2017"}


@pytest.mark.parametrize(
    ("chosen", "documents"),
    [
        ({"documents": [DOCUMENT]}, {DOCUMENT}),
        ({"kinds": ["toelichting"]}, {"vlaams-partnerschap-duaal-leren"}),
        ({"parties": ["VVSG"]}, {"overeenkomst-vdab-vvsg-2017"}),
        ({"date_from": "2200-01-01"}, {"overeenkomst-vdab-vvsg-2017"}),
        ({"date_to": "1900-01-01"}, set()),
    ],
)
def test_every_filter_reaches_the_search(
    chosen: dict[str, Any], documents: set[str], asking: Client
) -> None:
    found = asking.search("overeenkomst", 50, FiltersIn.model_validate(chosen))
    assert {hit.document for hit in found.results} == documents


@pytest.mark.parametrize("question", [STEERING, OFF_TOPIC])
def test_a_stream_gives_every_step_in_order(question: str, asking: Client) -> None:
    events = list(asking.stream(question))
    assert [type(event) for event in events] == [RetrievalEvent, EvidenceEvent, Answer, DoneEvent]
    passages, _, answer, done = events
    assert isinstance(passages, RetrievalEvent)
    assert isinstance(answer, Answer)
    assert isinstance(done, DoneEvent)
    assert len(passages.passages) == 10
    assert answer.answer == asking.ask(question).answer
    assert done.id == answer.id


def test_a_stream_may_be_left_early(asking: Client) -> None:
    stream = asking.stream(STEERING)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert asking.ready().status == "ready"


def test_a_search_gives_the_passages_best_first(asking: Client) -> None:
    found = asking.search(STEERING, k=3)
    assert found.query == STEERING
    assert len(found.results) == 3
    assert found.results[0].document == DOCUMENT


def test_documents_are_listed_and_read(asking: Client) -> None:
    listed = asking.documents()
    assert DOCUMENT in [document.id for document in listed]
    document = asking.document(DOCUMENT)
    assert document.sections[-1].end == len(document.text)


@pytest.mark.parametrize("name", ["bestaat-niet", "", "..", "../ask", "a/b?c#d", "\ud800"])
def test_a_document_that_is_not_there_is_an_error(name: str, asking: Client) -> None:
    with pytest.raises(ApiError) as caught:
        asking.document(name)
    assert caught.value.problem.status == 404


def test_an_error_tells_what_happened_and_what_to_do(asking: Client) -> None:
    with pytest.raises(ApiError) as caught:
        asking.ask(" ")
    problem = caught.value.problem
    assert problem.type == "urn:partnerschapsassistent:ongeldige-aanvraag"
    assert str(caught.value) == (
        "/v1/ask ended in status 422 (De aanvraag is ongeldig: De vraag is leeg. Typ een vraag.) "
        f"Correct the request. Request id: {problem.request_id}."
    )


def test_a_stream_of_an_invalid_question_is_the_same_error(asking: Client) -> None:
    with pytest.raises(ApiError, match="De vraag is leeg"):
        next(asking.stream(" "))


@pytest.mark.parametrize("k", [0, 51])
def test_a_search_that_is_refused_names_the_field(k: int, asking: Client) -> None:
    with pytest.raises(ApiError, match=r"query\.k"):
        asking.search("x", k)


def test_half_a_surrogate_pair_can_be_sent(asking: Client) -> None:
    assert asking.ask("\ud800 stuurgroep?").status in Status
    assert len(asking.search("\ud800 stuurgroep", 2).results) == 2


def test_many_questions_come_in_order_and_one_failure_costs_no_other(asking: Client) -> None:
    no_model = AskIn(question=STEERING, answerer="llm")
    questions: list[str | AskIn] = [STEERING, " ", no_model, "x" * 2001, OFF_TOPIC]
    outcomes = list(asking.ask_many(questions, at_once=3))
    assert [index for index, _ in outcomes] == [0, 1, 2, 3, 4]
    first, empty, no_llm, long, last = (outcome for _, outcome in outcomes)
    assert isinstance(first, Answer)
    assert first.short_answer == "17 januari 2013"
    assert isinstance(last, Answer)
    assert last.status is Status.ABSTAINED
    for error in (empty, no_llm, long):
        assert isinstance(error, ApiError)
        assert error.problem.status == 422


def test_what_the_contract_does_not_allow_is_not_sent() -> None:
    with (
        Client(f"http://127.0.0.1:{free_port()}") as client,
        pytest.raises(InvalidRequest, match="history: List should have at most 50"),
    ):
        client.ask("x", [TurnIn(question="x")] * 51)


def test_a_search_that_no_url_can_hold_is_not_sent(asking: Client) -> None:
    with pytest.raises(InvalidRequest, match="Send a shorter text"):
        asking.search("x" * 100_000)


# Servers that misbehave


@dataclass
class Reply:
    """What a scripted server sends; ``None`` as status: it hangs up."""

    status: int | None = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


@dataclass
class Scripted:
    """A server that sends its replies one by one, the last one again and again."""

    replies: list[Reply]
    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return len(self.headers)


@contextmanager
def scripted(*replies: Reply) -> Iterator[Scripted]:
    script = Scripted(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = script.replies[min(script.requests, len(script.replies) - 1)]
            script.headers.append(dict(self.headers))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(reply.seconds)
            if reply.status is None:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        script.url = f"http://127.0.0.1:{other.server_port}"
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield script
        other.shutdown()


def problem(status: int) -> bytes:
    return (
        Problem(
            type="urn:x", title="Te druk", status=status, detail="x", instance="/", request_id=""
        )
        .model_dump_json()
        .encode()
    )


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_that_passes_is_waited_for(status: int) -> None:
    refused = Reply(status, problem(status), {"Retry-After": "1"})
    with scripted(refused, Reply()) as script, Client(script.url) as client:
        started = time.monotonic()
        assert client.documents() == []
        assert 1 <= time.monotonic() - started < 4
        assert script.requests == 2


def test_retries_end() -> None:
    with scripted(Reply(503, problem(503))) as script, Client(script.url, retries=2) as client:
        with pytest.raises(ApiError, match=r"Te druk: x\) Try again later"):
            client.ask("x")
        assert script.requests == 3


def test_a_stream_is_retried_until_it_begins() -> None:
    done = b'event: done\ndata: {"id": "x", "timings_ms": {}}\n\n'
    streamed = Reply(200, done, {"Content-Type": "text/event-stream"})
    refused = Reply(503, problem(503), {"Retry-After": "0"})
    with scripted(refused, streamed) as script, Client(script.url) as client:
        assert [type(event) for event in client.stream("x")] == [DoneEvent]
        assert script.requests == 2


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("3600", 3600), ("Wed, 01 Jan 2200 00:00:00 GMT", pytest.approx(5.4e9, rel=0.2))],
)
def test_a_wait_that_is_too_long_is_left_to_the_caller(retry_after: str, seconds: float) -> None:
    refused = Reply(429, problem(429), {"Retry-After": retry_after})
    with scripted(refused) as script, Client(script.url) as client:
        with pytest.raises(ApiError) as caught:
            client.documents()
        assert caught.value.retry_after == seconds
        assert script.requests == 1


@pytest.mark.parametrize("value", ["Wed, 01 Jan 2020 00:00:00 GMT", "soon", ""])
def test_a_past_or_unreadable_time_to_retry_does_not_stop_it(value: str) -> None:
    refused = Reply(503, b"", {"Retry-After": value})
    with scripted(refused, Reply()) as script, Client(script.url) as client:
        assert client.documents() == []


def test_another_error_is_not_retried() -> None:
    with scripted(Reply(500, b"<h1>Oeps</h1>")) as script, Client(script.url) as client:
        with pytest.raises(ApiError, match=r"<h1>Oeps</h1>\) Report it") as caught:
            client.documents()
        assert script.requests == 1
        assert caught.value.problem.type == "about:blank"


def test_a_broken_connection_is_made_again() -> None:
    with scripted(Reply(None), Reply()) as script, Client(script.url) as client:
        assert client.documents() == []
        assert script.requests == 2


def test_a_redirect_is_named() -> None:
    moved = Reply(308, b"", {"Location": "https://assistent.example/v1/documents"})
    with (
        scripted(moved) as script,
        Client(script.url) as client,
        pytest.raises(ApiError, match=r"https://assistent\.example.*URL that it redirects to"),
    ):
        client.documents()


def test_a_server_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with (
        Client(url, retries=1) as client,
        pytest.raises(ServerUnreachable, match=f"{url} does not answer .* start the server"),
    ):
        client.ask("x")


def test_many_questions_to_no_server_all_fail() -> None:
    with Client(f"http://127.0.0.1:{free_port()}", retries=0) as client:
        outcomes = [outcome for _, outcome in client.ask_many(["a", "b", "c"])]
    assert [type(outcome) for outcome in outcomes] == [ServerUnreachable] * 3


def test_silence_is_not_retried() -> None:
    with (
        scripted(Reply(seconds=1)) as script,
        Client(script.url, timeout=0.2) as client,
    ):
        with pytest.raises(ServerUnreachable, match="longer timeout"):
            client.ask("x")
        assert script.requests == 1


@pytest.mark.parametrize("url", ["localhost:7860", "", "http://[::1", "http://x:poort"])
def test_a_wrong_url_is_explained(url: str) -> None:
    with pytest.raises(ServerUnreachable, match="give the URL with http://"):
        Client(url).documents()


CALLS: list[Callable[[Client], Any]] = [
    lambda client: client.ask("x"),
    lambda client: client.search("x"),
    lambda client: client.ready(),
    lambda client: list(client.stream("x")),
]


@pytest.mark.parametrize("call", CALLS, ids=["ask", "search", "ready", "stream"])
def test_a_server_that_is_no_assistant_is_named(call: Callable[[Client], Any]) -> None:
    with (
        scripted(Reply(200, b"<html>Welkom</html>")) as script,
        Client(script.url) as client,
        pytest.raises(UnexpectedResponse, match="does not speak this API"),
    ):
        call(client)


def streaming(body: bytes) -> AbstractContextManager[Scripted]:
    return scripted(Reply(200, body, {"Content-Type": "text/event-stream"}))


def test_an_error_within_a_stream_is_raised() -> None:
    body = b"event: nieuws\ndata: 1\n\nevent: error\ndata: " + problem(503) + b"\n\n"
    with (
        streaming(body) as script,
        Client(script.url) as client,
        pytest.raises(ApiError, match="Te druk"),
    ):
        list(client.stream("x"))


def test_a_stream_that_breaks_off_is_an_error() -> None:
    evidence = b'event: evidence\ndata: {"evidence": [], "confidence": 0}\n\n'
    with streaming(evidence) as script, Client(script.url) as client:
        stream = client.stream("x")
        assert isinstance(next(stream), EvidenceEvent)
        with pytest.raises(ServerUnreachable, match="broke off"):
            next(stream)


def test_a_server_that_starts_is_not_ready() -> None:
    body = json.dumps({"status": "starting", "detail": "Even geduld."}).encode()
    with scripted(Reply(503, body)) as script, Client(script.url) as client:
        assert client.ready().status == "starting"
        assert script.requests == 1


def test_an_error_can_go_to_another_process() -> None:
    error = ApiError(Problem.model_validate_json(problem(429)), 3.0)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  made here
    assert (copy.problem, copy.retry_after, str(copy)) == (error.problem, 3.0, str(error))
    assert isinstance(copy, ClientError)


# The key


def test_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "van-omgeving")
    with scripted(Reply()) as script:
        for given in ("geheim\n", None, ""):
            with Client(script.url, given) as client:
                client.documents()
        sent = [headers.get("Authorization") for headers in script.headers]
    assert sent == ["Bearer geheim", "Bearer van-omgeving", None]


@pytest.mark.parametrize("key", ["gehéim", "a\nb"])
def test_a_key_that_cannot_be_one_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        Client("http://127.0.0.1", key)
    assert key not in str(caught.value)


def test_importing_the_client_loads_nothing_heavy() -> None:
    code = "import sys, assistant.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert loaded.isdisjoint(HEAVY.split())
