"""`assistant eval` and `assistant bench`, through their real entry point."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from assistant.cli import app
from assistant.evaluation.summary import HIGHER_IS_BETTER
from assistant.reading import bundled_calibration
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
WRITTEN = {
    "answers.jsonl",
    "dataset.parquet",
    "metrics.json",
    "report.html",
    "report.md",
    "run.json",
}
GOOD = {
    "id": "goed",
    "question": "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    "type": "date",
    "answerable": True,
    "facts": [["17 januari 2013"]],
    "sources": [
        {
            "document": "antwoord-excellente-partnerschappen",
            "quote": "De laatste stuurgroep dateert van 17 januari 2013.",
        }
    ],
}
SOURCE_OF_2011 = {
    "document": "antwoord-excellente-partnerschappen",
    "quote": "Er kwamen 5 stuurgroepen ‘excellente partnerschappen’ samen in de periode 2011",
}
PERU = {
    "id": "peru",
    "question": "Wat is de hoofdstad van Peru?",
    "type": "off_topic",
    "answerable": False,
}


@pytest.fixture(scope="module")
def answered(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with two cases, a gate, and the results of one run."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "evals" / "cases").mkdir(parents=True)
    lines = [json.dumps(case) for case in (GOOD, PERU)]
    (folder / "evals" / "cases" / "twee.jsonl").write_text("\n".join(lines))
    (folder / "evals" / "gate.toml").write_text("[least]\nfact_accuracy = 1.0\n")
    with contextlib.chdir(folder):
        result = run(settings, "eval", "--gate")
    assert result.exit_code == 0, result.stderr
    assert "fact_accuracy                 1.000" in result.stdout
    return folder


@pytest.fixture
def project(answered: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of that project to work in."""
    copy = tmp_path / "project"
    shutil.copytree(answered, copy)
    with contextlib.chdir(copy):
        yield copy


def run(settings: Settings, *arguments: str) -> Result:
    places = {
        "ASSISTANT_CORPUS": str(settings.corpus),
        "ASSISTANT_INDEX": str(settings.index),
        "COLUMNS": "160",
    }
    return CliRunner().invoke(app, list(arguments), env=places)


AGAIN = ("eval", "--answers", "evals/results/answers.jsonl")


def test_a_run_leaves_its_results_and_scores_the_same_again(
    project: Path, settings: Settings
) -> None:
    results = project / "evals" / "results"
    assert {path.name for path in results.iterdir()} == WRITTEN
    metrics = (results / "metrics.json").read_text()
    assert run(settings, *AGAIN, "--gate").exit_code == 0
    assert (results / "metrics.json").read_text() == metrics


def test_answers_are_kept_when_they_are_scored_elsewhere(project: Path, settings: Settings) -> None:
    assert run(settings, *AGAIN, "--output", "twee").exit_code == 0
    written = {path.name for path in (project / "twee").iterdir()}
    assert written == WRITTEN - {"answers.jsonl", "run.json"}
    answered = bundled_calibration().thresholds.answered
    assert f"thresholds answered {answered}" in (project / "twee" / "report.md").read_text()


def test_a_forged_quote_closes_the_gate(project: Path, settings: Settings) -> None:
    answers = project / "evals" / "results" / "answers.jsonl"
    case, _, answer = answers.read_text().partition('"answer":')
    forged = answer.replace("dateert van 17 januari", "dateert van 18 januari", 2)
    answers.write_text(f'{case}"answer":{forged}')
    result = run(settings, *AGAIN, "--gate")
    assert result.exit_code == 1
    assert "gate: citation: goed not verbatim at antwoord-excellente" in result.stderr


def test_a_regression_closes_the_gate_until_it_is_known(project: Path, settings: Settings) -> None:
    assert '+    "goed": "right"' in run(settings, *AGAIN, "--update-baseline").stdout
    worse = GOOD | {"facts": [["2011"]], "sources": [SOURCE_OF_2011]}
    cases = project / "evals" / "cases" / "twee.jsonl"
    cases.write_text(f"{json.dumps(worse)}\n{json.dumps(PERU)}")
    (project / "evals" / "gate.toml").write_text("")
    closed = run(settings, *AGAIN, "--gate")
    assert closed.exit_code == 1
    assert "gate: regression: goed was right, is wrong" in closed.stderr
    (project / "evals" / "gate.toml").write_text('[known]\ngoed = "nieuwe vraag"\n')
    assert run(settings, *AGAIN, "--gate").exit_code == 0


def test_an_unchanged_baseline_says_so(project: Path, settings: Settings) -> None:
    run(settings, *AGAIN, "--update-baseline")
    same = run(settings, *AGAIN, "--update-baseline")
    assert same.stdout.rstrip().endswith("evals/baseline.json is unchanged")
    assert (project / "evals" / "baseline.json").read_text().endswith("}\n")


def test_a_running_server_is_evaluated(project: Path, settings: Settings, server: str) -> None:
    result = run(settings, "eval", "--base-url", server, "--workers", "2", "--gate")
    assert result.exit_code == 0, result.stderr
    assert "fact_accuracy                 1.000" in result.stdout
    saved = json.loads((project / "evals" / "results" / "run.json").read_text())
    assert saved["server"] == server


@pytest.mark.usefixtures("project")
def test_a_server_that_is_away_fails_the_command(settings: Settings) -> None:
    result = run(settings, "eval", "--base-url", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9 does not answer" in result.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "options",
    [
        ("--base-url", "http://x", "--answers", "a.jsonl"),
        ("--update-baseline", "--gate"),
        ("--update-baseline", "--cases", "a.jsonl"),
        ("--update-baseline", "--base-url", "http://x"),
    ],
)
def test_options_that_contradict_are_refused(settings: Settings, options: tuple[str, ...]) -> None:
    result = run(settings, "eval", *options)
    assert result.exit_code == 2
    assert "do not go together" in result.stderr


def test_a_part_of_the_cases_is_no_baseline(project: Path, settings: Settings) -> None:
    more = GOOD | {"id": "nieuw"}
    (project / "evals" / "cases" / "meer.jsonl").write_text(json.dumps(more))
    result = run(settings, *AGAIN, "--update-baseline")
    assert result.exit_code == 2
    assert "note: 1 cases have no stored answer" in result.stderr
    assert not (project / "evals" / "baseline.json").exists()


def test_a_damaged_baseline_can_be_replaced(project: Path, settings: Settings) -> None:
    (project / "evals" / "baseline.json").write_text("{")
    assert run(settings, *AGAIN, "--update-baseline").exit_code == 0
    assert json.loads((project / "evals" / "baseline.json").read_text())["verdicts"]


def test_a_removed_case_closes_the_gate(project: Path, settings: Settings) -> None:
    run(settings, *AGAIN, "--update-baseline")
    answers = project / "evals" / "results" / "answers.jsonl"
    answers.write_text(answers.read_text().splitlines()[0] + "\n")
    result = run(settings, *AGAIN, "--gate")
    assert result.exit_code == 1
    assert "gate: gone: peru is in the baseline and was not asked" in result.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "a"}', "slecht.jsonl:1"),
        ("geen json", "slecht.jsonl:1"),
        (json.dumps(GOOD | {"sources": [SOURCE_OF_2011 | {"quote": "Verzonnen."}]}), "goed"),
    ],
)
def test_a_bad_case_is_named(project: Path, settings: Settings, line: str, message: str) -> None:
    (project / "slecht.jsonl").write_text(line)
    result = run(settings, "eval", "--cases", "slecht.jsonl")
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("results/answers.jsonl", "", "holds no answers"),
        ("results/answers.jsonl", "{}", "answers.jsonl:1: not an outcome"),
        ("gate.toml", '[known]\ngoed = ""', "known.goed: String should have at least 1"),
        ("results/run.json", "{", "does not describe a run; remove it"),
        ("baseline.json", "{", "is not a baseline"),
        ("gate.toml", "[least]\nfact_acuracy = 1", "there is no metric fact_acuracy"),
    ],
)
def test_a_damaged_file_is_named(
    project: Path, settings: Settings, name: str, content: str, message: str
) -> None:
    (project / "evals" / name).write_text(content)
    result = run(settings, *AGAIN, "--gate")
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.usefixtures("project")
def test_answers_that_are_not_there_are_wrong_usage(settings: Settings) -> None:
    result = run(settings, "eval", "--answers", "nergens.jsonl")
    assert result.exit_code == 2
    assert "nergens.jsonl: No such file" in result.stderr


def test_results_cannot_go_into_a_file(project: Path, settings: Settings) -> None:
    (project / "bezet").write_text("")
    result = run(settings, *AGAIN, "--output", "bezet")
    assert result.exit_code == 1
    assert "choose a folder, this is a file" in result.stderr


def test_a_question_that_cannot_be_asked_is_named(project: Path, settings: Settings) -> None:
    (project / "leeg.jsonl").write_text(json.dumps(PERU | {"question": " "}))
    result = run(settings, "eval", "--cases", "leeg.jsonl")
    assert result.exit_code == 1
    assert "case peru: De vraag is leeg" in result.stderr


def test_the_gate_needs_its_file(project: Path, settings: Settings) -> None:
    (project / "evals" / "gate.toml").unlink()
    result = run(settings, "eval", "--gate")
    assert result.exit_code == 2
    assert "evals/gate.toml is missing" in result.stderr


def test_retrieval_is_measured_on_a_beir_folder(project: Path, settings: Settings) -> None:
    (project / "corpus.jsonl").write_text(
        '{"_id": "a", "title": "", "text": "Het pensioen stijgt."}'
    )
    (project / "queries.jsonl").write_text('{"_id": "q", "text": "pensioen"}')
    (project / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")
    result = run(settings, "bench", "retrieval", "--beir", str(project))
    assert result.exit_code == 0, result.stderr
    assert "| hybrid | 1.000 | 1.000 | 1.000 |" in result.stdout


def test_a_folder_that_is_not_in_beir_layout_is_named(project: Path, settings: Settings) -> None:
    (project / "queries.jsonl").write_text("geen json")
    result = run(settings, "bench", "retrieval", "--beir", str(project))
    assert result.exit_code == 2
    assert "queries.jsonl:1" in result.stderr


def test_every_metric_is_explained_in_the_readme_of_the_evaluation() -> None:
    readme = (ROOT / "evals" / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("## The metrics") : readme.index("## Reading the report")]
    explained = set(re.findall(r"`(\w+)`(?=[^|]*\|)", table))
    assert set(HIGHER_IS_BETTER) <= explained
