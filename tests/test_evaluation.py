"""Cases, metrics, report and gate; the figures are worked out by hand."""

import math
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.documents import Corpus
from assistant.evaluation import metrics, report
from assistant.evaluation.beir import load_benchmark, measure
from assistant.evaluation.cases import Case, load_cases
from assistant.evaluation.runner import Outcome, run_cases, write_outcomes

ROOT = Path(__file__).parents[1]
CASES = load_cases(sorted((ROOT / "evals" / "cases").glob("*.jsonl")))
ANSWERABLE = [case for case in CASES if case.answerable]


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.id)
def test_every_source_quote_is_verbatim_and_holds_the_facts(case: Case, corpus: Corpus) -> None:
    texts = {document.id: document.text for document in corpus.documents}
    assert [s.quote for s in case.sources if s.quote not in texts[s.document]] == []
    assert all(metrics.facts_found(case.facts, [source.quote for source in case.sources]))


def test_no_question_copies_a_sentence_of_its_source() -> None:
    copied = [c.id for c in ANSWERABLE for s in c.sources if c.question.rstrip("?") in s.quote]
    assert copied == []


@pytest.mark.parametrize(
    ("fact", "text", "found"),
    [
        ("17 januari 2013", "op 17/01/2013.", True),
        ("17/01/2013", "De laatste stuurgroep dateert van 17 Januari\n2013.", True),
        ("vijf", "Er kwamen 5 stuurgroepen", True),
        ("5", "in 2015", False),
        ("efficiëntie", "op vlak van EFFICIENTIE", True),
        ("VDAB", "de VDAB-tools", True),
    ],
)
def test_facts_are_compared_in_one_spelling(fact: str, text: str, found: bool) -> None:
    assert metrics.facts_found([[fact]], [text]) == [found]


def test_recall_counts_ranks_up_to_k() -> None:
    assert metrics.recall_at([1, 5, 6, None], 5) == 0.5


def test_mean_reciprocal_rank() -> None:
    assert metrics.mean_reciprocal_rank([1, 4, None, 11]) == pytest.approx((1 + 0.25) / 4)


def test_ndcg_of_a_hand_worked_ranking() -> None:
    gained = 1 / math.log2(3) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 1 / math.log2(3)
    assert metrics.ndcg(["x", "a", "b"], {"a": 1, "b": 2}) == pytest.approx(gained / best)


def test_ndcg_without_relevant_documents_is_zero() -> None:
    assert metrics.ndcg(["a"], {}) == 0.0


def test_percentile_takes_the_nearest_rank() -> None:
    assert metrics.percentile([4, 1, 3, 2], 0.5) == 2
    assert metrics.percentile(list(range(1, 101)), 0.95) == 95
    assert metrics.percentile([], 0.5) == 0.0


@pytest.fixture(scope="module")
def outcomes(assistant: Assistant) -> list[Outcome]:
    return run_cases(assistant, CASES, on_done=lambda: None)


def test_retrieval_finds_the_right_passage_in_the_first_five(
    outcomes: list[Outcome], assistant: Assistant
) -> None:
    judged = [report.judge(outcome, assistant.documents) for outcome in outcomes]
    assert report.score(judged, assistant.documents).recall_at_5 >= 0.95


def test_every_shown_quote_is_verbatim_at_its_offsets(
    outcomes: list[Outcome], assistant: Assistant
) -> None:
    quotes = [q for o in outcomes for q in (*o.answer.citations, *o.answer.related)]
    assert len(quotes) > len(CASES)
    for quote in quotes:
        assert assistant.documents[quote.document].text[quote.start : quote.end] == quote.quote


def test_an_altered_quote_lowers_the_verbatim_rate(
    outcomes: list[Outcome], assistant: Assistant
) -> None:
    outcome = next(o for o in outcomes if o.answer.citations)
    first = outcome.answer.citations[0]
    forged = first.model_copy(update={"quote": first.quote[:-1] + "!"})
    citations = (forged, *outcome.answer.citations[1:])
    altered = outcome.model_copy(
        update={"answer": outcome.answer.model_copy(update={"citations": citations})}
    )
    figures = report.score([report.judge(altered, assistant.documents)], assistant.documents)
    assert figures.verbatim_rate < 1.0
    assert report.gate_failures(figures, ROOT / "evals" / "gate.toml")


def test_outcomes_are_written_one_a_line(outcomes: list[Outcome], tmp_path: Path) -> None:
    write_outcomes(outcomes[:3], tmp_path / "answers.jsonl")
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    assert [Outcome.model_validate_json(line) for line in lines] == outcomes[:3]


def test_a_quote_that_is_not_in_the_corpus_is_reported(assistant: Assistant) -> None:
    case = ANSWERABLE[0]
    source = case.sources[0].model_copy(update={"quote": case.sources[0].quote + "!"})
    altered = case.model_copy(update={"sources": (source,)})
    assert report.missing_quotes(CASES, assistant.documents) == []
    assert report.missing_quotes([altered], assistant.documents) == [case.id]


def test_a_beir_folder_is_measured(tmp_path: Path) -> None:
    (tmp_path / "corpus.jsonl").write_text(
        '{"_id": "a", "title": "", "text": "De trein had vertraging."}\n'
        '{"_id": "b", "title": "", "text": "Het pensioen stijgt."}\n'
    )
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "Pensioenen"}\n')
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n")
    benchmark = load_benchmark(tmp_path)
    assert [document.text for document in benchmark.documents][1] == "Het pensioen stijgt."
    assert measure("second", lambda query: ["a", "a", "b"], benchmark).mrr_at_10 == 0.5
