"""API keys: the file that holds them, what each of them opens, and pages of other origins."""

import hmac
import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx import Response
from pydantic import ValidationError
from starlette.routing import Mount, Route
from typer.testing import CliRunner

from assistant import wording
from assistant.access import SCOPES, rights_for
from assistant.api import create_app
from assistant.api_keys import (
    ApiKey,
    KeyRing,
    KeysUnavailable,
    Right,
    new_key,
    read_keys,
    write_keys,
)
from assistant.cli import app as commands
from assistant.server import build_app
from assistant.service import Service
from assistant.settings import Settings

OPEN = {
    "/healthz",
    "/readyz",
    "/documents",
    "/toegankelijkheid",
    "/docs",
    "/openapi.json",
    "/static-offline-docs",
}
"""Paths that are open on purpose, with all that lies under them."""

MODELS = "/v1/models"


class Keys:
    """A key file with one key for every right; ``secrets`` are what their holders have."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.secrets: dict[str, str] = {}
        for right in Right:
            self.add(right.value, right)

    def add(self, name: str, *rights: Right) -> None:
        self.secrets[name], key = new_key(name, rights)
        write_keys(self.path, (*self.known(), key))

    def remove(self, name: str) -> None:
        write_keys(self.path, [key for key in self.known() if key.name != name])

    def known(self) -> tuple[ApiKey, ...]:
        return read_keys(self.path) if self.path.exists() else ()


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path / "keys.json")


def client_of(settings: Settings, **changes: object) -> TestClient:
    app = create_app(Service(settings.model_copy(update=changes)))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def guarded(settings: Settings, keys: Keys) -> TestClient:
    """The API with the keys of ``keys``."""
    return client_of(settings, keys=keys.path)


def get(client: TestClient, path: str, secret: str) -> Response:
    return client.get(path, headers={"Authorization": f"Bearer {secret}"})


def assert_refused(response: Response, status: int, kind: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["type"].endswith(f":{kind}")
    assert problem["request_id"] == response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    return problem


# What a key opens


def test_without_a_key_file_the_api_is_open(client: TestClient) -> None:
    assert client.get("/v1/documents").status_code == 200


@pytest.mark.parametrize(("path", "right"), SCOPES.items())
@pytest.mark.parametrize("under", ["", "/iets"])
def test_a_path_opens_for_the_keys_of_its_scope_only(
    path: str, right: Right, under: str, guarded: TestClient, keys: Keys
) -> None:
    statuses = {
        name: get(guarded, path + under, secret).status_code
        for name, secret in keys.secrets.items()
    }
    assert {name for name, status in statuses.items() if status == 403} == set(Right) - {right}
    assert statuses[right] not in (401, 503)


def test_a_key_may_have_several_scopes(guarded: TestClient, keys: Keys) -> None:
    keys.add("team-a", Right.ASK, Right.SEARCH)
    assert get(guarded, MODELS, keys.secrets["team-a"]).status_code == 200
    assert get(guarded, "/v1/documents", keys.secrets["team-a"]).status_code == 200
    assert get(guarded, "/metrics", keys.secrets["team-a"]).status_code == 403


def test_without_a_key_it_is_said_how_to_send_one(guarded: TestClient) -> None:
    response = guarded.get("/v1/documents")
    assert assert_refused(response, 401, "sleutel-nodig")["detail"] == wording.KEY_NEEDED
    assert response.headers["www-authenticate"] == 'Bearer realm="partnerschapsassistent"'


@pytest.mark.parametrize("secret", ["pa_gok", "", " ", "é", "x" * 10_000])
def test_an_unknown_key_is_refused(secret: str, guarded: TestClient) -> None:
    headers = {"Authorization": f"Bearer {secret}".encode()}
    response = guarded.get("/v1/documents", headers=headers)
    assert_refused(response, 401, "sleutel-nodig")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_missing_scope_is_named(guarded: TestClient, keys: Keys) -> None:
    response = get(guarded, "/v1/search?q=x", keys.secrets["ask"])
    assert "search" in assert_refused(response, 403, "niet-toegelaten")["detail"]
    assert 'scope="search"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("status", [401, 403])
def test_openai_clients_get_an_error_of_their_own_shape(
    status: int, guarded: TestClient, keys: Keys
) -> None:
    response = get(guarded, MODELS, "gok" if status == 401 else keys.secrets["admin"])
    assert response.status_code == status
    assert response.json()["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"authorization": "bearer  {} "},
        {"X-API-Key": "{}"},
        {"X-API-Key": "{}", "Authorization": "Basic cHJveHk6cHJveHk="},
    ],
)
def test_a_key_is_sent_in_one_of_two_headers(
    headers: dict[str, str], guarded: TestClient, keys: Keys
) -> None:
    filled = {name: value.format(keys.secrets["ask"]) for name, value in headers.items()}
    assert guarded.get(MODELS, headers=filled).status_code == 200


def test_a_key_in_the_address_is_not_taken(guarded: TestClient, keys: Keys) -> None:
    secret = keys.secrets["ask"]
    assert guarded.get(f"{MODELS}?api_key={secret}&X-API-Key={secret}").status_code == 401


def test_a_path_behind_a_prefix_is_guarded_too(settings: Settings, keys: Keys) -> None:
    app = create_app(Service(settings.model_copy(update={"keys": keys.path})))
    client = TestClient(app, root_path="/assistent")
    assert client.get("/assistent/v1/documents").status_code == 401
    assert client.get("/v1/documents").status_code == 401


# Which paths need one


def test_every_route_is_in_the_table_or_open_on_purpose(settings: Settings) -> None:
    app = create_app(Service(settings))
    routed = {route.path for route in app.routes if isinstance(route, Route | Mount | APIRoute)}
    paths = routed | set(app.openapi()["paths"])
    assert {"/v1/ask", MODELS, "/mcp", "/metrics"} <= paths
    listed = (*SCOPES, *OPEN)
    assert [
        path for path in paths if not any(f"{path}/".startswith(f"{known}/") for known in listed)
    ] == []


def test_a_route_that_the_table_forgot_needs_some_key(guarded: TestClient, keys: Keys) -> None:
    assert rights_for("/v1/nieuw") == set(Right)
    assert guarded.get("/v1/nieuw").status_code == 401
    assert get(guarded, "/v1/nieuw", keys.secrets["ask"]).status_code == 404


def test_people_and_probes_need_no_key(settings: Settings, keys: Keys) -> None:
    app = build_app(settings.model_copy(update={"keys": keys.path}))
    client = TestClient(app)
    pages = ("/", "/chat/shell", "/chat/static/main.js", "/documents", "/toegankelijkheid", "/docs")
    for path in (*pages, "/healthz", "/openapi.json"):
        assert client.get(path).status_code == 200, path
    assert client.post("/chat/conversation", json={"exchanges": []}).status_code == 200
    assert client.get("/readyz").status_code in (200, 503)
    assert client.get("/v1/documents").status_code == 401
    assert client.post("/mcp", json={}).status_code == 401


def test_the_api_describes_which_operations_take_a_key(
    client: TestClient, guarded: TestClient
) -> None:
    needed = guarded.get("/openapi.json").json()
    assert needed["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, operations in needed["paths"].items():
        for operation in operations.values():
            either = [{"bearer": []}, {"x-api-key": []}]
            assert operation.get("security") == (either if rights_for(path) else None), path
            if path.startswith("/v1"):
                assert {"401", "403", "429"} <= set(operation["responses"]), path
    without = client.get("/openapi.json").json()
    assert without["paths"]["/v1/ask"]["post"]["security"][-1] == {}


# The key file


def test_a_new_key_works_and_a_removed_one_stops_without_a_restart(
    guarded: TestClient, keys: Keys
) -> None:
    keys.add("team-a", Right.ASK)
    assert get(guarded, MODELS, keys.secrets["team-a"]).status_code == 200
    keys.remove("team-a")
    assert get(guarded, MODELS, keys.secrets["team-a"]).status_code == 401
    assert get(guarded, MODELS, keys.secrets["ask"]).status_code == 200


def test_without_any_key_left_nobody_comes_in(guarded: TestClient, keys: Keys) -> None:
    write_keys(keys.path, [])
    assert guarded.get(MODELS).status_code == 401
    assert get(guarded, MODELS, keys.secrets["ask"]).status_code == 401


def broken(good: str) -> dict[str, str]:
    entry = json.loads(good)["keys"][0]
    return {
        "no JSON": good[:-10],
        "empty": "",
        "another shape": "[]",
        "no keys": "{}",
        "an unknown field": json.dumps({"keys": [entry | {"scoops": []}]}),
        "an unknown scope": json.dumps({"keys": [entry | {"scopes": ["alles"]}]}),
        "no scopes": json.dumps({"keys": [entry | {"scopes": []}]}),
        "no hash": json.dumps({"keys": [entry | {"sha256": ""}]}),
        "a wrong rate": json.dumps({"keys": [entry | {"rate": "veel"}]}),
        "one name twice": json.dumps({"keys": [entry, entry]}),
    }


@pytest.mark.parametrize("fault", broken('{"keys": [{}]}          '))
def test_a_broken_key_file_lets_nobody_in_until_it_is_mended(
    fault: str, guarded: TestClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    good = keys.path.read_text(encoding="utf-8")
    keys.path.write_text(broken(good)[fault], encoding="utf-8")
    for _ in range(2):
        response = get(guarded, "/v1/documents", keys.secrets["search"])
        assert_refused(response, 503, "niet-beschikbaar")
    assert int(response.headers["retry-after"]) > 0
    assert guarded.get("/healthz").status_code == 200
    assert caplog.text.count("Every request that needs a key is refused") == 1
    keys.path.write_text(good, encoding="utf-8")
    assert get(guarded, "/v1/documents", keys.secrets["search"]).status_code == 200


def test_a_key_file_that_is_missing_lets_nobody_in(
    settings: Settings, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    away = keys.path.rename(keys.path.with_suffix(".weg"))
    client = client_of(settings, keys=keys.path)
    assert "No such file" in caplog.text  # at the start, not with the first request
    assert get(client, MODELS, keys.secrets["ask"]).status_code == 503
    assert client.get(MODELS).status_code == 503
    away.rename(keys.path)
    assert get(client, MODELS, keys.secrets["ask"]).status_code == 200
    keys.path.unlink()
    assert get(client, MODELS, keys.secrets["ask"]).status_code == 503


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeysUnavailable, match="directory"):
        KeyRing(tmp_path).find("x")


def test_the_file_holds_no_key_and_is_for_its_owner_only(keys: Keys) -> None:
    content = keys.path.read_text(encoding="utf-8")
    assert [secret for secret in keys.secrets.values() if secret in content] == []
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert len({len(secret) for secret in keys.secrets.values()}) == 1
    assert len(set(keys.secrets.values())) == len(Right)


def test_a_file_that_cannot_be_written_stays_as_it_was(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    before = keys.path.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_keys(keys.path, [])
    assert keys.path.read_bytes() == before
    assert [found.name for found in keys.path.parent.iterdir()] == [keys.path.name]


def test_a_link_to_the_key_file_stays_a_link(keys: Keys, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(keys.path)
    write_keys(link, [])
    assert link.is_symlink()
    assert read_keys(keys.path) == ()


@pytest.mark.parametrize("given", ["ask", "search", "admin", "unknown"])
def test_every_key_is_compared_whichever_is_given(
    given: str, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing(keys.path)
    compared: list[str] = []
    real = hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append(one)
        return real(one, other)

    monkeypatch.setattr("hmac.compare_digest", compare)
    found = ring.find(keys.secrets.get(given, "pa_gok"))
    assert compared == [key.sha256 for key in keys.known()]
    assert (found.name if found else "unknown") == given


# The commands


runner = CliRunner()


def run(path: Path | str, *arguments: str) -> tuple[int, str, str]:
    environment = {"ASSISTANT_KEYS": str(path), "COLUMNS": "160"}
    result = runner.invoke(commands, ["keys", *arguments], env=environment)
    return result.exit_code, result.stdout, result.stderr


def test_a_key_is_added_listed_used_and_removed(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    status, secret, said = run(path, "add", "team-a", "--scope", "ask", "--scope", "search")
    assert (status, said.count("team-a")) == (0, 1)
    assert run(path, "add", "team-b", "--scope", "admin", "--rate", "5/minute")[0] == 0
    _, listed, _ = run(path, "list")
    assert [line.split()[0] for line in listed.splitlines()] == ["name", "team-a", "team-b"]
    assert "ask, search" in listed
    assert "5/minute" in listed
    client = client_of(settings, keys=path)
    assert get(client, MODELS, secret.strip()).status_code == 200
    assert run(path, "remove", "team-a")[0] == 0
    assert get(client, MODELS, secret.strip()).status_code == 401
    assert [key.name for key in read_keys(path)] == ["team-b"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["add", "ask", "--scope", "ask"], 1, "already"),
        (["add", "a b", "--scope", "ask"], 2, "name"),
        (["add", "nieuw", "--scope", "ask", "--rate", "veel"], 2, "rate"),
        (["add", "nieuw", "--scope", "alles"], 2, "alles"),
        (["add", "nieuw"], 2, "--scope"),
        (["remove", "niemand"], 1, "no key of niemand"),
    ],
)
def test_a_wrong_command_changes_nothing(
    arguments: list[str], status: int, said: str, keys: Keys
) -> None:
    before = keys.path.read_bytes()
    ended, _, message = run(keys.path, *arguments)
    assert ended == status
    assert said in message
    assert keys.path.read_bytes() == before


@pytest.mark.parametrize("command", [["list"], ["remove", "a"], ["add", "a", "--scope", "ask"]])
def test_a_key_file_that_cannot_be_used_is_one_line(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "stuk.json").write_text("{", encoding="utf-8")
    assert run("", *command)[0] == 2
    for path, said in (
        (tmp_path / "stuk.json", "Invalid JSON"),
        (tmp_path / "weg" / "keys.json", "No such file" if command == ["list"] else "no folder"),
    ):
        status, _, message = run(path, *command)
        assert (status, message.count("\n")) == (1, 1)
        assert said in message
    assert not (tmp_path / "weg").exists()


# Pages of other origins


HERE, ELSEWHERE = "https://intranet.example", "https://elders.example"


def preflight(client: TestClient, origin: str) -> Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key,x-request-id",
    }
    return client.options("/v1/ask", headers=headers)


def cors_headers(response: Response) -> set[str]:
    return {name for name in response.headers if name.startswith("access-control-")}


def test_pages_of_other_origins_may_not_call_the_api(client: TestClient) -> None:
    assert cors_headers(preflight(client, HERE)) == set()
    assert cors_headers(client.get("/v1/documents", headers={"Origin": HERE})) == set()


def test_pages_of_exactly_the_named_origins_may(settings: Settings, keys: Keys) -> None:
    client = client_of(settings, keys=keys.path, cors_origins=(HERE,))
    allowed = preflight(client, HERE)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == HERE
    assert "access-control-allow-credentials" not in allowed.headers
    for origin in (ELSEWHERE, f"{HERE}:8443", f"{HERE}.evil.example", "null"):
        assert "access-control-allow-origin" not in preflight(client, origin).headers
        refused = client.get("/v1/documents", headers={"Origin": origin})
        assert "access-control-allow-origin" not in refused.headers


def test_a_page_can_read_why_it_was_refused(settings: Settings, keys: Keys) -> None:
    client = client_of(settings, keys=keys.path, cors_origins=(HERE,))
    refused = client.get("/v1/documents", headers={"Origin": HERE})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == HERE
    exposed = refused.headers["access-control-expose-headers"]
    assert {"X-Request-ID", "Retry-After"} <= set(exposed.split(", "))


# Settings


@pytest.mark.parametrize("text", [f"{HERE},{ELSEWHERE}", f' ["{HERE}", "{ELSEWHERE}"]'])
def test_a_list_is_written_with_commas_or_as_json(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_CORS_ORIGINS", text)
    assert Settings().cors_origins == (HERE, ELSEWHERE)


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CORS_ORIGINS", "TRUSTED_PROXIES", "KEYS", "RATE_PER_KEY", "RATE_STORAGE"):
        monkeypatch.setenv(f"ASSISTANT_{name}", "")
    settings = Settings()
    assert (settings.cors_origins, settings.trusted_proxies, settings.keys) == ((), (), None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "intranet.example"),
        ("CORS_ORIGINS", "https://intranet.example/"),
        ("CORS_ORIGINS", "https://*.example"),
        ("CORS_ORIGINS", "[1"),
        ("TRUSTED_PROXIES", "*"),
        ("TRUSTED_PROXIES", "proxy"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValidationError):
        Settings(**{name.lower(): text})
    result = runner.invoke(commands, ["keys", "list"], env={f"ASSISTANT_{name}": text})
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"ASSISTANT_{name}: " in result.stderr


def test_nothing_that_is_logged_holds_a_key(
    guarded: TestClient, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        get(guarded, MODELS, keys.secrets["ask"])
        get(guarded, MODELS, "pa_gok")
    logged = [*map(str, (vars(record) for record in caplog.records))]
    assert not any(keys.secrets["ask"] in line or "pa_gok" in line for line in logged)
