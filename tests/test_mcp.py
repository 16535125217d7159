"""MCP, with the official client: over stdio and HTTP, in the present protocol and the older."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import (
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    ReadResourceResult,
    TextContent,
    TextResourceContents,
)
from pydantic import ValidationError

from assistant import wording
from assistant.answering import Assistant
from assistant.api import create_app
from assistant.contract import FullDocumentOut
from assistant.documents import Answer
from assistant.mcp_server import DocumentServer
from assistant.service import Service
from assistant.settings import Settings
from conftest import ROOT

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
DOCUMENT = "antwoord-excellente-partnerschappen"
HOSTILE = "../../etc/passwd"
TURN = {"question": "Wie is voorzitter van het Partnerschap Duaal Leren?", "answer": "x"}

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "answered": ("ask", {"question": STEERING}),
    "follow-up": ("ask", {"question": "En wie was de eerste?", "history": [TURN]}),
    "filtered": ("ask", {"question": STEERING, "filters": {"parties": ["VVSG"]}}),
    "filters as text": ("ask", {"question": STEERING, "filters": '{"parties": ["VVSG"]}'}),
    "abstained": ("ask", {"question": "Wat is de hoofdstad van Peru?"}),
    "search": ("search", {"query": STEERING, "k": 3}),
    "document": ("get_document", {"id": DOCUMENT}),
    "empty": ("ask", {"question": "\u200b "}),
    "no question": ("ask", {}),
    "unknown argument": ("ask", {"question": STEERING, "parties": ["VVSG"]}),
    "unknown filter": ("ask", {"question": STEERING, "filters": {"parties": ["niemand"]}}),
    "wrong turn": ("ask", {"question": STEERING, "history": [{"vraag": "x"}]}),
    "wrong k": ("search", {"query": STEERING, "k": 51}),
    "unknown document": ("get_document", {"id": "bestaat-niet"}),
    "hostile document": ("get_document", {"id": HOSTILE}),
    "unknown tool": ("verwijder", {}),
}
READS = {
    "document": f"document://{DOCUMENT}",
    "unknown": "document://bestaat-niet",
    "hostile": f"document://{HOSTILE}",
    "hidden": "document://..%2f..%2fetc%2fpasswd",
    "absolute": "document://%2fetc%2fpasswd",
    "null byte": f"document://{DOCUMENT}%00",
    "file": "file:///etc/passwd",
}


@dataclass(frozen=True)
class Session:
    """What a server said to one client."""

    instructions: str | None
    tools: ListToolsResult
    resources: ListResourcesResult
    templates: ListResourceTemplatesResult
    called: dict[str, CallToolResult]
    read: dict[str, ReadResourceResult | MCPError]

    def structured(self, call: str) -> dict[str, Any]:
        """The structured content of a call that went well."""
        result = self.called[call]
        assert not result.is_error, text_of(result)
        assert isinstance(result.structured_content, dict)
        return result.structured_content

    def answer(self, call: str) -> Answer:
        """The answer object of a call."""
        return Answer.model_validate(self.structured(call))


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def attempt(client: Client, uri: str) -> ReadResourceResult | MCPError:
    try:
        return await client.read_resource(uri)
    except MCPError as error:
        return error


async def converse(client: Client) -> Session:
    async with client:
        return Session(
            client.instructions,
            await client.list_tools(),
            await client.list_resources(),
            await client.list_resource_templates(),
            {name: await client.call_tool(*call) for name, call in CALLS.items()},
            {name: await attempt(client, uri) for name, uri in READS.items()},
        )


def environment(settings: Settings) -> dict[str, str]:
    places = {"ASSISTANT_CORPUS": str(settings.corpus), "ASSISTANT_INDEX": str(settings.index)}
    return os.environ | places


COMMAND = ("-m", "assistant.cli", "mcp")


@pytest.fixture(scope="module", params=["stdio", "http", "http, older protocol"])
def session(request: pytest.FixtureRequest, settings: Settings) -> Session:
    """One session over each transport; the tests below look at what came of it."""
    if request.param == "stdio":
        command = StdioServerParameters(
            command=sys.executable, args=list(COMMAND), env=environment(settings), cwd=ROOT
        )
        return anyio.run(converse, Client(command))
    mode = "auto" if request.param == "http" else "legacy"
    return anyio.run(converse, Client(request.getfixturevalue("server") + "/mcp", mode=mode))


def test_the_tools_say_in_dutch_what_a_model_must_know(session: Session) -> None:
    described = {tool.name: tool.description or "" for tool in session.tools.tools}
    assert set(described) == {"ask", "search", "get_document"}
    assert "citaat is woordelijk" in described["ask"]
    assert "onthouding is een uitkomst om door te geven, niet om aan te vullen" in described["ask"]
    assert session.instructions == wording.MCP_INSTRUCTIONS


def test_the_tools_declare_their_output_and_that_they_only_read(session: Session) -> None:
    tools = {tool.name: tool for tool in session.tools.tools}
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
    output = tools["ask"].output_schema
    assert output is not None
    assert set(output["properties"]) == set(Answer.model_fields)
    assert set(tools["ask"].input_schema["properties"]) == {"question", "history", "filters"}


def test_an_answer_is_cited_verbatim(session: Session, assistant: Assistant) -> None:
    answer = session.answer("answered")
    assert (answer.status, answer.short_answer) == ("answered", "17 januari 2013")
    assert answer.citations
    for citation in answer.citations:
        text = assistant.documents[citation.document].text
        assert text[citation.start : citation.end] == citation.quote


def test_the_text_of_an_answer_numbers_its_sources(session: Session) -> None:
    status, answer, sources, first = text_of(session.called["answered"]).splitlines()
    assert status == wording.STATUS_LABELS["answered"]
    assert answer.endswith("“De laatste stuurgroep dateert van 17 januari 2013.” [1]")
    assert sources == f"{wording.SOURCES}:"
    assert first.startswith("[1] ")
    assert first.endswith(f" — Antwoord 6 (document://{DOCUMENT})")


def test_a_follow_up_uses_the_history(session: Session) -> None:
    answer = session.answer("follow-up")
    assert "Duaal Leren" in answer.standalone_question
    understood = wording.UNDERSTOOD_AS.format(question=answer.standalone_question)
    assert understood in text_of(session.called["follow-up"])


@pytest.mark.parametrize("call", ["filtered", "filters as text"])
def test_filters_hold(call: str, session: Session) -> None:
    answer = session.answer(call)
    used = {quoted.document for quoted in (*answer.citations, *answer.related)}
    assert used == {"overeenkomst-vdab-vvsg-2017"}


def test_an_abstention_is_a_result_and_not_an_error(session: Session) -> None:
    answer = session.answer("abstained")
    assert (answer.status, answer.citations) == ("abstained", ())
    text = text_of(session.called["abstained"])
    assert text.startswith(f"{wording.STATUS_LABELS['abstained']}\n{wording.ABSTAINED}")
    assert text.split(wording.RELATED)[1].count("document://") == len(answer.related) > 0


def test_search_finds_verbatim_passages(session: Session, assistant: Assistant) -> None:
    found = session.structured("search")
    assert found["query"] == STEERING
    assert len(found["results"]) == 3
    for hit in found["results"]:
        text = assistant.documents[hit["document"]].text
        assert text[hit["start"] : hit["end"]] == hit["quote"]


def test_a_document_comes_whole(session: Session, assistant: Assistant) -> None:
    expected = FullDocumentOut.of(assistant.documents[DOCUMENT])
    assert FullDocumentOut.model_validate(session.structured("document")) == expected
    assert json.loads(text_of(session.called["document"])) == session.structured("document")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("empty", wording.EMPTY_QUESTION),
        ("no question", f"question: {wording.MISSING_FIELD}"),
        ("unknown argument", f"parties: {wording.UNKNOWN_FIELD}"),
        ("unknown filter", "Onbekende waarde voor het filter parties: niemand."),
        ("wrong turn", f"history.0.question: {wording.MISSING_FIELD}"),
        ("wrong k", f"k: {wording.INVALID_VALUE}"),
        ("unknown document", wording.MCP_UNKNOWN_DOCUMENT.format(document="bestaat-niet")),
        ("hostile document", wording.MCP_UNKNOWN_DOCUMENT.format(document=HOSTILE)),
        ("unknown tool", "Er is geen tool met de naam ‘verwijder’."),
    ],
)
def test_what_goes_wrong_is_a_tool_error_in_dutch(call: str, said: str, session: Session) -> None:
    result = session.called[call]
    assert result.is_error
    assert text_of(result).startswith(said)
    assert result.structured_content is None


def test_every_document_is_listed_as_a_resource(session: Session, assistant: Assistant) -> None:
    listed = {
        (resource.uri, resource.title, resource.mime_type)
        for resource in session.resources.resources
    }
    assert listed == {
        (f"document://{document.id}", document.metadata.title, "text/plain")
        for document in assistant.documents.values()
    }
    (template,) = session.templates.resource_templates
    assert (template.uri_template, template.mime_type) == ("document://{id}", "text/plain")


def test_a_resource_is_the_text_of_the_document(session: Session, assistant: Assistant) -> None:
    read = session.read["document"]
    assert isinstance(read, ReadResourceResult)
    (content,) = read.contents
    assert isinstance(content, TextResourceContents)
    assert (content.text, content.mime_type) == (assistant.documents[DOCUMENT].text, "text/plain")


@pytest.mark.parametrize("uri", [name for name in READS if name != "document"])
def test_nothing_else_can_be_read(uri: str, session: Session) -> None:
    error = session.read[uri]
    assert isinstance(error, MCPError)
    assert error.message.startswith("Er is geen document met de naam")


# Standard input and output


def speak(env: dict[str, str], *messages: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """What `assistant mcp` writes to a client that leaves after the answer to the last id.

    Gives its messages, which must each be a line of JSON, and its exit status.
    """
    lines = "".join(json.dumps({"jsonrpc": "2.0", **message}) + "\n" for message in messages)
    last = max(message.get("id", 0) for message in messages)
    spoken: list[dict[str, Any]] = []
    with subprocess.Popen(
        [sys.executable, *COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(lines)
        process.stdin.flush()
        while not spoken or spoken[-1].get("id") != last:
            spoken.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        spoken += [json.loads(line) for line in process.stdout]
    return spoken, process.returncode


def calling(tool: str, **arguments: Any) -> dict[str, Any]:
    return {
        "id": 2,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }


INITIALIZE = {
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "proef", "version": "1"},
    },
}
INITIALIZED = {"method": "notifications/initialized"}


def test_standard_output_carries_only_the_protocol(settings: Settings) -> None:
    env = environment(settings) | {"ASSISTANT_LOG_LEVEL": "debug"}
    messages, status = speak(
        env, INITIALIZE, INITIALIZED, {"x": 1}, {"id": 2, "method": "tools/list"}
    )
    assert {message["jsonrpc"] for message in messages} == {"2.0"}
    assert {1, 2} <= {message.get("id") for message in messages}
    assert status == 0


# Trouble


@pytest.fixture
def without_index(settings: Settings, tmp_path: Any) -> DocumentServer:
    return DocumentServer(Service(settings.model_copy(update={"index": tmp_path / "index"})))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_without_an_index_every_request_says_so(mode: str, without_index: DocumentServer) -> None:
    async def converse() -> list[str]:
        async with Client(without_index, mode=mode) as client:
            asked = await client.call_tool("ask", {"question": STEERING})
            assert asked.is_error
            with pytest.raises(MCPError) as listed:
                await client.list_resources()
            with pytest.raises(MCPError) as read:
                await client.read_resource(f"document://{DOCUMENT}")
            return [text_of(asked), listed.value.message, read.value.message]

    assert set(anyio.run(converse)) == {wording.INDEX_MISSING}


def test_a_full_queue_is_a_tool_error(settings: Settings) -> None:
    service = Service(settings.model_copy(update={"at_once": 1, "waiting": 0}))
    results: list[CallToolResult] = []

    async def ask(client: Client) -> None:
        results.append(await client.call_tool("ask", {"question": STEERING}))

    async def ask_at_once() -> None:
        async with Client(DocumentServer(service)) as client, anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(ask, client)

    anyio.run(ask_at_once)
    refused = [text_of(result) for result in results if result.is_error]
    assert refused == [wording.OVERLOADED] * 2


# The path /mcp of the HTTP server

HEADERS = {"Accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@pytest.fixture(scope="module")
def http(settings: Settings) -> Iterator[TestClient]:
    """The app as it starts, with its lifespan."""
    with TestClient(create_app(Service(settings)), raise_server_exceptions=False) as client:
        yield client


def test_it_keeps_no_session(http: TestClient) -> None:
    response = http.post("/mcp", json={"jsonrpc": "2.0", **INITIALIZE}, headers=HEADERS)
    assert response.status_code == 200
    assert "mcp-session-id" not in response.headers
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    assert "get_document" in http.post("/mcp", json=listing, headers=HEADERS).text


def test_it_has_the_headers_of_every_response(http: TestClient) -> None:
    response = http.post("/mcp", json=PING, headers={**HEADERS, "X-Request-ID": "proef-1"})
    assert response.headers["x-request-id"] == "proef-1"
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PUT"])
def test_only_post_is_served(method: str, http: TestClient) -> None:
    response = http.request(method, "/mcp", headers=HEADERS)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["detail"] == wording.METHOD_NOT_ALLOWED


def test_the_chat_does_not_take_its_path(server: str) -> None:
    assert httpx.get(f"{server}/mcp").status_code == 405


def test_a_request_that_is_too_large_is_a_problem(http: TestClient) -> None:
    headers = {**HEADERS, "Content-Type": "application/json"}
    response = http.post("/mcp", content=iter([b" " * 600_000] * 2), headers=headers)
    assert (response.status_code, response.json()["detail"]) == (413, wording.TOO_LARGE)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc": "2.0"}', b"[" * 100_000])
@pytest.mark.parametrize("version", ["2025-06-18", "2026-07-28"])
def test_what_is_not_a_message_is_refused(body: bytes, version: str, http: TestClient) -> None:
    headers = {**HEADERS, "Content-Type": "application/json", "MCP-Protocol-Version": version}
    response = http.post("/mcp", content=body, headers=headers)
    assert 400 <= response.status_code < 500
    assert "Traceback" not in response.text


def test_an_app_that_starts_again_serves_again(settings: Settings) -> None:
    app = create_app(Service(settings))
    for _ in range(2):
        with TestClient(app) as client:
            assert client.post("/mcp", json=PING, headers=HEADERS).status_code == 200


def status(settings: Settings, **headers: str) -> int:
    """Of a ping with these headers."""
    with TestClient(create_app(Service(settings))) as client:
        response = client.post("/mcp", json=PING, headers=HEADERS | headers)
    if response.status_code != 200:
        assert response.json()["detail"] == wording.FOREIGN
    return response.status_code


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Host": "assistent.example"}, 200),
        ({"Host": "kwaad.example", "Origin": "http://kwaad.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://[x"}, 403),
        ({"Origin": "http://localhost.kwaad.example"}, 403),
        ({"Origin": "http://localhost:7860"}, 200),
        ({"Origin": "http://[::1]:7860"}, 200),
    ],
)
def test_any_host_is_served_but_no_foreign_page(
    headers: dict[str, str], expected: int, settings: Settings
) -> None:
    assert status(settings, **headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Host": "assistent.example:8443"}, 200),
        ({"Host": "127.0.0.1:7860"}, 200),
        ({"Host": "assistent.example", "Origin": "https://assistent.example"}, 200),
        ({"Host": "kwaad.example"}, 403),
        ({"Host": "assistent.example.kwaad.example"}, 403),
        ({"Host": "[x"}, 403),
    ],
)
def test_named_hosts_are_the_only_ones(
    headers: dict[str, str], expected: int, settings: Settings
) -> None:
    named = settings.model_copy(update={"allowed_hosts": ("assistent.example",)})
    assert status(named, **headers) == expected


def test_a_page_that_may_call_the_api_may_call_this_too(settings: Settings) -> None:
    named = settings.model_copy(update={"cors_origins": ("https://intranet.example",)})
    assert status(named, Origin="https://intranet.example") == 200
    assert status(named, Origin="https://elders.example") == 403


@pytest.mark.parametrize("hosts", ["*", "https://assistent.example", "assistent.example:443"])
def test_a_host_in_another_form_is_refused(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_ALLOWED_HOSTS", hosts)
    with pytest.raises(ValidationError, match="is not a host name"):
        Settings()
