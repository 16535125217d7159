"""The command line, through its real entry point."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.evaluation.commands import bench
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
COMMANDS = sorted(
    [
        *(str(c.name or c.callback.__name__) for c in app.registered_commands),  # type: ignore[union-attr]
        *(str(group.name) for group in app.registered_groups),
        *(f"bench {command.name}" for command in bench.registered_commands),
    ]
)

runner = CliRunner()


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    return {
        "ASSISTANT_CORPUS": str(settings.corpus),
        "ASSISTANT_INDEX": str(settings.index),
        "COLUMNS": "160",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"assistant {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_ask_json_prints_the_answer_object(environment: dict[str, str]) -> None:
    result = runner.invoke(
        app, ["ask", "--json", "Hoeveel sectorale partnerschappen zijn er?"], env=environment
    )
    answer = json.loads(result.stdout)
    assert result.exit_code == 0
    assert answer["short_answer"] == "17"
    assert answer["citations"][0]["document"] == "vlaams-partnerschap-duaal-leren"


def test_ask_prints_answer_and_sources(environment: dict[str, str]) -> None:
    question = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
    result = runner.invoke(app, ["ask", question], env=environment)
    assert "17 januari 2013" in result.stdout
    assert "[1] antwoord-excellente-partnerschappen, Antwoord 6" in result.stdout


def test_an_empty_question_is_wrong_usage(environment: dict[str, str]) -> None:
    result = runner.invoke(app, ["ask", "   "], env=environment)
    assert result.exit_code == 2
    assert "De vraag is leeg" in result.stderr


def test_indexing_an_unchanged_corpus_says_so(environment: dict[str, str]) -> None:
    result = runner.invoke(app, ["index"], env=environment)
    assert result.exit_code == 0
    assert result.stdout.startswith("5 documents, ")
    assert result.stdout.rstrip().endswith("nothing changed")


def test_a_bad_file_fails_the_command_but_not_the_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "goed.txt").write_text("De vergadering was op 3 mei 2020.\n")
    (tmp_path / "corpus" / "stuk.pdf").write_bytes(b"%PDF-1.7 broken")
    places = {
        "ASSISTANT_CORPUS": str(tmp_path / "corpus"),
        "ASSISTANT_INDEX": str(tmp_path / "index"),
    }
    result = runner.invoke(app, ["index"], env=places)
    assert result.exit_code == 1
    assert "stuk.pdf" in result.stderr
    assert "1 documents, 1 passages" in result.stdout
    listing = runner.invoke(app, ["documents"], env=places)
    assert listing.exit_code == 0
    assert "goed" in listing.stdout


def test_a_missing_index_is_explained(tmp_path: Path) -> None:
    result = runner.invoke(app, ["documents"], env={"ASSISTANT_INDEX": str(tmp_path)})
    assert result.exit_code == 1
    assert "run `assistant index`" in result.stderr


def test_a_missing_corpus_is_explained(tmp_path: Path) -> None:
    places = {"ASSISTANT_CORPUS": str(tmp_path / "nergens"), "ASSISTANT_INDEX": str(tmp_path)}
    result = runner.invoke(app, ["index"], env=places)
    assert result.exit_code == 1
    assert "does not exist" in result.stderr


def test_a_wrong_setting_names_its_variable() -> None:
    result = runner.invoke(app, ["documents"], env={"ASSISTANT_PORT": "veel"})
    assert result.exit_code == 2
    assert "ASSISTANT_PORT" in result.stderr
