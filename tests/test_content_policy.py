"""Which scripts a page may run: those of this server, and exactly the inline ones that it sent."""

import asyncio
import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.responses import Response as Answer
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from assistant.api import create_app
from assistant.chat import mount_chat
from assistant.content_policy import HEADER, ContentPolicy, policy_for
from assistant.service import Service
from assistant.settings import Settings

PAGES = (
    "/",
    "/docs",
    "/documents",
    "/documents/antwoord-excellente-partnerschappen",
    "/toegankelijkheid",
)
ATTACK = "alert(document.cookie)"


@pytest.fixture(scope="module")
def app(settings: Settings) -> TestClient:
    """The whole app."""
    service = Service(settings.model_copy(update={"feedback": None}))
    return TestClient(mount_chat(create_app(service)))


class InlineScripts(HTMLParser):
    """The inline scripts of a page as a browser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._is_inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self._is_inside = True
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.scripts[-1] += data


def hash_of(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def directives(policy: str) -> dict[str, list[str]]:
    found = (directive.split() for directive in policy.split(";"))
    return {name: values for name, *values in found}


def hashes(policy: str) -> set[str]:
    return {source for source in directives(policy)["script-src"] if source.startswith("'sha")}


# The real pages


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_exactly_the_inline_scripts_of_a_page_may_run(path: str, app: TestClient) -> None:
    page = app.get(path)
    inline = InlineScripts(page.text).scripts
    assert inline
    assert hashes(page.headers[HEADER]) == {hash_of(script) for script in inline}
    assert hash_of(ATTACK) not in page.headers[HEADER]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_may_run_what_was_written_into_it(path: str, app: TestClient) -> None:
    page = app.get(path)
    assert page.headers["content-type"].startswith("text/html")
    (given,) = page.headers.get_list(HEADER)
    found = directives(given)
    scripts = found.get("script-src", found["default-src"])
    assert found["default-src"] == ["'none'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:", "blob:"} & set(scripts)
    assert not re.search(r"unsafe-eval|https?:|\*", given)
    assert {"base-uri", "form-action", "frame-ancestors"} <= set(found)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": f"</script><script>{ATTACK}</script>"},
        {"Host": f"x</script><script>{ATTACK}</script>"},
        {"User-Agent": f"</script><script>{ATTACK}</script>"},
        {"Cookie": f"thema=</script><script>{ATTACK}</script>"},
    ],
)
def test_what_a_request_says_makes_no_script(headers: dict[str, str], app: TestClient) -> None:
    usual = app.get("/")
    path = f"/?x=</script><script>{ATTACK}</script>"
    page = app.get(path, headers=headers)
    assert len(InlineScripts(page.text).scripts) == len(InlineScripts(usual.text).scripts)
    assert hash_of(ATTACK) not in page.headers[HEADER]


def test_head_has_a_policy_too(app: TestClient) -> None:
    assert directives(app.head("/").headers[HEADER])["default-src"] == ["'none'"]


def test_what_is_no_page_has_no_policy(app: TestClient) -> None:
    for path in ("/healthz", "/v1/nergens", "/chat/static/main.js", "/theme.css"):
        assert HEADER not in app.get(path).headers


# The policy of a page


def policy(body: str) -> set[str]:
    return hashes(policy_for(body.encode()))


@pytest.mark.parametrize(
    ("page", "inline"),
    [
        ("<p>tekst</p>", []),
        ("<script>a()</script>", ["a()"]),
        ("<script>a()</script><script>a()</script>", ["a()"]),
        ("<script>a()</script><script type='module'>\nb()\n</script>", ["a()", "\nb()\n"]),
        ("<script></script>", [""]),
        ("<script>é</script>", ["é"]),
        ('<script src="/x.js"></script>', []),
        ('<script type="module" src = "/x.js"></script>', []),
        ("<script src='/x.js'>a()</script>", []),
        ("<script>'<script>'</script>", ["'<script>'"]),
    ],
)
def test_every_inline_script_is_listed_once(page: str, inline: list[str]) -> None:
    assert policy(page) == {hash_of(script) for script in inline}
    listed = directives(policy_for(page.encode()))["script-src"]
    assert listed[0] == "'self'"
    assert len(listed) == len(set(listed))


def test_an_injected_script_is_not_listed_in_the_policy_of_the_page_before() -> None:
    page = "<script>a()</script>"
    assert policy(page) < policy(f"{page}<script>{ATTACK}</script>")
    assert hash_of(ATTACK) not in policy(page)


@pytest.mark.parametrize(
    "odd",
    [
        f"<SCRIPT>{ATTACK}</SCRIPT>",
        f"<script>{ATTACK}</script >",
        f"<script data-src='x'>{ATTACK}</script>",
        f"<script>{ATTACK}",
        f"<img src=x onerror='{ATTACK}'>",
    ],
)
def test_what_is_written_in_another_way_does_not_run(odd: str) -> None:
    assert hash_of(ATTACK) not in policy(odd)


# The layer


OWN = "default-src 'self'"


async def own_policy(_: Request) -> Answer:
    return HTMLResponse("<script>a()</script>", headers={"content-security-policy": OWN})


async def page(_: Request) -> Answer:
    return HTMLResponse("<script>a()</script>", status_code=418, headers={"X-Test": "x"})


async def pieces(_: Request) -> Answer:
    parts = ["<script>", "a()", "</scr", "ipt>", "é" * 1_000_000, "<script>b()</script>"]
    return StreamingResponse(iter(parts), media_type="text/html")


async def text(_: Request) -> Answer:
    return PlainTextResponse("<script>a()</script>")


async def nothing(_: Request) -> Answer:
    return Answer(status_code=204)


async def broken(_: Request) -> Answer:
    raise RuntimeError("stuk")


ROUTES = (own_policy, page, pieces, text, nothing, broken)


@pytest.fixture(scope="module")
def layered() -> TestClient:
    """The layer in front of an app of a few routes."""
    routes = [Route(f"/{route.__name__}", route) for route in ROUTES]
    return TestClient(ContentPolicy(Starlette(routes=routes)), raise_server_exceptions=False)


def get(client: TestClient, route: object, method: str = "GET") -> Response:
    return client.request(method, f"/{getattr(route, '__name__', '')}")


def test_a_page_keeps_its_status_headers_and_body(layered: TestClient) -> None:
    found = get(layered, page)
    assert (found.status_code, found.headers["x-test"]) == (418, "x")
    assert found.text == "<script>a()</script>"
    assert int(found.headers["content-length"]) == len(found.content)
    assert hashes(found.headers[HEADER]) == {hash_of("a()")}


def test_a_policy_that_a_page_has_is_kept(layered: TestClient) -> None:
    assert get(layered, own_policy).headers.get_list(HEADER) == [OWN]


def test_a_big_page_in_pieces_gets_the_policy_of_the_whole(layered: TestClient) -> None:
    found = get(layered, pieces)
    assert found.text == f"<script>a()</script>{'é' * 1_000_000}<script>b()</script>"
    assert hashes(found.headers[HEADER]) == {hash_of("a()"), hash_of("b()")}


def test_other_responses_are_left_alone(layered: TestClient) -> None:
    assert HEADER not in get(layered, text).headers
    assert HEADER not in get(layered, nothing).headers
    assert (get(layered, nothing).status_code, get(layered, broken).status_code) == (204, 500)


def test_head_of_a_page_tells_its_length_and_sends_no_body(layered: TestClient) -> None:
    found = get(layered, page, "HEAD")
    assert found.content == b""
    assert found.headers["content-length"] == str(len("<script>a()</script>"))
    assert directives(found.headers[HEADER])["default-src"] == ["'none'"]


def test_a_stream_is_not_held_up() -> None:
    sent: list[Message] = []
    seen: list[int] = []

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
            seen.append(len(sent))
        await send({"type": "http.response.body", "body": b""})

    async def collect(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(ContentPolicy(stream)(scope, receive, collect))
    assert seen == [2, 3, 4]
    assert [message.get("body") for message in sent[1:]] == [b"0", b"1", b"2", b""]


def test_what_is_not_http_is_passed_on() -> None:
    passed: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        passed.append(scope["type"])

    async def receive() -> Message:
        return {}

    async def send(_: Message) -> None: ...

    asyncio.run(ContentPolicy(app)({"type": "lifespan"}, receive, send))
    assert passed == ["lifespan"]
