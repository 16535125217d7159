"""What the scripts of the chat page ask: stages and answers, fragments, files, feedback."""

import asyncio
import copy
import io
import json
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from httpx import Response

from assistant import chat_api, wording
from assistant.answering import Assistant
from assistant.api import create_app
from assistant.asking import check_filters
from assistant.chat import build_chat
from assistant.contract import LONGEST_TURN_QUESTION, MOST_TURNS, FiltersIn
from assistant.evaluation.bench import free_port
from assistant.exchange import Exchange
from assistant.feedback import read_feedback
from assistant.fragments import scope_html, shell_html, welcome_html
from assistant.retrieval import matches
from assistant.service import Service
from assistant.settings import Settings
from conftest import ClientWith

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
ABSENT = "Wat is de hoofdstad van Peru?"
FIRST = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
FOLLOW_UP = "En wie was de eerste?"
JSON = {"Content-Type": "application/json"}
WEB = Path(chat_api.__file__).parent / "web"

Json = dict[str, Any]


def with_chat(client: TestClient) -> TestClient:
    """The same client, of an app that has the routes of the chat."""
    client.app.include_router(chat_api.router)  # type: ignore[attr-defined]
    return client


@pytest.fixture(scope="module")
def chat(client_with: ClientWith, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A chat that keeps feedback."""
    return with_chat(client_with(feedback=tmp_path_factory.mktemp("feedback") / "feedback.jsonl"))


@pytest.fixture
def without_index(tmp_path: Path) -> TestClient:
    service = Service(Settings(corpus=tmp_path, index=tmp_path / "index", feedback=None))
    return with_chat(TestClient(create_app(service), raise_server_exceptions=False))


@pytest.fixture(scope="module")
def stale(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A chat whose corpus folder was emptied after it was indexed."""
    service = Service(settings.model_copy(update={"corpus": tmp_path_factory.mktemp("corpus")}))
    return with_chat(TestClient(create_app(service), raise_server_exceptions=False))


def post(client: TestClient, path: str, body: Json) -> Response:
    """Send a body as ASCII, so that half a surrogate pair can be sent too."""
    return client.post(f"/chat/{path}", content=json.dumps(body), headers=JSON)


def events_of(text: str) -> list[tuple[str, Json]]:
    """Names and data of server-sent events."""
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in split(text)]
    return [(block["event"], json.loads(block["data"])) for block in blocks]


def split(text: str) -> list[str]:
    assert text.endswith("\n\n")
    return text.removesuffix("\n\n").split("\n\n")


def events(client: TestClient, question: str, **body: Any) -> list[tuple[str, Json]]:
    response = post(client, "ask", {"question": question, **body})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    return events_of(response.text)


def ask(client: TestClient, question: str, **body: Any) -> Json:
    """The data of the last event."""
    name, data = events(client, question, **body)[-1]
    assert name == "exchange"
    return data


def note_of(client: TestClient, question: str, **body: Any) -> str:
    """Why there is no answer: kept, shown and read aloud."""
    found = ask(client, question, **body)
    note: str = found["exchange"]["note"]
    assert found["exchange"]["answer"] is None
    assert found["status"] == note
    assert text_of(found["html"]).count(note) == 1
    return note


@pytest.fixture(scope="module")
def exchange(chat: TestClient) -> Json:
    """An exchange with an answer, as a browser keeps it."""
    found: Json = ask(chat, STEERING)["exchange"]
    return found


@pytest.fixture(scope="module")
def abstention(chat: TestClient) -> Json:
    found: Json = ask(chat, ABSENT)["exchange"]
    return found


class Fragment(HTMLParser):
    """What a browser makes of a fragment: its text, and its elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, attribute: str) -> list[str]:
        return [str(found[attribute]) for _, found in self.elements if attribute in found]


def text_of(html: str) -> str:
    return " ".join("".join(Fragment(html).texts).split())


# The page and its start


def test_the_shell_holds_the_texts_and_no_document(without_index: TestClient) -> None:
    shell = without_index.get("/chat/shell").json()
    assert shell["texts"] == wording.CHAT_TEXTS
    assert {tag for tag, _ in Fragment(shell["templates"]).elements} >= {"template", "dialog"}


def test_the_start_tells_over_which_documents_and_offers_a_choice_of_them(
    chat: TestClient, assistant: Assistant
) -> None:
    start = chat.get("/chat/start").json()
    welcome = text_of(start["welcome"])
    assert f"{len(assistant.documents)} documenten" in welcome
    assert wording.HELP_PRIVACY in welcome
    assert wording.ANSWERS_STALE not in welcome
    assert Fragment(start["welcome"]).values("data-vraag") == list(wording.EXAMPLES)
    boxes = [found for tag, found in Fragment(start["scope"]).elements if tag == "input"]
    offered = [found["value"] for found in boxes if found["name"] == "documents"]
    assert offered == list(assistant.documents)


def test_every_offered_filter_leaves_some_document(chat: TestClient, assistant: Assistant) -> None:
    scope = Fragment(chat.get("/chat/start").json()["scope"])
    boxes = [found for tag, found in scope.elements if tag == "input"]
    years = [found["value"] for tag, found in scope.elements if tag == "option"]
    choices: list[Json] = [{str(found["name"]): [found["value"]]} for found in boxes]
    choices += [{"date_from": f"{y}-01-01", "date_to": f"{y}-12-31"} for y in years if y]
    names = {name for choice in choices for name in choice}
    assert names == set(FiltersIn.model_fields)
    for choice in choices:
        filters = FiltersIn(**choice).to_filters()
        check_filters(filters, assistant.documents)
        documents = assistant.documents.values()
        assert any(matches(found.metadata, found.id, filters) for found in documents), choice


def test_a_start_without_an_index_says_what_to_do(without_index: TestClient) -> None:
    start = without_index.get("/chat/start").json()
    assert wording.INDEX_MISSING in text_of(start["welcome"])
    assert wording.HELP_PRIVACY_WITHOUT_FEEDBACK in text_of(start["welcome"])
    assert start["scope"] == ""


def test_documents_that_changed_since_indexing_are_reported(stale: TestClient) -> None:
    assert wording.ANSWERS_STALE in text_of(stale.get("/chat/start").json()["welcome"])
    found = ask(stale, STEERING)
    assert found["exchange"]["note"] == wording.INDEX_STALE
    assert found["exchange"]["answer"]["short_answer"] == "17 januari 2013"
    assert wording.INDEX_STALE in text_of(found["html"])


# Asking


def test_the_stages_are_told_before_the_answer(chat: TestClient) -> None:
    names, data = zip(*events(chat, STEERING), strict=True)
    assert names == ("stage", "stage", "exchange")
    assert re.fullmatch(wording.STAGE_RETRIEVED.format(count="[1-9][0-9]*"), data[0]["text"])
    assert data[1]["text"] == wording.STAGE_WEIGHED
    assert data[2]["status"] == "Beantwoord: 17 januari 2013"


def test_an_exchange_comes_back_as_it_was_given(exchange: Json) -> None:
    assert Exchange.model_validate(exchange).model_dump(mode="json") == exchange
    assert (exchange["question"], exchange["note"]) == (STEERING, "")


@pytest.mark.parametrize("question", [STEERING, *wording.EXAMPLES[1:], ABSENT])
def test_every_quote_is_verbatim_and_shown_with_its_link(
    question: str, chat: TestClient, assistant: Assistant
) -> None:
    found = ask(chat, question)
    answer, page = found["exchange"]["answer"], Fragment(found["html"])
    quotes = answer["citations"] or answer["related"]
    assert quotes
    for quoted in quotes:
        text = assistant.documents[quoted["document"]].text
        assert text[quoted["start"] : quoted["end"]] == quoted["quote"]
        shown = " ".join(quoted["quote"].split())
        assert answer["related"] or f"“{shown}”" in text_of(found["html"])
        assert quoted["url"] in page.values("href")
    assert set(page.values("href")) == {quoted["url"] for quoted in quotes}


def test_an_abstention_is_called_one(chat: TestClient) -> None:
    found = ask(chat, ABSENT)
    shown = text_of(found["html"])
    assert wording.STATUSES["abstained"] in shown
    assert wording.RELATED in shown
    assert found["status"].startswith(wording.STATUSES["abstained"])


def test_a_follow_up_is_understood_from_its_history_alone(
    chat: TestClient, client_with: ClientWith
) -> None:
    first = ask(chat, FIRST)["exchange"]
    history = [{"question": first["question"], "answer": first["answer"]["answer"]}]
    another = with_chat(client_with())
    found = ask(another, FOLLOW_UP, history=history)
    understood = found["exchange"]["answer"]["standalone_question"]
    assert "Duaal Leren" in understood
    assert wording.UNDERSTOOD_AS.format(question=understood) in text_of(found["html"])
    assert "Luc Sels" in found["exchange"]["answer"]["answer"]
    alone = ask(another, FOLLOW_UP)["exchange"]["answer"]
    assert alone["standalone_question"] == FOLLOW_UP


def test_a_restriction_is_kept_and_told(chat: TestClient, assistant: Assistant) -> None:
    chosen = {"documents": ["overeenkomst-vdab-vvsg-2017"], "date_from": "2018-01-01"}
    found = ask(chat, "Welke opzegtermijn geldt?", filters=chosen)
    title = assistant.documents["overeenkomst-vdab-vvsg-2017"].metadata.title
    assert chosen.items() <= found["exchange"]["filters"].items()
    period = wording.IN_PERIOD.format(start="01/01/2018", end="…")
    assert wording.LIMITED_TO.format(scope=f"{title}; {period}") in text_of(found["html"])


@pytest.mark.parametrize(
    ("question", "filters", "note"),
    [
        ("", {}, wording.EMPTY_QUESTION),
        (" \n\u200b\x00", {}, wording.EMPTY_QUESTION),
        ("x" * 3000, {}, wording.LONG_QUESTION.format(length=3000, limit=2000)),
        ("x" * 10_000, {}, wording.LONG_QUESTION.format(length=10_000, limit=2000)),
        ("é" * 100_000, {}, wording.LONG_QUESTION.format(length=100_000, limit=2000)),
        (STEERING, {"documents": ["bestaat-niet"]}, "bestaat-niet"),
        (STEERING, {"kinds": ["<script>alert(1)</script>"]}, "<script>alert(1)</script>"),
        (STEERING, {"parties": ["x" * 9000]}, "parties"),
        (STEERING, {"date_from": "2020-01-02", "date_to": "2020-01-01"}, wording.REVERSED_DATES),
    ],
)
def test_what_cannot_be_asked_is_told_in_the_conversation(
    question: str, filters: Json, note: str, chat: TestClient
) -> None:
    found = ask(chat, question, filters=filters)
    assert note in note_of(chat, question, filters=filters)
    assert found["exchange"]["question"] == question[:LONGEST_TURN_QUESTION]
    assert "<script" not in found["html"]
    shown = post(chat, "conversation", {"exchanges": [found["exchange"]]}).json()["html"]
    assert shown == [found["html"]]


def test_half_a_character_of_a_broken_paste_is_asked_without_it(chat: TestClient) -> None:
    found = ask(chat, "\ud800 wie is voorzitter?")["exchange"]
    assert found["question"] == "? wie is voorzitter?"
    assert found["answer"]
    assert note_of(chat, "\udc00" * 3000).startswith("De vraag")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": None}, "question"),
        ({"question": "x", "answerer": "llm"}, "answerer"),
        ({"question": "x", "history": [{"question": "x"}] * (MOST_TURNS + 1)}, "history"),
        ({"question": "x", "history": [{"question": "\ud800"}]}, "history.0.question"),
        ({"question": "x", "filters": {"date_from": "ooit"}}, "filters.date_from"),
        ({"question": "x", "filters": {"kinds": ["\ud800"]}}, "filters"),
    ],
)
def test_what_no_script_of_ours_sends_is_a_problem(
    body: Json, field: str, chat: TestClient
) -> None:
    response = post(chat, "ask", body)
    assert (response.status_code, response.headers["content-type"]) == (
        422,
        "application/problem+json",
    )
    assert field in response.json()["detail"]


def test_without_an_index_the_answer_says_so(without_index: TestClient) -> None:
    assert note_of(without_index, STEERING) == wording.INDEX_MISSING


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All that our records hold; the first line is the text with its traces."""
    ours = [record for record in caplog.records if record.name.startswith("assistant")]
    return [caplog.text, *(str(vars(record)) for record in ours)] if ours else []


def test_an_unexpected_error_is_told_and_logged_without_the_question(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(settings.model_copy(update={"reader": "/nergens/model"}))
    client = with_chat(TestClient(create_app(service), raise_server_exceptions=False))
    with caplog.at_level(logging.DEBUG):
        assert note_of(client, "Wat kost geheimwoord?") == wording.UNEXPECTED
    assert any(record.exc_info for record in caplog.records if record.name == chat_api.__name__)
    assert not any("geheimwoord" in line for line in logged(caplog))


def test_no_question_is_logged(chat: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(chat, "Welke opzegtermijn heeft geheimwoord?")
        ask(chat, "geheimwoord " * 300)
        given = ask(chat, STEERING, filters={"kinds": ["geheimwoord"]})["exchange"]
        post(chat, "conversation", {"exchanges": [given | {"question": "geheimwoord"}]})
        post(chat, "conversation", {"exchanges": [{"question": "geheimwoord"}]})
    assert logged(caplog)
    assert not any("geheimwoord" in line for line in logged(caplog))


# A client that leaves, and a full queue


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A server in this event loop, so that its queue can be looked at, and a client of it."""
    app = create_app(service)
    app.include_router(chat_api.router)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def busy(service: Service) -> AsyncIterator[None]:
    """Keeps the only thread of a service at work."""
    done = threading.Event()
    work = asyncio.create_task(service.admission.run(done.wait))
    await until(lambda: service.admission.held == 1)
    try:
        yield
    finally:
        done.set()
        await work


def test_a_client_that_goes_away_gives_up_its_place(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        service = Service(settings.model_copy(update={"at_once": 1}))
        async with running(service) as client, busy(service):
            asking = asyncio.create_task(client.post("/chat/ask", json={"question": STEERING}))
            await until(lambda: service.admission.held == 2)
            asking.cancel()
            await until(lambda: service.admission.held == 1)

    asyncio.run(leave())
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_client_that_stops_the_stream_gives_up_its_place(settings: Settings) -> None:
    async def stop() -> None:
        service = Service(settings.model_copy(update={"at_once": 1}))
        async with running(service) as client:
            body = {"question": STEERING}
            async with client.stream("POST", "/chat/ask", json=body) as response:
                assert (await anext(response.aiter_lines())) == "event: stage"
            await until(lambda: service.admission.held == 0)
            assert (await client.post("/chat/ask", json=body)).status_code == 200

    asyncio.run(stop())


def test_a_full_queue_is_told_in_the_conversation(settings: Settings) -> None:
    async def overload() -> Response:
        service = Service(settings.model_copy(update={"at_once": 1, "waiting": 0}))
        async with running(service) as client, busy(service):
            return await client.post("/chat/ask", json={"question": STEERING})

    response = asyncio.run(overload())
    ((name, data),) = events_of(response.text)
    assert (response.status_code, name) == (200, "exchange")
    assert data["exchange"]["note"] == wording.OVERLOADED


# Conversations that come back


def shown(client: TestClient, *exchanges: Json) -> list[str]:
    response = post(client, "conversation", {"exchanges": list(exchanges)})
    assert response.status_code == 200, response.text
    fragments: list[str] = response.json()["html"]
    return fragments


def test_a_conversation_is_shown_as_when_it_was_held(chat: TestClient) -> None:
    held = [ask(chat, question) for question in (STEERING, ABSENT, "", FIRST)]
    assert shown(chat, *(found["exchange"] for found in held)) == [found["html"] for found in held]
    assert shown(chat) == []


def test_a_question_that_never_reached_the_server_is_shown(chat: TestClient) -> None:
    pasted = "\ud83d" + "x" * 20_000  # the script keeps what it could not send as it is
    kept = {
        "question": pasted,
        "asked": "2026-11-22T10:00:00.000Z",
        "note": wording.CHAT_TEXTS["onbereikbaar"],
        "answer": None,
        "filters": {"documents": [], "kinds": [], "parties": []},
    }
    (html,) = shown(chat, kept)
    assert wording.CHAT_TEXTS["onbereikbaar"] in text_of(html)
    assert "?xxx" in text_of(html)


FORGED = {
    "quote": ({"quote": "De stuurgroep dateert van 18 januari 2013."}, "verbatim"),
    "empty quote": ({"quote": ""}, "verbatim"),
    "offsets": ({"start": 0}, "verbatim"),
    "huge offsets": ({"start": 10**30, "end": 10**31}, "verbatim"),
    "script as url": ({"url": "javascript:alert(1)"}, "verbatim"),
    "url of another server": ({"url": "//elders.example/documents/x"}, "verbatim"),
    "url of another place": ({"url": "/documents/x?citaat=1-2#citaat"}, "verbatim"),
    "version": ({"version": f"sha256:{'0' * 64}"}, "unchecked"),
    "no version": ({"version": ""}, "unchecked"),
    "document": ({"document": "vlaams-partnerschap-duaal-leren"}, "unchecked"),
    "path": ({"document": "../../../etc/passwd", "version": "../x"}, "unchecked"),
    "no path": ({"document": "\x00" * 5000, "version": "sha256:\x00"}, "unchecked"),
}
NOTES = {"verbatim": wording.SOURCE_NOT_VERBATIM, "unchecked": wording.SOURCE_NOT_CHECKED}


def tampered(exchange: Json, changes: Json) -> Json:
    """The exchange with something else in its first quote."""
    changed = copy.deepcopy(exchange)
    answer = changed["answer"]
    (answer["citations"] or answer["related"])[0].update(changes)
    return changed


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.parametrize("kept", ["exchange", "abstention"])
def test_a_quote_that_cannot_be_proven_takes_its_answer_away(
    what: str, kept: str, chat: TestClient, request: pytest.FixtureRequest
) -> None:
    changes, reason = FORGED[what]
    good = request.getfixturevalue(kept)
    forged, untouched = shown(chat, tampered(good, changes), good)
    assert NOTES[reason] in text_of(forged)
    assert good["question"] in text_of(forged)
    assert "antwoord" not in Fragment(forged).values("class")
    assert good["answer"]["answer"] not in text_of(forged)
    assert Fragment(forged).values("href") == []
    assert NOTES[reason] not in untouched


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"><a href='javascript:x'>{{ 7*7 }}"


def test_an_answer_without_any_quote_is_not_shown(chat: TestClient, exchange: Json) -> None:
    forged = copy.deepcopy(exchange)
    forged["answer"]["citations"] = []
    (html,) = shown(chat, forged)
    assert wording.SOURCE_NOT_VERBATIM in text_of(html)
    assert forged["answer"]["answer"] not in text_of(html)


def test_forged_text_stays_text(chat: TestClient, exchange: Json) -> None:
    forged = copy.deepcopy(exchange) | {"question": MARKUP, "note": MARKUP}
    fields = ("answer", "short_answer", "standalone_question", "question", "id")
    forged["answer"] |= dict.fromkeys(fields, MARKUP) | {"answerer": "llm"}
    forged["answer"]["citations"][0] |= {"title": MARKUP, "section": MARKUP}
    forged["filters"]["kinds"] = forged["filters"]["documents"] = [MARKUP]
    (html,) = shown(chat, forged)
    (plain,) = shown(chat, exchange)
    assert text_of(html).count("alert(1)") >= 8
    tags = {tag for tag, _ in Fragment(html).elements}
    assert tags <= {tag for tag, _ in Fragment(plain).elements}
    names = {name for _, found in Fragment(html).elements for name in found}
    assert names <= {name for _, found in Fragment(plain).elements for name in found}
    assert Fragment(html).values("href") == Fragment(plain).values("href")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one: [one] * (MOST_TURNS + 1),
        lambda one: [one | {"rechten": "alle"}],
        lambda one: [one | {"note": "x" * 1001}],
        lambda one: [one | {"asked": "ooit"}],
        lambda one: [one | {"answer": one["answer"] | {"status": "zeker"}}],
        lambda one: [one | {"answer": one["answer"] | {"answer": "\ud800"}}],
        lambda one: [one | {"filters": {"parties": ["\ud800"]}}],
        lambda one: [{}],
        lambda one: None,
    ],
)
@pytest.mark.parametrize("path", ["conversation", "export/md"])
def test_what_is_no_conversation_is_a_problem(
    path: str, spoil: Callable[[Json], Any], chat: TestClient, exchange: Json
) -> None:
    response = post(chat, path, {"exchanges": spoil(exchange)})
    assert response.status_code == 422
    assert "exchanges" in response.json()["detail"]


def test_the_longest_conversation_is_taken(chat: TestClient, abstention: Json) -> None:
    assert len(shown(chat, *[abstention] * MOST_TURNS)) == MOST_TURNS


def test_without_an_index_only_answers_cannot_be_shown(
    without_index: TestClient, exchange: Json
) -> None:
    (unanswered,) = shown(without_index, exchange | {"answer": None})
    assert STEERING in text_of(unanswered)
    refused = post(without_index, "conversation", {"exchanges": [exchange]})
    assert (refused.status_code, refused.json()["detail"]) == (503, wording.INDEX_MISSING)


def test_feedback_is_offered_where_it_is_kept(
    chat: TestClient, client_with: ClientWith, exchange: Json
) -> None:
    actions = Fragment(shown(chat, exchange)[0]).values("data-actie")
    without = Fragment(shown(with_chat(client_with(feedback=None)), exchange)[0])
    assert actions == ["kopieer", "opnieuw", "up", "down"]
    assert without.values("data-actie") == ["kopieer", "opnieuw"]


# Files


def read(form: str, response: Response) -> str:
    """The text of a file, without what Markdown escapes."""
    if form == "md":
        return response.text.replace("\\", "")
    return "\n".join(p.text for p in docx.Document(io.BytesIO(response.content)).paragraphs)


MEDIA_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_conversation_is_saved_as_a_file(
    form: str, chat: TestClient, exchange: Json, abstention: Json
) -> None:
    body = {"title": "Nota stuurgroep", "exchanges": [exchange, abstention]}
    response = post(chat, f"export/{form}", body)
    assert response.status_code == 200
    assert response.headers["content-type"] == MEDIA_TYPES[form]
    assert response.headers["content-disposition"] == f'attachment; filename="gesprek.{form}"'
    assert response.headers["cache-control"] == "no-store"
    text = read(form, response)
    assert "Nota stuurgroep" in text
    assert STEERING in text
    assert ABSENT in text
    assert exchange["answer"]["citations"][0]["quote"] in text


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_tampered_answer_is_left_out_of_the_file(
    form: str, chat: TestClient, exchange: Json
) -> None:
    forged = tampered(exchange, {"quote": "De stuurgroep is afgeschaft."})
    text = read(form, post(chat, f"export/{form}", {"exchanges": [forged]}))
    assert wording.SOURCE_NOT_VERBATIM in text
    assert "afgeschaft" not in text
    assert exchange["answer"]["short_answer"] not in text
    assert wording.CONVERSATION in text  # it has no title


def test_a_name_cut_in_the_middle_of_a_character_is_a_title(
    chat: TestClient, exchange: Json
) -> None:
    response = post(chat, "export/md", {"title": "Gesprek \ud83d", "exchanges": [exchange]})
    assert response.text.startswith("# Gesprek ?")


@pytest.mark.parametrize(("form", "title"), [("pdf", "x"), ("..%2fx", "x"), ("md", "x" * 201)])
def test_another_form_or_title_is_refused(
    form: str, title: str, chat: TestClient, exchange: Json
) -> None:
    response = post(chat, f"export/{form}", {"title": title, "exchanges": [exchange]})
    assert response.status_code in (404, 422)
    assert response.headers["content-type"] == "application/problem+json"


# Next questions


def suggested(client: TestClient, exchange: Json, **body: Any) -> list[str]:
    """The suggested questions, as their buttons hold them."""
    response = post(client, "suggestions", {"exchange": exchange, **body})
    assert response.status_code == 200, response.text
    fragments = response.json()["html"]
    assert len(fragments) <= 1
    return [found for html in fragments for found in Fragment(html).values("data-vraag")]


def test_a_suggestion_has_an_answer(chat: TestClient, exchange: Json) -> None:
    questions = suggested(chat, exchange, asked=[STEERING])
    assert questions
    for question in questions:
        answer = ask(chat, question, filters=exchange["filters"])["exchange"]["answer"]
        assert answer["status"] == "answered"
        assert answer["citations"]


def test_without_an_answer_there_are_no_suggestions(
    chat: TestClient, without_index: TestClient, exchange: Json
) -> None:
    assert suggested(chat, exchange | {"answer": None}) == []
    assert suggested(without_index, exchange | {"answer": None}) == []


@pytest.mark.parametrize("what", FORGED)
def test_suggestions_to_a_forged_answer_do_no_harm(
    what: str, chat: TestClient, exchange: Json
) -> None:
    forged = tampered(exchange, FORGED[what][0] | {"title": MARKUP, "section": MARKUP})
    forged["answer"]["answer"] = MARKUP
    for question in suggested(chat, forged, asked=[MARKUP, "\ud800", ""]):
        assert "alert" not in question


def test_suggestions_under_a_forged_filter_do_no_harm(chat: TestClient, exchange: Json) -> None:
    filters = {"documents": [MARKUP], "date_from": "2020-01-02", "date_to": "2020-01-01"}
    assert suggested(chat, exchange | {"filters": filters}) == []


# Feedback


def test_feedback_is_stored_with_its_answer(
    client_with: ClientWith, exchange: Json, tmp_path: Path
) -> None:
    path = tmp_path / "nieuw" / "feedback.jsonl"
    body = {
        "verdict": "down",
        "reason": "onvolledig",
        "text": "Er was nog één.",
        "exchange": exchange,
        "history": [{"question": FIRST, "answer": "Kris Degroote"}],
    }
    response = post(with_chat(client_with(feedback=path)), "feedback", body)
    assert (response.status_code, response.content) == (204, b"")
    (item,) = read_feedback(path).items
    assert item.answer.model_dump(mode="json") == exchange["answer"]
    assert (item.verdict, item.reason, item.text) == ("down", "onvolledig", "Er was nog één.")
    assert item.history[0].question == FIRST


def test_feedback_that_is_off_is_refused(client_with: ClientWith, exchange: Json) -> None:
    client = with_chat(client_with(feedback=None))
    response = post(client, "feedback", {"verdict": "up", "exchange": exchange})
    assert (response.status_code, response.json()["detail"]) == (404, wording.FEEDBACK_OFF)


def test_feedback_that_the_disk_refuses_is_told_in_dutch(
    client_with: ClientWith,
    exchange: Json,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "bestand").write_text("geen map", encoding="utf-8")
    client = with_chat(client_with(feedback=tmp_path / "bestand" / "feedback.jsonl"))
    body = {"verdict": "up", "text": "geheimwoord", "exchange": exchange}
    response = post(client, "feedback", body)
    assert (response.status_code, response.json()["detail"]) == (503, wording.FEEDBACK_FAILED)
    assert int(response.headers["retry-after"]) > 0
    assert "feedback.jsonl" in caplog.text
    assert "geheimwoord" not in caplog.text


@pytest.mark.parametrize(
    "change",
    [{"verdict": "misschien"}, {"reason": "zomaar"}, {"text": "x" * 2001}, {"exchange": {}}],
)
def test_other_feedback_is_a_problem(change: Json, chat: TestClient, exchange: Json) -> None:
    body = {"verdict": "up", "exchange": exchange} | change
    assert post(chat, "feedback", body).status_code == 422
    unanswered = exchange | {"answer": None}
    assert post(chat, "feedback", {"verdict": "up", "exchange": unanswered}).status_code == 422


# Pages of other origins


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {}])
@pytest.mark.parametrize(
    "path", ["ask", "conversation", "export/md", "export/docx", "suggestions", "feedback"]
)
def test_a_page_of_another_origin_cannot_post(
    path: str, headers: dict[str, str], chat: TestClient, exchange: Json
) -> None:
    """A browser asks leave, with a preflight, for JSON only; what it sends without is refused."""
    body = {
        "ask": {"question": STEERING},
        "suggestions": {"exchange": exchange},
        "feedback": {"verdict": "up", "exchange": exchange},
    }.get(path, {"exchanges": [exchange]})
    elsewhere = {"Origin": "https://elders.example"}
    response = chat.post(
        f"/chat/{path}", content=json.dumps(body).encode(), headers=headers | elsewhere
    )
    assert response.status_code == 422, response.text
    assert not any(name.startswith("access-control-") for name in response.headers)
    preflight = elsewhere | {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    refused = chat.options(f"/chat/{path}", headers=preflight)
    assert refused.status_code in (404, 405)
    assert not any(name.startswith("access-control-") for name in refused.headers)


# What the scripts expect


def scripts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(WEB.glob("*.js"))}


def keys_asked_for(script: str) -> Iterator[str]:
    """The keys in the first argument of every call of ``text``."""
    for call in re.finditer(r"\btext\(", script):
        depth, end = 1, call.end()
        while depth and not (depth == 1 and script[end] == ","):
            depth += {"(": 1, ")": -1}.get(script[end], 0)
            end += 1
        yield from re.findall(r'"(\w+)"', script[call.end() : end])


def test_every_text_that_a_script_says_is_there_and_none_is_left_over() -> None:
    asked = {key for script in scripts().values() for key in keys_asked_for(script)}
    assert len(asked) > 20
    assert asked <= set(wording.CHAT_TEXTS)
    everything = "".join(scripts().values())
    assert [key for key in wording.CHAT_TEXTS if f'"{key}"' not in everything] == []
    names = {name for text in wording.CHAT_TEXTS.values() for name in re.findall(r"{(\w+)}", text)}
    assert [name for name in names if f"{name}:" not in everything] == []


def fragments_of_the_page() -> str:
    start = welcome_html([], None, "x", True) + scope_html([], date(2026, 1, 1))
    return shell_html() + start


def test_every_element_that_a_script_looks_up_is_there() -> None:
    layout = {
        str(component["props"].get("elem_id"))
        for component in build_chat().get_config_file()["components"]
    }
    there = layout | set(Fragment(fragments_of_the_page()).values("id"))
    everything = "".join(scripts().values())
    sought = set(re.findall(r'(?:byId|document\.getElementById)\("([^"]+)"\)', everything))
    sought |= set(re.findall(r"[\"`]#([\w-]+)", everything))
    sought |= set(re.findall(r'"(sjabloon-[\w-]+)"', everything))
    sought |= set(re.findall(r"^  (\w+): \"sjabloon", scripts()["main.js"], re.MULTILINE))
    assert len(sought) > 40
    assert sought - there == set()


def test_what_is_said_to_name_or_control_an_element_is_there() -> None:
    page = Fragment(fragments_of_the_page())
    named = {*page.values("aria-labelledby"), *page.values("aria-controls")}
    assert named
    assert named <= set(page.values("id"))


def test_every_action_of_a_fragment_is_one_of_the_scripts(chat: TestClient, exchange: Json) -> None:
    known = re.search(r"const ACTIONS = {(.*?)^};", scripts()["main.js"], re.DOTALL | re.MULTILINE)
    assert known
    actions = set(re.findall(r"^  (\w+):", known[1], re.MULTILINE))
    assert set(Fragment(shown(chat, exchange)[0]).values("data-actie")) == actions
    assert set(Fragment(shell_html()).values("data-formaat")) == set(MEDIA_TYPES)
