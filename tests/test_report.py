"""The report: complete, self-contained, and inert whatever was asked."""

import re
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.evaluation import plots, suite
from assistant.evaluation.baseline import Baseline
from assistant.evaluation.cases import Case, Source
from assistant.evaluation.gate import Bounds
from assistant.evaluation.metrics.calibration import Bin
from assistant.evaluation.metrics.risk_coverage import risk_coverage
from assistant.evaluation.runner import InProcess, run_cases
from assistant.evaluation.scoring import Verdict
from assistant.settings import Settings

RIGHT = Case(
    id="goed",
    question="Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?",
    type="date",
    answerable=True,
    facts=(("17 januari 2013",),),
    sources=(
        Source(
            document="antwoord-excellente-partnerschappen",
            quote="De laatste stuurgroep dateert van 17 januari 2013.",
        ),
    ),
)
WRONG = RIGHT.model_copy(update={"id": "fout", "facts": (("1 april 2030", "01/04/2030"),)})
HOSTILE = Case(
    id="vijandig",
    question="<script>alert('x')</script> laatste stuurgroep | excellente *partnerschappen*",
    type="hostile",
    answerable=False,
)
EMPTY = Case(id="leeg", question="???", type="hostile", answerable=False)


@pytest.fixture(scope="module")
def folder(
    assistant: Assistant, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    cases = [RIGHT, WRONG, HOSTILE]
    outcomes = list(run_cases(InProcess(assistant), cases, 1))
    before = Baseline(
        figures={"fact_accuracy": 1.0}, verdicts={"goed": Verdict.RIGHT, "fout": Verdict.RIGHT}
    )
    target = tmp_path_factory.mktemp("report")
    gold = suite.open_gold(settings, cases)
    standards = suite.Standards(before, Bounds(least={"fact_accuracy": 0.9}))
    suite.report_on(outcomes, None, gold, standards, target)
    return target


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def markdown(folder: Path) -> str:
    return (folder / "report.md").read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_runs_nothing(html: str) -> None:
    assert not re.search(r"<(?:script|link|img|iframe|object)\b", html)
    assert not re.search(r"""(?:src|href)=["'](?!#)""", html)
    assert not re.search(r"url\((?!#)|@import", html)


def test_a_hostile_question_is_shown_as_text(html: str, markdown: str) -> None:
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in html
    assert r"\<script\>" in markdown
    assert r"\| excellente \*partnerschappen\*" in markdown


def test_a_failure_shows_question_expectation_answer_quote_and_rank(
    html: str, markdown: str
) -> None:
    article = html[html.index('id="fout"') : html.index("</article>", html.index('id="fout"'))]
    for part in (
        "fout: wrong (regression)",
        "Wanneer vond de laatste stuurgroep",
        "1 april 2030 / 01/04/2030",
        "De laatste stuurgroep dateert van 17 januari 2013.",
        "rank 1",
        "<dt>date</dt>",
        "<dt>source</dt>",
    ):
        assert part in article
    assert "### fout: wrong (regression)" in markdown
    assert "right passage at rank: 1" in markdown


def test_right_answers_are_no_failures(html: str, markdown: str) -> None:
    assert 'id="goed"' not in html
    assert "### goed" not in markdown


def test_the_headline_shows_interval_baseline_and_change(markdown: str) -> None:
    line = next(row for row in markdown.splitlines() if row.startswith("| fact_accuracy"))
    assert re.match(r"\| fact_accuracy \| 0\.500 \| 0\.00–1\.00 \| 1\.000 \| -0\.500 worse", line)


def test_a_closed_gate_says_why(html: str, markdown: str) -> None:
    for text in (html, markdown):
        assert "Gate: closed" in text
        assert "regression: fout was right, is wrong" in text
        assert "floor: fact" in text.replace("\\", "")


def test_the_plots_stand_in_the_page_with_a_name(html: str) -> None:
    assert re.findall(r'<svg role="img" aria-label="([^"]*)"', html) == [
        "Risk against coverage",
        "Reliability of the confidence",
        "Latency of whole answers",
    ]
    assert html.count("<svg ") == 3


def test_the_reliability_plot_tells_the_splits_apart(html: str) -> None:
    # by the hash of the id: "fout" is in the test split, "goed" and "vijandig" are in dev
    assert [RIGHT.split, WRONG.split, HOSTILE.split] == ["dev", "test", "dev"]
    assert re.search(r">dev: 2 answers, error 0\.\d\d<", html)
    assert re.search(r">test: 1 answers, error 0\.\d\d<", html)


def test_without_an_answer_the_reliability_plot_is_empty(
    assistant: Assistant, settings: Settings, tmp_path: Path
) -> None:
    hidden = next(run_cases(InProcess(assistant), [EMPTY], 1)).model_copy(
        update={"unguarded": None}
    )
    gold = suite.open_gold(settings, [EMPTY])
    suite.report_on([hidden], None, gold, suite.Standards(None, Bounds()), tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ">dev: 0 answers<" in page
    assert ">test: 0 answers<" in page


def test_a_plot_takes_the_text_colour_of_the_page_and_is_repeatable() -> None:
    points = risk_coverage([0.9, 0.5, 0.1], [False, False, True])
    svg = plots.risk_coverage_plot(points, 0.6, 0.1)
    assert "currentColor" in svg
    assert "share of questions answered" in svg
    assert svg == plots.risk_coverage_plot(points, 0.6, 0.1)


def test_the_reliability_plot_labels_each_dot_with_its_number_of_answers() -> None:
    series = {"dev": [Bin(17, 0.25, 0.5), Bin(23, 0.75, 1.0)], "test": [Bin(31, 0.95, 0.9)]}
    svg = plots.reliability_plot(series)
    for text in ("17", "23", "31", "dev", "test", "confidence is right"):
        assert f">{text}</text>" in svg
    assert svg == plots.reliability_plot(series)
