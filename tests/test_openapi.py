"""The written contract: complete, valid, true, and changed only on purpose."""

import difflib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from assistant import problems, wording
from assistant.answering import Assistant
from assistant.api import contract_text, create_app
from assistant.api_keys import Right, new_key, write_keys
from assistant.contract import API_VERSION
from assistant.description import as_text
from assistant.openai_contract import MODEL
from assistant.service import Service
from assistant.settings import Settings
from conftest import ROOT, ClientWith

FILE = ROOT / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(contract_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, Any] = {
    operation["operationId"]: operation | {"method": method, "path": path}
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
EXAMPLES: dict[str, Any] = json.loads(
    (ROOT / "src" / "assistant" / "examples.json").read_text(encoding="utf-8")
)
REPLAYED = [
    (operation, name)
    for operation, examples in EXAMPLES.items()
    for name, example in examples.items()
    if operation != "getMetrics" and "status" not in example
]
CHANGES = {"id", "created", "timings_ms", "confidence", "score"}
"""Fields in which two runs or two machines may differ."""

HOST = "https://assistent.example"
"""Where the examples were given."""

STREAM = "text/event-stream"
QUESTION = b'{"question": "x"}'
COMPLETION = b'{"model": "%s", "messages": [{"role": "user", "content": "x"}]}'
GOOD = {"ask": QUESTION, "createChatCompletion": COMPLETION % MODEL.encode()}
BAD = {400: b"{", 413: b'"' + b"x" * 1_000_001 + b'"', 404: COMPLETION % b"x"}


# The file


def flat(value: Any, path: str = "") -> Iterator[str]:
    """A line for each value of a document, with the whole path to it."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{path} › {key}" if path else key)
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from flat(inner, f"{path}[{at}]")
    else:
        yield f"{path} = {json.dumps(value, ensure_ascii=False)}"


def test_the_contract_changes_only_on_purpose() -> None:
    kept = FILE.read_text(encoding="utf-8")
    if kept == contract_text():
        return
    old, new = sorted(flat(json.loads(kept))), sorted(flat(DOCUMENT))
    changes = list(difflib.unified_diff(old, new, "docs/openapi.json", "the app", lineterm="", n=0))
    shown = "\n".join(line for line in changes if not line.startswith("@@"))
    pytest.fail(
        "The API differs from docs/openapi.json. Undo that; or, if it is meant, set API_VERSION in "
        "contract.py as CONTRIBUTING.md says, run `make openapi` and tell clients in CHANGELOG.md."
        f"\n{shown or 'Only the order differs.'}",
        pytrace=False,
    )


def test_the_changelog_knows_the_version() -> None:
    assert f"API {API_VERSION}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_server_gives_the_same_document(client: TestClient) -> None:
    assert as_text(client.get("/openapi.json").json()) == contract_text()


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


# Complete


def test_every_schema_and_field_is_described() -> None:
    described = {name: schema["description"] for name, schema in SCHEMAS.items()}
    assert described == wording.SCHEMAS
    fields = {
        f"{name}.{field}": described["description"]
        for name, schema in SCHEMAS.items()
        for field, described in schema.get("properties", {}).items()
    }
    assert [field for field, text in fields.items() if not text] == []
    known = fields.keys() | {field.split(".")[1] for field in fields}
    assert [field for field in wording.FIELDS if field not in known] == []


def test_no_schema_is_left_of_the_framework() -> None:
    assert not {"HTTPValidationError", "ValidationError"} & SCHEMAS.keys()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_every_operation_is_described(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= wording.TAGS.keys()
    assert all(parameter["description"] for parameter in operation.get("parameters", ()))
    good = operation["responses"]["200"]
    assert good["description"] != "Successful Response"
    assert "X-Request-ID" in good["headers"]
    for media_type, content in good["content"].items():
        assert content["examples"], media_type
    if "requestBody" in operation:
        assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_an_answer_is_shown_for_every_status() -> None:
    shown = OPERATIONS["ask"]["responses"]["200"]["content"]["application/json"]["examples"]
    assert {example["value"]["status"] for example in shown.values()} == set(
        SCHEMAS["Status"]["enum"]
    )


def test_the_example_of_the_metrics_is_of_real_metrics(client: TestClient) -> None:
    shown = EXAMPLES["getMetrics"]["stand"]["response"]
    told = client.get("/metrics").text.splitlines()
    assert {line for line in shown.splitlines() if line.startswith("#")} <= set(told)


# True


def assert_fits(value: Any, schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema | {"components": DOCUMENT["components"]})
    assert [error.message for error in validator.iter_errors(value)] == []


def response_of(operation: str, status: int) -> dict[str, Any]:
    described: dict[str, Any] = OPERATIONS[operation]["responses"][str(status)]
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        described = DOCUMENT["components"]["responses"][name]
    return described


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_example_fits_its_schema(operation: str) -> None:
    for status in OPERATIONS[operation]["responses"]:
        for media_type, content in response_of(operation, int(status))["content"].items():
            if media_type == STREAM:  # its schema is that of one event
                continue
            for example in content.get("examples", {}).values():
                assert_fits(example["value"], content["schema"])
                if media_type.endswith("problem+json"):
                    assert example["value"]["status"] == int(status)


@pytest.mark.parametrize("operation", ["ask", "createChatCompletion"])
def test_every_event_fits_its_schema(operation: str) -> None:
    described = response_of(operation, 200)["content"][STREAM]["schema"]["anyOf"]
    events = [event for e in EXAMPLES[operation].values() for event in e.get("events", ())]
    assert len(events) > 3
    for event in events:
        assert any(is_event(event, alternative) for alternative in described), event


def is_event(event: dict[str, Any], schema: dict[str, Any]) -> bool:
    named, data = schema["properties"].get("event", {}), schema["properties"]["data"]
    if named.get("const") != event.get("event"):
        return False
    wanted = data.get("contentSchema", data) | {"components": DOCUMENT["components"]}
    return Draft202012Validator(wanted).is_valid(event["data"])


def test_every_quote_is_verbatim(assistant: Assistant) -> None:
    quotes = list(quoted(EXAMPLES))
    assert len(quotes) > 10
    for quote in quotes:
        document = assistant.documents[quote["document"]]
        assert document.text[quote["start"] : quote["end"]] == quote["quote"]
        assert document.version == quote["version"]


def quoted(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "quote" in value:
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from quoted(inner)


@pytest.mark.parametrize(("operation", "name"), REPLAYED)
def test_the_assistant_does_what_the_example_shows(
    operation: str, name: str, client: TestClient
) -> None:
    client.get("/v1/documents")  # from then on it is ready
    example = EXAMPLES[operation][name]
    described = OPERATIONS[operation]
    request = {
        "method": described["method"],
        "url": described["path"].format(**example.get("path", {})),
        "params": example.get("query"),
        "json": example.get("request"),
    }
    if "response" in example:
        response = client.request(**request)
        assert kept(response.json()) == kept(example["response"])
    if "events" in example:
        response = client.request(**request, headers={"Accept": STREAM})
        assert [kept(e) for e in events_of(response)] == [kept(e) for e in example["events"]]


def events_of(response: Response) -> Iterator[dict[str, Any]]:
    assert response.headers["content-type"].startswith(STREAM)
    for block in response.text.strip().split("\n\n"):
        event: dict[str, Any] = dict(line.split(": ", 1) for line in block.splitlines())
        if event["data"] != "[DONE]":
            event["data"] = json.loads(event["data"])
        if event.get("event") == "retrieval":  # an example of one passage says it all
            del event["data"]["passages"][1:]
        yield event


def kept(value: Any) -> Any:
    """What does not depend on the moment, the machine or the name of the host."""
    if isinstance(value, dict):
        return {key: kept(inner) for key, inner in value.items() if key not in CHANGES}
    if isinstance(value, list):
        return [kept(inner) for inner in value]
    return value.replace("http://testserver", HOST) if isinstance(value, str) else value


# Problems


Provoke = Callable[[str, int], Response]


@pytest.fixture
def provoke(settings: Settings, client_with: ClientWith, tmp_path: Path) -> Provoke:
    """Sends an operation a request that ends in a status."""
    secret, key = new_key("zoeker", [Right.SEARCH], "1/hour")
    write_keys(tmp_path / "keys.json", [key])
    without_index = Service(settings.model_copy(update={"index": tmp_path}))

    def send(operation: str, status: int) -> Response:
        if status == 503:
            client = TestClient(create_app(without_index), raise_server_exceptions=False)
        else:
            is_guarded = status in (401, 403, 429)
            client = client_with(keys=tmp_path / "keys.json" if is_guarded else None)
        described = OPERATIONS[operation]
        path = described["path"].format(document="bestaat-niet", model="bestaat-niet")
        body = GOOD.get(operation) if status == 503 else BAD.get(status, b"{}")
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {secret}"} if status in (403, 429) else {}
        for _ in range(2 if status == 429 else 1):
            response = client.request(described["method"], path, content=body, headers=headers)
        return response

    return send


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        *[("ask", status) for status in (400, 401, 403, 413, 422, 503)],
        *[("createChatCompletion", status) for status in (400, 401, 403, 404, 413, 503)],
        *[("listDocuments", status) for status in (401, 429, 503)],
        ("getDocument", 404),
        ("getModel", 404),
        ("getMetrics", 403),
    ],
)
def test_a_problem_is_as_described(operation: str, status: int, provoke: Provoke) -> None:
    response = provoke(operation, status)
    described = response_of(operation, status)
    assert response.status_code == status, response.text
    [(media_type, content)] = described["content"].items()
    assert response.headers["content-type"] == media_type
    assert all(name in response.headers for name in described["headers"])
    assert_fits(response.json(), content["schema"])
    assert sort_of(response.json()) in {
        sort_of(example["value"]) for example in content["examples"].values()
    }


def sort_of(problem: dict[str, Any]) -> str:
    sort: str = problem["error"]["code"] if "error" in problem else problem["type"]
    return sort


def test_an_unexpected_error_is_as_described(settings: Settings) -> None:
    app = create_app(Service(settings))
    app.get("/stuk")(lambda: 1 / 0)
    client = TestClient(app, raise_server_exceptions=False)
    response = client.get("/stuk", headers={"X-Request-ID": "stuk-1"})
    described = response_of("ask", 500)
    assert response.status_code == 500
    assert response.headers["x-request-id"] == response.json()["request_id"] == "stuk-1"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert_fits(response.json(), described["content"][problems.MEDIA_TYPE]["schema"])


def test_a_body_that_is_too_large_only_when_read_is_as_described(client: TestClient) -> None:
    pieces = iter([b'{"question": "', b"x" * 1_000_001, b'"}'])
    response = client.post("/v1/ask", content=pieces)
    assert "content-length" not in response.request.headers
    assert (response.status_code, response.json()["detail"]) == (413, wording.TOO_LARGE)
