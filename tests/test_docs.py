"""What docs/api.md shows works, and what it lists is all there is."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from mcp import Client, StdioServerParameters
from prometheus_client.parser import text_string_to_metric_families

from assistant import problems
from assistant.access import SCOPES
from assistant.problems import Kind
from assistant.settings import Settings
from conftest import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = GUIDE.split("### Settings")[1].split("###")[0]
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
ADDRESS = "http://127.0.0.1:7860"


def blocks(language: str) -> list[str]:
    return [code for named, code in BLOCKS if named == language]


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """Of somebody who has installed the package and indexed the documents."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    places = {"ASSISTANT_CORPUS": str(settings.corpus), "ASSISTANT_INDEX": str(settings.index)}
    return os.environ | places | {"PATH": programs}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        *[("bash -euo pipefail -c", code) for code in blocks("sh")],
        *[(f"{sys.executable} -c", code) for code in blocks("python")],
    ],
)
def test_a_block_works(
    command: str, code: str, server: str, environment: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*shlex.split(command), code.replace(ADDRESS, server)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or "batch" in code


def test_the_configuration_of_a_desktop_client_works(environment: dict[str, str]) -> None:
    [block] = blocks("json")
    [configured] = json.loads(block)["mcpServers"].values()
    assert configured["env"].keys() <= environment.keys()
    program = str(Path(sys.executable).parent / Path(configured["command"]).name)
    command = StdioServerParameters(command=program, args=configured["args"], env=environment)

    async def ask() -> Any:
        async with Client(command) as client:
            return await client.call_tool("ask", {"question": "Wie is de burgemeester van Gent?"})

    assert anyio.run(ask).structured_content["status"] == "abstained"


def test_every_setting_is_told() -> None:
    told = set(re.findall(r"`([A-Z_]+)`", SETTINGS)) | {
        name.removeprefix("ASSISTANT_") for name in re.findall(r"ASSISTANT_[A-Z_]+", README)
    }
    assert {name.upper() for name in Settings.model_fields} <= told


def test_every_default_is_told_as_it_is() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|(.*?)\|", SETTINGS, re.MULTILINE)
    assert len(rows) > 10
    for names, defaults in rows:
        fields = [Settings.model_fields[name.lower()] for name in re.findall(r"[A-Z_]+", names)]
        told = filter(None, defaults.strip().replace("`", "").split(", "))
        assert list(told) == [*filter(None, [shown(field.default) for field in fields])], names


def shown(default: Any) -> str:
    if default is None:
        return ""
    text = ",".join(default) if isinstance(default, tuple) else str(default)
    return text.lower().removesuffix(".0")


def test_every_problem_is_told_with_its_status() -> None:
    kinds = [kind for kind in vars(problems).values() if isinstance(kind, Kind)]
    assert len(kinds) > 10
    for kind in kinds:
        row = rf"^\| {kind.status} \| `{kind.name}` \|"
        assert re.search(row, GUIDE, re.MULTILINE) or kind is problems.NO_MODEL, kind.name
    assert problems.NO_MODEL.name in GUIDE


def test_every_scope_is_told_with_what_it_opens() -> None:
    for path, right in SCOPES.items():
        assert re.search(rf"^\| `{right}` \| .*`{path}`", GUIDE, re.MULTILINE), path


def test_every_metric_is_told(client: TestClient) -> None:
    told = set(re.findall(r"`(assistant_\w+)`", GUIDE))
    found = set()
    for family in text_string_to_metric_families(client.get("/metrics").text):
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        found.add(family.name.removesuffix(suffix) + suffix)
    assert found == told
