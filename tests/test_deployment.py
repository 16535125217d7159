"""Dockerfile and compose.yaml, held against the code; the confinement they ask for, for real."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import typer.main
import yaml

from assistant.cli import app
from assistant.evaluation.bench import free_port, wait_until_ready
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVER = SERVICES["assistant"]
Instruction = tuple[str, str]


def read_stages() -> list[list[Instruction]]:
    """The instructions of the Dockerfile with their arguments, a list a stage."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    stages: list[list[Instruction]] = []
    for line in filter(None, code.replace("\\\n", " ").splitlines()):
        name, _, argument = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, argument.strip()))
    return stages


STAGES = read_stages()
BUILD, FINAL = STAGES


def last(name: str) -> str:
    """The argument of the last such instruction of the image."""
    return [argument for instruction, argument in FINAL if instruction == name][-1]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in last("ENV").split())


# The image


def test_both_stages_start_from_one_exact_python() -> None:
    bases = {stage[0][1].split()[0] for stage in STAGES}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases.pop())


def test_it_installs_the_pinned_versions_and_torch_from_its_cpu_index() -> None:
    installs = [argument for name, argument in BUILD if name == "RUN" and " install " in argument]
    torch = next(item for item in PROJECT["project"]["dependencies"] if item.startswith("torch"))
    assert torch in installs[0].split()
    assert "--index-url https://download.pytorch.org/whl/cpu" in installs[0]
    assert torch in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert "--constraint constraints.txt" in installs[1]
    extras = re.search(r"\.\[([\w,]+)\]", installs[1])
    assert extras
    assert set(extras[1].split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def copied() -> Iterator[str]:
    for stage in STAGES:
        for name, argument in stage:
            if name == "COPY" and not argument.startswith("--from"):
                yield from argument.split()[:-1]


@pytest.mark.parametrize("source", list(copied()))
def test_what_is_copied_exists_and_is_not_ignored(source: str) -> None:
    assert (ROOT / source).exists()
    assert not is_ignored(source)


@pytest.mark.parametrize("path", [".env", ".git", "index", ".venv", "src/assistant/__pycache__"])
def test_secrets_and_leftovers_stay_out_of_the_build(path: str) -> None:
    assert is_ignored(path)


def is_ignored(path: str) -> bool:
    """By `.dockerignore`: the last line that fits the path or a folder above it decides."""
    above = [path, *map(str, PurePosixPath(path).parents)][:-1]
    ignored = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n"):
        pattern = line.removeprefix("!").removeprefix("**/")
        places = [*above, *(PurePosixPath(place).name for place in above)]
        if line and not line.startswith("#") and any(fnmatch(one, pattern) for one in places):
            ignored = not line.startswith("!")
    return ignored


def test_the_image_has_no_build_tools_and_no_root() -> None:
    commands = " ".join(argument for name, argument in FINAL if name == "RUN")
    assert not re.search(r"\b(apt-get|gcc|build-essential|pip install)\b", commands)
    assert "pip uninstall" in commands
    assert int(last("USER")) > 0
    assert f"--uid {last('USER')} " in commands


def test_its_command_is_one_of_ours() -> None:
    (entry,) = json.loads(last("ENTRYPOINT"))
    assert entry in PROJECT["project"]["scripts"]
    assert command_exists(json.loads(last("CMD")))


def command_exists(command: list[str]) -> bool:
    return command[0] in typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_the_folders_it_writes_to_are_its_own_volumes_or_temporary() -> None:
    volumes = json.loads(last("VOLUME"))
    made = " ".join(argument for name, argument in FINAL if name == "RUN")
    assert all(volume in made.split() for volume in volumes)
    named = "ASSISTANT_INDEX ASSISTANT_FEEDBACK HF_HOME GRADIO_TEMP_DIR MPLCONFIGDIR".split()
    for name in named:
        assert variables()[name].startswith((*volumes, "/tmp/"))  # noqa: S108


def health_command() -> list[str]:
    command: list[str] = json.loads(last("HEALTHCHECK").partition("CMD")[2])
    return command


@pytest.mark.parametrize(("is_up", "status"), [(True, 0), (False, 1)])
def test_its_health_check_tells_a_ready_server(is_up: bool, status: int, server: str) -> None:
    port = server.rpartition(":")[2] if is_up else str(free_port())
    python, *arguments = health_command()
    assert python == "python"
    environment = os.environ | {"ASSISTANT_PORT": port}
    run = [sys.executable, *arguments]
    done = subprocess.run(run, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == status


# The services


def test_every_variable_that_is_named_is_a_setting() -> None:
    files = ("Dockerfile", "compose.yaml", ".env.example")
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in files]
    named = {name for text in texts for name in re.findall(r"\bASSISTANT_([A-Z_]+)\b", text)}
    assert named - {name.upper() for name in Settings.model_fields} == set()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == last("USER")
    assert service["tmpfs"][0].startswith("/tmp:")  # noqa: S108
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert command_exists(service["command"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_mounts_the_volumes_of_the_image(name: str) -> None:
    mounts = [mount.split(":") for mount in SERVICES[name]["volumes"]]
    targets = {target: source for source, target, *_ in mounts}
    for volume in json.loads(last("VOLUME")):
        assert targets[volume] in COMPOSE["volumes"]
    assert all("ro" in rest for source, _, *rest in mounts if source not in COMPOSE["volumes"])
    environment = SERVICES[name]["environment"]
    assert environment["ASSISTANT_INDEX"] in targets
    assert environment["ASSISTANT_CORPUS"] in targets
    # Of the image, and not of this file: that would keep .env from switching it off.
    assert "ASSISTANT_FEEDBACK" not in environment
    assert str(PurePosixPath(variables()["ASSISTANT_FEEDBACK"]).parent) in targets


def test_the_server_has_an_index_before_it_starts_and_time_to_finish() -> None:
    assert SERVER["depends_on"]["index"]["condition"] == "service_completed_successfully"
    grace = int(SERVER["environment"]["ASSISTANT_GRACE"])
    assert Settings.model_fields["timeout"].default < grace
    assert grace < int(SERVER["stop_grace_period"].removesuffix("s"))


def test_the_server_is_checked_and_its_port_is_for_this_machine_only() -> None:
    assert SERVER["healthcheck"]["test"] == ["CMD", *health_command()]
    port = SERVER["environment"]["ASSISTANT_PORT"]
    assert SERVER["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert last("EXPOSE") == port
    assert SERVER["environment"]["ASSISTANT_HOST"] == variables()["ASSISTANT_HOST"] == "0.0.0.0"  # noqa: S104


# The confinement


def test_the_runtime_of_the_models_stores_and_reports_nothing(tmp_path: Path) -> None:
    """onnxruntime would: into the home folder, and from there to its maker."""
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    command = [sys.executable, "-c", "from assistant import embedding"]
    subprocess.run(command, env=environment | {"HOME": str(tmp_path)}, timeout=60, check=True)
    assert list(tmp_path.rglob("*")) == []


CONFINE = """
set -e
mount --make-rprivate /
for volume in index models; do mount --bind "$PLACE/$volume" "$PLACE/$volume"; done
mount -t tmpfs -o mode=1777,noexec,nosuid,nodev tmpfs "$PLACE/tmp"
mount -o remount,bind,ro /
cd /
touch /tmp/x 2>/dev/null && exit 77
exec setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs \
  --bounding-set=-all,+dac_read_search --inh-caps=-all,+dac_read_search \
  --ambient-caps=-all,+dac_read_search "$@"
"""
"""A read-only root and another user, without an engine.

That user may read everything, because the interpreter of these tests may be in root's home.
"""


@pytest.fixture
def place(settings: Settings) -> Iterator[Path]:
    """What the volumes and /tmp of a container hold, and a corpus that lost a document since."""
    if os.geteuid() or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("needs root that may mount")
    folder = Path(tempfile.mkdtemp(dir="/var/tmp"))
    folder.chmod(0o755)
    shutil.copytree(settings.index, folder / "index")
    lost = shutil.ignore_patterns("vlaams-partnerschap-duaal-leren.*")
    shutil.copytree(settings.corpus, folder / "corpus", ignore=lost)
    for name in ("models", "tmp"):
        (folder / name).mkdir()
    for path in [folder / "models", folder / "index", *(folder / "index").rglob("*")]:
        os.chown(path, 10001, 10001)
    yield folder
    shutil.rmtree(folder)


def confined(place: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = {
        "PATH": os.environ["PATH"],
        "PLACE": str(place),
        "HOME": str(place / "tmp"),
        "TMPDIR": str(place / "tmp"),
        "GRADIO_TEMP_DIR": str(place / "tmp" / "gradio"),
        "HF_HOME": str(place / "models"),
        "ASSISTANT_CORPUS": str(place / "corpus"),
        "ASSISTANT_INDEX": str(place / "index"),
    }
    command = ["unshare", "--mount", "sh", "-c", CONFINE, "confined"]
    program = [sys.executable, "-m", "assistant.cli", *arguments]
    return subprocess.Popen([*command, *program], env=environment)


def test_it_indexes_and_serves_with_a_read_only_root_and_without_root(place: Path) -> None:
    assert confined(place, "index").wait(timeout=120) == 0
    port = free_port()
    process = confined(place, "serve", "--port", str(port), "--workers", "2")
    try:
        wait_until_ready(port)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/documents") as response:
            assert len(json.load(response)) == 4
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
