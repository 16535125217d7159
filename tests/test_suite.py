"""Whole runs: what a sound build writes, and that broken ones close the gate for their reason."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from assistant.answering import Assistant
from assistant.documents import Answer, Passage, Turn
from assistant.evaluation import suite
from assistant.evaluation.baseline import load_baseline, make_baseline
from assistant.evaluation.cases import CaseError, load_cases
from assistant.evaluation.gate import load_bounds
from assistant.evaluation.outcomes import Outcome
from assistant.evaluation.runner import InProcess, OverHttp, run_cases
from assistant.evaluation.scoring import Gold
from assistant.matching import Matcher
from assistant.reader_model import bundled_reader_model
from assistant.reading import Thresholds, TrainedReader, bundled_calibration
from assistant.retrieval import HybridRetriever
from assistant.settings import Settings
from assistant.verdict import bundled_yes_model

EVALS = Path(__file__).parents[1] / "evals"
CASES = load_cases(sorted((EVALS / "cases").glob("*.jsonl")))
STANDARDS = suite.Standards(
    load_baseline(EVALS / "baseline.json"), load_bounds(EVALS / "gate.toml")
)


class OneCharacterOff(Assistant):
    """A build that changes the last character of its first quote after it was checked."""

    def answer(self, question: str, history: Sequence[Turn] = (), **_: Any) -> Answer:
        answer = super().answer(question, history)
        if not answer.citations:
            return answer
        first, *others = answer.citations
        altered = first.model_copy(update={"quote": first.quote[:-1] + "#"})
        return answer.model_copy(update={"citations": (altered, *others)})


class WithoutBm25(HybridRetriever):
    """A build whose lexical leg finds nothing."""

    def search_lexical(self, *_: Any) -> list[tuple[Passage, float]]:
        return []


@pytest.fixture(scope="module")
def reader(assistant: Assistant) -> TrainedReader:
    """One for all builds: it keeps its readings, so only other passages are read again."""
    index = assistant.retriever.index
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    return TrainedReader(matcher, bundled_reader_model(), bundled_calibration())


@pytest.fixture(scope="module")
def sound(assistant: Assistant, reader: TrainedReader) -> Assistant:
    return built(Assistant, assistant.retriever, reader)


def built(kind: type[Assistant], retriever: HybridRetriever, reader: TrainedReader) -> Assistant:
    documents = retriever.index.documents
    return kind(documents, retriever, reader, bundled_yes_model().says_yes)


@pytest.fixture(scope="module")
def gold(settings: Settings) -> Gold:
    return suite.open_gold(settings, CASES)


@pytest.fixture(scope="module")
def healthy(sound: Assistant) -> list[Outcome]:
    return run(sound)


def run(assistant: Assistant) -> list[Outcome]:
    return list(run_cases(InProcess(assistant), CASES, 1))


def reasons(outcomes: Sequence[Outcome], gold: Gold, folder: Path) -> list[str]:
    return list(suite.report_on(outcomes, None, gold, STANDARDS, folder)[1].gate)


def test_the_gate_is_open_for_this_build(
    healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    assert reasons(healthy, gold, tmp_path) == []


def test_the_committed_baseline_is_what_this_build_gives(
    healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    scored, report = suite.report_on(healthy, None, gold, STANDARDS, tmp_path)
    assert STANDARDS.baseline is not None
    assert make_baseline(report.summary, scored).verdicts == STANDARDS.baseline.verdicts


def test_a_quote_altered_by_one_character_closes_the_gate(
    assistant: Assistant,
    reader: TrainedReader,
    healthy: list[Outcome],
    gold: Gold,
    tmp_path: Path,
) -> None:
    broken = built(OneCharacterOff, assistant.retriever, reader)
    found = reasons(run(broken), gold, tmp_path)
    assert any(reason.startswith("citation: ") and "not verbatim" in reason for reason in found)
    assert any(reason.startswith("floor: verbatim_rate") for reason in found)


def test_retrieval_without_bm25_closes_the_gate(
    assistant: Assistant, reader: TrainedReader, gold: Gold, tmp_path: Path
) -> None:
    retriever = assistant.retriever
    one_leg = WithoutBm25(index=retriever.index, encoder=retriever.encoder)
    found = reasons(run(built(Assistant, one_leg, reader)), gold, tmp_path)
    assert any(reason.startswith("regression: ") for reason in found)
    assert any(reason.startswith("floor: bm25_recall_at_10 is 0.000") for reason in found)


def test_never_abstaining_closes_the_gate(
    sound: Assistant, healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    found = reasons(run(sound.with_thresholds(Thresholds(0.0, 0.0))), gold, tmp_path)
    assert any(reason.startswith("floor: false_answer_rate ") for reason in found)
    assert any(reason.startswith("regression: un-") and "is false" in reason for reason in found)


def test_every_shown_quote_is_verbatim_at_its_offsets(
    healthy: list[Outcome], assistant: Assistant
) -> None:
    quotes = [q for o in healthy for q in (*o.answer.citations, *o.answer.related)]
    assert len(quotes) > len(CASES)
    for quote in quotes:
        assert assistant.documents[quote.document].text[quote.start : quote.end] == quote.quote


def test_an_abstention_keeps_what_would_have_been_answered(healthy: list[Outcome]) -> None:
    held_back = [outcome for outcome in healthy if outcome.unguarded]
    assert {outcome.answer.status for outcome in held_back} == {"abstained"}
    assert any(outcome.unguarded and outcome.unguarded.citations for outcome in held_back)


def test_stored_answers_score_the_same(healthy: list[Outcome], gold: Gold, tmp_path: Path) -> None:
    suite.record(healthy, tmp_path, lambda: None)
    stored, described = suite.stored_outcomes(tmp_path / "answers.jsonl", CASES, gold)
    assert stored == healthy
    assert described is None


def test_stored_answers_are_judged_by_the_facts_of_today(
    healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    suite.record(healthy[:1], tmp_path, lambda: None)
    case = healthy[0].case.model_copy(update={"facts": (("nergens te vinden",),)})
    stored, _ = suite.stored_outcomes(tmp_path / "answers.jsonl", [case], gold)
    assert stored[0].case.facts == (("nergens te vinden",),)


def test_stored_answers_over_other_texts_are_refused(
    healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    outcome = next(o for o in healthy if o.answer.citations)
    other = outcome.answer.citations[0].model_copy(update={"version": "sha256:0"})
    answer = outcome.answer.model_copy(update={"citations": (other,)})
    suite.record([outcome.model_copy(update={"answer": answer})], tmp_path, lambda: None)
    with pytest.raises(CaseError, match="answer the cases again"):
        suite.stored_outcomes(tmp_path / "answers.jsonl", [], gold)


def test_a_case_that_misquotes_the_corpus_is_named(settings: Settings) -> None:
    case = next(case for case in CASES if case.answerable)
    source = case.sources[0].model_copy(update={"quote": case.sources[0].quote + "!"})
    with pytest.raises(CaseError, match=case.id):
        suite.open_gold(settings, [case.model_copy(update={"sources": (source,)})])


def test_a_run_leaves_answers_configuration_figures_and_reports(
    settings: Settings, gold: Gold, tmp_path: Path
) -> None:
    plan = suite.Plan(CASES[:3], None, 1)
    outcomes, described = suite.answer_cases(plan, settings, gold, tmp_path, lambda: None)
    suite.report_on(outcomes, described, gold, STANDARDS, tmp_path)
    saved = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert saved["manifest"]["documents"].keys() == gold.documents.keys()
    assert saved["thresholds"] == asdict(bundled_calibration().thresholds)
    assert saved["cold_start_seconds"] > 0
    assert saved["settings"]["llm_api_key"] in ("", "**********")
    figures = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert figures["verbatim_rate"] == 1.0
    assert figures["figures"]["verbatim_rate"]["cases"] > 0
    assert {p.name for p in tmp_path.iterdir()} == {
        "answers.jsonl",
        "dataset.parquet",
        "metrics.json",
        "report.html",
        "report.md",
        "run.json",
    }


def test_a_server_gets_the_same_figures_as_this_process(
    healthy: list[Outcome], gold: Gold, server: str, tmp_path: Path
) -> None:
    some = healthy[::12]
    there = list(run_cases(OverHttp(server), [outcome.case for outcome in some], 2))
    here = suite.report_on(some, None, gold, STANDARDS, tmp_path)[1].summary
    told = suite.report_on(there, None, gold, STANDARDS, tmp_path)[1].summary
    assert told.figures == {n: f for n, f in here.figures.items() if n in told.figures}
    assert here.figures.keys() - told.figures.keys() == {
        "aurc",
        "bm25_recall_at_10",
        "brier_score",
        "dense_recall_at_10",
        "expected_calibration_error",
    }


def test_an_interrupted_run_keeps_what_it_has(
    healthy: list[Outcome], gold: Gold, tmp_path: Path
) -> None:
    def broken_off() -> Iterator[Outcome]:
        yield from healthy[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suite.record(broken_off(), tmp_path, lambda: None)
    kept, _ = suite.stored_outcomes(tmp_path / "answers.jsonl", [], gold)
    assert kept == healthy[:2]
