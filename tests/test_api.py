"""The HTTP contract: the answer object, verbatim quotes, and Dutch problems for bad requests."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from assistant import wording
from assistant.answering import Assistant
from assistant.api import create_app
from assistant.server import build_app
from assistant.service import Service
from assistant.settings import Settings

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
DOCUMENT = "antwoord-excellente-partnerschappen"
JSON = {"Content-Type": "application/json"}


def assert_problem(response: Response, status: int) -> dict[str, Any]:
    """A problem details response with a Dutch explanation; never an error of the server."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert problem["status"] == status
    assert problem["title"] in wording.PROBLEMS.values()
    assert problem["detail"]
    english = r"(?i)\b(the|error|input|field|should|must|not found|required|valid)\b"
    assert not re.search(english, problem["detail"])
    return problem


def post(client: TestClient, body: dict[str, Any]) -> Response:
    """Send a question as ASCII, so that half a surrogate pair can be sent too."""
    return client.post("/v1/ask", content=json.dumps(body), headers=JSON)


def ask(client: TestClient, **body: Any) -> dict[str, Any]:
    response = post(client, {"question": STEERING, **body})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


# Asking


def test_the_answer_object_has_the_shape_of_the_contract(client: TestClient) -> None:
    answer = ask(client)
    assert set(answer) == {
        "id",
        "question",
        "standalone_question",
        "status",
        "answer",
        "short_answer",
        "confidence",
        "citations",
        "related",
        "answerer",
        "timings_ms",
    }
    assert set(answer["timings_ms"]) == {"retrieve", "read", "total"}
    assert (answer["status"], answer["answerer"]) == ("answered", "extractive")
    assert (answer["short_answer"], answer["related"]) == ("17 januari 2013", [])
    assert 0.65 <= answer["confidence"] <= 1


def test_a_citation_has_the_shape_of_the_contract(client: TestClient) -> None:
    citation = ask(client)["citations"][0]
    assert set(citation) == {
        "marker",
        "document",
        "title",
        "version",
        "section",
        "quote",
        "start",
        "end",
        "url",
    }
    assert citation["marker"] == 1
    assert (citation["document"], citation["section"]) == (DOCUMENT, "Antwoord 6")
    assert citation["quote"] == "De laatste stuurgroep dateert van 17 januari 2013."
    assert citation["version"].startswith("sha256:")
    assert client.get(citation["url"]).status_code == 200


@pytest.mark.parametrize("question", [STEERING, *wording.EXAMPLES[1:], "Wie won de Tour?"])
def test_every_quote_is_verbatim_in_the_document_of_the_api(
    question: str, client: TestClient
) -> None:
    answer = ask(client, question=question)
    quotes = [*answer["citations"], *answer["related"]]
    assert quotes
    for quoted in quotes:
        document = client.get(f"/v1/documents/{quoted['document']}").json()
        assert document["text"][quoted["start"] : quoted["end"]] == quoted["quote"]
        assert document["version"] == quoted["version"]


def test_an_abstention_is_a_good_response(client: TestClient) -> None:
    answer = ask(client, question="Wat is de hoofdstad van Peru?")
    assert (answer["status"], answer["citations"]) == ("abstained", [])
    assert answer["related"]


def test_history_and_filters_are_used(client: TestClient) -> None:
    history = [{"question": "Wie is voorzitter van het Partnerschap Duaal Leren?", "answer": "x"}]
    answer = ask(client, question="En wie was de eerste?", history=history)
    assert "Duaal Leren" in answer["standalone_question"]
    filtered = ask(client, filters={"parties": ["VVSG"], "date_from": "2018-01-01"})
    used = [*filtered["citations"], *filtered["related"]]
    assert {quoted["document"] for quoted in used} == {"overeenkomst-vdab-vvsg-2017"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b'{"question": "x",}', "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"vraag"', "body"),
        (b"{}", "question"),
        (b'{"question": null}', "question"),
        (b'{"question": 5}', "question"),
        (b'{"question": ["x"]}', "question"),
        (b'{"question": "x", "vraag": "y"}', "vraag"),
        (b'{"question": "x", "history": {}}', "history"),
        (b'{"question": "x", "history": ["y"]}', "history.0"),
        (b'{"question": "x", "history": [{"answer": "y"}]}', "history.0.question"),
        (b'{"question": "x", "filters": []}', "filters"),
        (b'{"question": "x", "filters": {"documents": "y"}}', "filters.documents"),
        (b'{"question": "x", "filters": {"date_from": "gisteren"}}', "filters.date_from"),
        (b'{"question": "x", "filters": {"date_to": "2020-02-30"}}', "filters.date_to"),
        (b'{"question": "x", "answerer": "gpt"}', "answerer"),
        (b'{"question": "x", "\\ud800": 1}', "body"),
    ],
)
def test_a_bad_body_is_a_problem_that_names_the_field(
    body: bytes, field: str, client: TestClient
) -> None:
    response = client.post("/v1/ask", content=body, headers=JSON)
    assert response.status_code in (400, 422)
    assert field in assert_problem(response, response.status_code)["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"question": ""}, "leeg"),
        ({"question": "\u200b \n"}, "leeg"),
        ({"question": "x" * 10_000}, "2000"),
        ({"question": "x", "filters": {"documents": ["bestaat-niet"]}}, "bestaat-niet"),
        ({"question": "x", "filters": {"kinds": ["<script>"]}}, "Kies uit"),
        ({"question": "x", "filters": {"parties": ["\ud800"]}}, "parties: ?"),
        ({"question": "x", "answerer": "llm"}, "taalmodel"),
        (
            {"question": "x", "filters": {"date_from": "2020-01-02", "date_to": "2020-01-01"}},
            "date_from",
        ),
    ],
)
def test_an_unusable_question_is_a_problem_that_says_why(
    body: dict[str, Any], detail: str, client: TestClient
) -> None:
    response = post(client, body)
    assert detail in assert_problem(response, 422)["detail"]


@pytest.mark.parametrize("question", ["😀", "\x00 stuurgroep \x07", "<b>&</b>", "\ud800 wat?"])
def test_an_odd_question_gets_an_answer_object(question: str, client: TestClient) -> None:
    assert ask(client, question=question)["status"] in ("answered", "partial", "abstained")


def test_a_body_that_is_not_sent_as_json_is_a_problem(client: TestClient) -> None:
    headers = {"Content-Type": "text/plain"}
    assert_problem(client.post("/v1/ask", content=b'{"question": "x"}', headers=headers), 422)


# Searching


def test_search_gives_verbatim_passages_with_their_ranks(
    client: TestClient, assistant: Assistant
) -> None:
    found = client.get("/v1/search", params={"q": STEERING, "k": 3}).json()
    assert found["query"] == STEERING
    assert len(found["results"]) == 3
    for hit in found["results"]:
        text = assistant.documents[hit["document"]].text
        assert text[hit["start"] : hit["end"]] == hit["quote"]
        assert hit["dense_rank"] or hit["lexical_rank"]
    scores = [hit["score"] for hit in found["results"]]
    assert scores == sorted(scores, reverse=True)


def test_search_takes_filters(client: TestClient) -> None:
    params = {"q": "overeenkomst", "k": 50, "kind": ["antwoord", "toelichting"]}
    results = client.get("/v1/search", params=params).json()["results"]
    found = {hit["document"] for hit in results}
    assert found == {
        "antwoord-3voor1-okot-stem",
        DOCUMENT,
        "vlaams-partnerschap-duaal-leren",
    }


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "x" * 10_000},
        {"q": "x", "k": 0},
        {"q": "x", "k": 51},
        {"q": "x", "k": "veel"},
        {"q": "x", "party": "niemand"},
        {"q": "x", "date_from": "ooit"},
        {"q": "x", "date_from": "2020-01-02", "date_to": "2020-01-01"},
    ],
)
def test_a_bad_search_is_a_problem(params: dict[str, Any], client: TestClient) -> None:
    assert_problem(client.get("/v1/search", params=params), 422)


# Documents


def test_all_documents_are_listed_without_their_text(
    client: TestClient, assistant: Assistant
) -> None:
    listed = client.get("/v1/documents").json()
    assert [item["id"] for item in listed] == list(assistant.documents)
    assert all("text" not in item and item["title"] for item in listed)
    assert all(client.get(item["url"]).status_code == 200 for item in listed)


def test_a_document_has_its_text_and_sections(client: TestClient, assistant: Assistant) -> None:
    found = client.get(f"/v1/documents/{DOCUMENT}").json()
    assert found["text"] == assistant.documents[DOCUMENT].text
    assert found["kind"] == "antwoord"
    assert [section["name"] for section in found["sections"]][5] == "Antwoord 6"
    assert found["sections"][-1]["end"] == len(found["text"])


@pytest.mark.parametrize("prefix", ["/v1/documents/", "/documents/"])
@pytest.mark.parametrize(
    "name",
    [
        "bestaat-niet",
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "%2e%2e%5cgeheim",
        "....//....//etc/passwd",
        "%00",
        "%ff%fe",
        "<script>alert(1)</script>",
        f"{DOCUMENT}.txt",
        DOCUMENT.upper(),
        "x" * 3000,
    ],
)
def test_a_document_that_is_not_there_is_not_found(
    prefix: str, name: str, client: TestClient
) -> None:
    assert_problem(client.get(prefix + name), 404)


@pytest.mark.parametrize("quote", ["x", "1", "1-", "-1-5", "1-2-3", "9" * 20 + "-1"])
def test_offsets_in_another_form_are_a_problem(quote: str, client: TestClient) -> None:
    assert_problem(client.get(f"/documents/{DOCUMENT}", params={"citaat": quote}), 422)


# Everything else


def test_an_unknown_page_is_not_found(client: TestClient) -> None:
    assert_problem(client.get("/v2/vraag"), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE", "VERZONNEN"])
def test_another_method_is_a_problem(method: str, client: TestClient) -> None:
    response = client.request(method, "/v1/ask")
    assert_problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_the_process_lives_and_is_ready(client: TestClient) -> None:
    ask(client)
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "detail": ""})


def test_the_api_describes_itself(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/ask", "/v1/search", "/v1/documents", "/v1/documents/{document}"} <= set(paths)


def test_before_the_first_question_it_is_starting(settings: Settings) -> None:
    response = TestClient(create_app(Service(settings))).get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "starting")


def test_a_failure_to_load_is_not_called_starting(settings: Settings) -> None:
    service = Service(settings.model_copy(update={"reader": "/nergens/model"}))
    service.live.load()
    response = TestClient(create_app(service)).get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "detail": wording.NOT_LOADED}


@pytest.fixture
def without_index(tmp_path: Path) -> TestClient:
    service = Service(Settings(corpus=tmp_path, index=tmp_path / "index"))
    return TestClient(create_app(service), raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/v1/search?q=x", "/v1/documents", "/v1/documents/x"])
def test_without_an_index_it_says_when_to_retry(path: str, without_index: TestClient) -> None:
    response = without_index.get(path)
    assert assert_problem(response, 503)["detail"] == wording.INDEX_MISSING
    assert int(response.headers["retry-after"]) > 0


def test_without_an_index_a_question_is_not_answered(without_index: TestClient) -> None:
    response = without_index.post("/v1/ask", json={"question": STEERING})
    assert assert_problem(response, 503)["detail"] == wording.INDEX_MISSING


def test_without_an_index_it_lives_but_is_not_ready(without_index: TestClient) -> None:
    assert without_index.get("/healthz").status_code == 200
    ready = without_index.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")


@pytest.fixture(scope="module")
def served(settings: Settings) -> TestClient:
    """The whole app, with the chat mounted at ``/``."""
    return TestClient(build_app(settings), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/ask", 405),
        ("DELETE", "/v1/documents", 405),
        ("TRACE", "/v1/documents", 405),
        ("POST", "/readyz", 405),
        ("VERZONNEN", "/metrics", 405),
        ("PUT", "/documents", 405),
        ("GET", "/v1/nergens", 404),
        ("GET", "/v1", 404),
        ("GET", "/documents/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/documents/nergens", 404),
    ],
)
def test_the_chat_does_not_swallow_wrong_requests(
    method: str, path: str, status: int, served: TestClient
) -> None:
    assert_problem(served.request(method, path), status)


def test_nobody_can_upload_a_file(served: TestClient) -> None:
    response = served.post("/gradio_api/upload", files={"files": ("a.txt", b"x" * 100)})
    assert response.status_code >= 400


def test_a_filter_is_compared_without_case(client: TestClient) -> None:
    body = {"question": "Welke opzegtermijn geldt?", "filters": {"parties": ["vvsg"]}}
    answer = client.post("/v1/ask", json=body).json()
    cited = {quote["document"] for quote in (*answer["citations"], *answer["related"])}
    assert cited == {"overeenkomst-vdab-vvsg-2017"}


def test_the_time_for_one_long_word_grows_with_its_length_not_with_its_square(
    client: TestClient,
) -> None:
    def milliseconds(length: int) -> float:
        answer = client.post("/v1/ask", json={"question": "b" * length}).json()
        assert answer["status"] == "abstained"
        return float(answer["timings_ms"]["total"])

    short, long = (min(milliseconds(length) for _ in range(3)) for length in (200, 1999))
    assert long < 30 * short
