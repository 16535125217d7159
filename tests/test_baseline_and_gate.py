"""What changed since the baseline, and what closes the gate."""

import re
from pathlib import Path

import pytest

from assistant.evaluation.baseline import (
    Baseline,
    Changes,
    compare,
    load_baseline,
    make_baseline,
    write_baseline,
)
from assistant.evaluation.cases import CaseError
from assistant.evaluation.gate import Bounds, gate_failures, load_bounds
from assistant.evaluation.scoring import Scored, Verdict, score
from assistant.evaluation.summary import summarise
from test_scoring import (
    COSTS,
    GOLD,
    HOW_LONG,
    LASTS,
    NOTICE,
    OFF,
    SIGNED,
    TERMS,
    WHEN,
    abstained,
    answered,
    cite,
    outcome,
)

RIGHT = score(outcome(WHEN, answered(cite(SIGNED))), GOLD)
WRONG = score(outcome(HOW_LONG, answered(cite(LASTS))), GOLD)
ABSTAINED = score(outcome(TERMS, abstained()), GOLD)
FALSE = score(outcome(OFF, answered(cite(COSTS))), GOLD)
SCORED = [RIGHT, WRONG, ABSTAINED, FALSE]

NO_BOUNDS, UNCHANGED = Bounds(), Changes()
CHANGED = Changes(worse=(WRONG.case.id,))
REGRESSION = "regression: termijn was right, is wrong: Vraag termijn?"


def before(**verdicts: Verdict) -> Baseline:
    return Baseline(figures={}, verdicts=verdicts)


def failures(
    scored: list[Scored], bounds: Bounds = NO_BOUNDS, changes: Changes = UNCHANGED
) -> list[str]:
    return gate_failures(scored, summarise(scored), changes, bounds)


def test_a_case_that_became_right_is_better() -> None:
    assert compare(before(ondertekening=Verdict.WRONG), [RIGHT]) == Changes(
        better=("ondertekening",)
    )


@pytest.mark.parametrize("item", [WRONG, ABSTAINED, FALSE], ids=lambda item: item.verdict)
def test_a_case_that_was_right_is_worse(item: Scored) -> None:
    assert compare(before(**{item.case.id: Verdict.RIGHT}), [item]) == Changes(
        worse=(item.case.id,)
    )


def test_from_one_failure_to_another_is_other() -> None:
    assert compare(before(termijn=Verdict.ABSTAINED), [WRONG]) == Changes(other=("termijn",))


def test_cases_may_be_new_or_gone() -> None:
    changes = compare(before(vroeger=Verdict.RIGHT), [WRONG])
    assert changes == Changes(new=("termijn",), gone=("vroeger",))


def test_a_run_does_not_differ_from_its_own_baseline() -> None:
    assert compare(make_baseline(summarise(SCORED), SCORED), SCORED) == Changes()


def test_a_baseline_holds_rounded_figures_and_sorted_verdicts() -> None:
    made = make_baseline(summarise(SCORED), SCORED)
    assert made.figures["fact_accuracy"] == 0.333333  # 1 of 3
    assert list(made.figures) == sorted(made.figures)
    assert list(made.verdicts.items()) == [
        ("hoofdstad", Verdict.FALSE),
        ("ondertekening", Verdict.RIGHT),
        ("termijn", Verdict.WRONG),
        ("voorwaarden", Verdict.ABSTAINED),
    ]


def test_a_baseline_does_not_depend_on_the_order_of_the_cases() -> None:
    turned = SCORED[::-1]
    assert make_baseline(summarise(turned), turned) == make_baseline(summarise(SCORED), SCORED)


def test_a_written_baseline_is_read_back(tmp_path: Path) -> None:
    made = make_baseline(summarise(SCORED), SCORED)
    write_baseline(made, tmp_path / "baseline.json")
    assert load_baseline(tmp_path / "baseline.json") == made


def test_writing_a_baseline_shows_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert '+    "a": "right"' in write_baseline(before(a=Verdict.RIGHT), path).splitlines()
    changed = write_baseline(before(a=Verdict.WRONG), path).splitlines()
    assert changed[:2] == [f"--- {path} (before)", f"+++ {path} (now)"]
    assert changed[3:] == ['-    "a": "right"', '+    "a": "wrong"']


def test_writing_the_same_baseline_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    made = make_baseline(summarise(SCORED), SCORED)
    assert write_baseline(made, path) != ""
    first = path.read_bytes()
    assert write_baseline(made, path) == ""
    assert path.read_bytes() == first


def test_without_a_file_there_is_no_baseline(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "absent.json") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{oeps", b"[]", b'{"figures": {}}', b"\xff", b'{"figures": {}, "verdicts": {"a": "x"}}'],
)
def test_a_broken_baseline_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content)
    with pytest.raises(CaseError, match=re.escape(f"{path} is not a baseline")):
        load_baseline(path)


def test_a_run_without_faults_passes() -> None:
    assert failures(SCORED) == []


def test_a_fault_closes_the_gate() -> None:
    unproven = score(outcome(WHEN, answered(text="17 januari 2013")), GOLD)
    assert failures([unproven]) == ["citation: ondertekening answers without a citation"]


def test_every_altered_quote_closes_the_gate() -> None:
    altered = cite(NOTICE).model_copy(update={"quote": NOTICE.replace("6", "7")})
    found = failures([score(outcome(HOW_LONG, answered(altered, altered)), GOLD)])
    assert len(found) == 2
    assert all(reason.startswith("citation: termijn not verbatim at nota[") for reason in found)


def test_a_regression_closes_the_gate() -> None:
    assert failures(SCORED, changes=CHANGED) == [REGRESSION]


def test_a_known_regression_is_accepted_and_another_is_not() -> None:
    assert failures(SCORED, Bounds(known={"termijn": "reden"}), CHANGED) == []
    assert failures(SCORED, Bounds(known={"andere": "reden"}), CHANGED) == [REGRESSION]


def test_better_other_and_new_cases_do_not_close_the_gate() -> None:
    changes = Changes(better=("ondertekening",), other=("termijn",), new=("hoofdstad",))
    assert failures(SCORED, changes=changes) == []


def test_a_case_that_disappeared_closes_the_gate() -> None:
    assert failures(SCORED, changes=Changes(gone=("vroeger",))) == [
        "gone: vroeger is in the baseline and was not asked"
    ]


def test_a_figure_below_its_floor_closes_the_gate() -> None:
    # 1 of 3 is right
    assert failures(SCORED, Bounds(least={"fact_accuracy": 0.4})) == [
        "floor: fact_accuracy is 0.333, must be at least 0.4"
    ]


def test_a_figure_above_its_ceiling_closes_the_gate() -> None:
    # 1 of 3 is wrong
    assert failures(SCORED, Bounds(most={"wrong_rate": 0.3})) == [
        "floor: wrong_rate is 0.333, must be at most 0.3"
    ]


def test_a_figure_on_its_bound_passes() -> None:
    bounds = Bounds(least={"fact_accuracy": 1 / 3}, most={"wrong_rate": 1 / 3})
    assert failures(SCORED, bounds) == []


def test_a_floor_of_a_metric_without_cases_is_skipped() -> None:
    bounds = Bounds(least={"fact_accuracy": 1.0}, most={"false_answer_rate": 0.0})
    assert failures([RIGHT], bounds) == []
    assert [reason.split()[1] for reason in failures([FALSE], bounds)] == ["false_answer_rate"]


def test_a_gate_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('[least]\naurc = 0.1\n[most]\nwrong_rate = 0.2\n[known]\n"a-b" = "waarom"\n')
    assert load_bounds(path) == Bounds(
        least={"aurc": 0.1}, most={"wrong_rate": 0.2}, known={"a-b": "waarom"}
    )


def test_an_empty_gate_file_bounds_nothing(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("")
    assert load_bounds(tmp_path / "gate.toml") == Bounds()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[least]\nfact_acuracy = 0.7\n", "there is no metric fact_acuracy"),
        (b"[most]\nx = 1\n[least]\nb = 1\n", "there is no metric b, x"),
        (b"[least\n", "Expected ']'"),
        (b"[lowest]\nfact_accuracy = 0.7\n", "Extra inputs are not permitted"),
        (b'[least]\nfact_accuracy = "veel"\n', "should be a valid number"),
        (b"# \xe9\n", "utf-8"),
    ],
)
def test_a_gate_file_that_cannot_be_used_is_reported(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "gate.toml"
    path.write_bytes(content)
    with pytest.raises(CaseError, match=re.escape(f"{path}: ")) as raised:
        load_bounds(path)
    assert problem in str(raised.value)


def test_a_gate_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_bounds(tmp_path / "gate.toml")
