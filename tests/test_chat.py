"""The chat page: what it is made of, what of Gradio is served, and the scripts beside it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from starlette.testclient import WebSocketDenialResponse

from assistant import chat_api, wording
from assistant.api import create_app
from assistant.chat import build_chat, mount_chat
from assistant.service import Service
from assistant.settings import Settings

WEB = Path(chat_api.__file__).parent / "web"
FILES = sorted(path.name for path in WEB.iterdir())
TYPES = {".js": ("text/javascript", "application/javascript"), ".css": ("text/css",)}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The whole app; the page does not wait for an index."""
    service = Service(Settings(index=tmp_path_factory.mktemp("index"), feedback=None))
    return TestClient(mount_chat(create_app(service)), raise_server_exceptions=False)


def assert_problem(response: Response, *statuses: int) -> None:
    assert response.status_code in statuses, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["title"] in wording.PROBLEMS.values()


# The layout


def test_nothing_of_a_conversation_is_kept_in_the_process() -> None:
    """A queue, state or open stream for a page would tie it to one process and hold up its end."""
    config = build_chat().get_config_file()
    assert config["dependencies"] == []
    assert not config["connect_heartbeat"]
    kinds = {component["type"] for component in config["components"]}
    assert kinds == {"column", "row", "form", "textbox", "button"}  # "html" would need eval


def test_every_process_builds_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page reloads itself, and loses what was typed, when another process gives another id."""
    ids = set()
    for _ in range(2):
        monkeypatch.setattr("gradio.context.Context.id", 0)  # as in a process that begins
        ids.add(build_chat().app_id)
    assert len(ids) == 1


def test_the_page_loads_our_scripts_and_nothing_of_another_server(page: TestClient) -> None:
    html = page.get("/").text
    assert f'content="{wording.APP_TITLE}"' in html
    loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"([^\"]+)\"", html)
    assert not [url for url in loaded if re.match(r"\w+:|//", url)]
    assert 'analytics_enabled":false' in html.replace(" ", "")


# What of Gradio is served


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/upload",
        "/gradio_api/file=/etc/passwd",
        "/file=/etc/passwd",
        "/file/etc/passwd",
        "/gradio_api/queue/join",
        "/queue/join",
        "/queue/data",
        "/gradio_api/call/x",
        "/run/predict",
        "/config",
        "/config/",
        "/info",
        "/gradio_api/info",
        "/gradio_api/deep_link",
        "/gradio_api/heartbeat/x",
        "/gradio_api/startup-events",
        "/proxy=http://elders.example",
        "/custom_component/x/client/y/z",
        "/stream/x/y/z/playlist.m3u8",
        "/monitoring",
        "/login",
        "/logout",
        "/token",
        "/app_id",
        "/robots.txt",
        "/pwa_icon",
        "/dev/reload",
        "/assets/",
        "/assets/nergens.js",
        "/static/img",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/..%2f..%2f..%2froutes.py",
        "/static/%2fetc%2fpasswd",
        "/static/..%5c..%5croutes.py",
        "/svelte/%00",
        f"/static/{'x' * 5000}",
        f"/assets/{'x/' * 100}x",
        "/chat",
        "/chat/",
        "/chat/nergens",
        "/.env",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_rest_of_gradio_is_not_there(method: str, path: str, page: TestClient) -> None:
    assert_problem(page.request(method, path, files={"files": ("a.txt", b"x")}), 404, 405)


def test_an_upload_never_reaches_the_disk(
    page: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    big = b"x" * 2_000_000
    for path in ("/gradio_api/upload", "/upload", "/"):
        response = page.post(path, files={"files": ("a.txt", big)})
        assert_problem(response, 404, 405, 413)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "query", ["page=nergens", "deep_link=abc", "deep_link=../../x", "all_endpoints=1", "%00"]
)
def test_what_the_address_says_does_not_change_the_page(query: str, page: TestClient) -> None:
    assert page.get(f"/?{query}").text == page.get("/").text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/theme.css", "text/css"),
        ("/favicon.ico", "image/"),
        ("/manifest.json", "application/"),
        ("/static/img/logo.svg", "image/svg+xml"),
    ],
)
def test_what_the_page_is_made_of_is_served(path: str, kind: str, page: TestClient) -> None:
    response = page.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)


def test_the_scripts_and_styles_of_the_page_are_there(page: TestClient) -> None:
    html = page.get("/").text
    named = re.findall(r"(?:src|href)=\"\.?(/(?:assets|chat)/[^\"]+)\"", html)
    assert len(named) >= 2
    assert {page.get(path).status_code for path in named} == {200}
    assert '<script type=\\"module\\" src=\\"/chat/static/main.js\\">' in unescaped(html)


def unescaped(html: str) -> str:
    """The configuration of Gradio inside its page, where markup is escaped for a script."""
    return html.replace("\\u003c", "<").replace("\\u003e", ">")


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "VERZONNEN"]
)
def test_the_page_can_only_be_read(method: str, page: TestClient) -> None:
    response = page.request(method, "/")
    assert_problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD"


def test_a_websocket_is_refused(page: TestClient) -> None:
    with pytest.raises(WebSocketDenialResponse), page.websocket_connect("/gradio_api/queue/join"):
        pass


# The scripts


@pytest.mark.parametrize("name", FILES)
def test_every_script_is_served_with_its_type_and_asked_for_each_time(
    name: str, page: TestClient
) -> None:
    response = page.get(f"/chat/static/{name}")
    assert response.content == (WEB / name).read_bytes()
    assert response.headers["content-type"].split(";")[0] in TYPES[Path(name).suffix]
    assert response.headers["cache-control"] == "no-cache"
    unchanged = page.get(
        f"/chat/static/{name}", headers={"If-None-Match": response.headers["etag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["cache-control"] == "no-cache"


def imported() -> Iterator[str]:
    for path in WEB.glob("*.js"):
        yield from re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8"))


def test_every_script_is_used_and_every_used_script_is_there() -> None:
    entry = {"main.js", "chat.css"}
    assert {*imported(), *entry} == set(FILES)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nergens.js",
        "../chat.py",
        "%2e%2e/chat.py",
        "..%2fchat.py",
        "..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%5cchat.py",
        "main.js%00.css",
        "%ff",
        "x" * 5000,
    ],
)
def test_nothing_else_is_served_beside_them(name: str, page: TestClient) -> None:
    assert_problem(page.get(f"/chat/static/{name}"), 404)


def test_the_scripts_can_only_be_read(page: TestClient) -> None:
    assert_problem(page.post("/chat/static/main.js", content=b"x"), 405)
