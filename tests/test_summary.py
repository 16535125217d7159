"""Figures over six questions, worked out by hand."""

import math

import pytest

from assistant.evaluation.baseline import Changes, make_baseline
from assistant.evaluation.gate import Bounds, gate_failures
from assistant.evaluation.scoring import Scored, score
from assistant.evaluation.summary import (
    AURC,
    BRIER,
    ECE,
    HIGHER_IS_BETTER,
    METRICS,
    Estimate,
    summarise,
)
from test_scoring import (
    COSTS,
    DUUR,
    GOLD,
    HOW_LONG,
    LASTS,
    LEDEN,
    OFF,
    SIGNED,
    SLOT,
    TERMS,
    WHEN,
    abstained,
    answered,
    case,
    cite,
    outcome,
)

MISSING = case("ontbreekt", "missing_fact", [])
PREMISE = case("verkeerd", "false_premise", [])
KEYWORDS = WHEN.model_copy(update={"style": ("keyword", "typo")})
ALTERED = cite(LASTS).model_copy(update={"quote": "De overeenkomst loopt zes jaar."})

OUTCOMES = [
    outcome(
        KEYWORDS,
        answered(cite(SIGNED), short="17/01/2013", sure=0.9),
        SLOT,
        legs={"bm25": [SLOT], "dense": []},
        total=10,
    ),
    outcome(
        HOW_LONG,
        answered(cite(LASTS), short="6 jaar", sure=0.8),
        LEDEN,
        DUUR,
        legs={"bm25": [LEDEN], "dense": [LEDEN]},
        total=60,
    ),
    outcome(
        TERMS,
        abstained(sure=0.3),
        DUUR,
        LEDEN,
        unguarded=answered(cite(LASTS), cite(COSTS)),
        legs={"bm25": [DUUR], "dense": [DUUR]},
        total=20,
    ),
    outcome(MISSING, answered(cite(COSTS), sure=0.7), total=50),
    outcome(PREMISE, abstained(ALTERED, sure=0.2), unguarded=answered(cite(LASTS)), total=30),
    outcome(OFF, answered(cite(LASTS), sure=0.6), total=40),
]
SCORED = [score(item, GOLD) for item in OUTCOMES]
SUMMARY = summarise(SCORED)


def value(name: str) -> float:
    return SUMMARY.figures[name].value


def one(item: Scored, name: str) -> Estimate:
    return summarise([item]).figures[name]


def test_questions_are_counted() -> None:
    assert (SUMMARY.cases, SUMMARY.answerable) == (6, 3)


@pytest.mark.parametrize(
    ("name", "expected", "concerned"),
    [
        # of the answerable: one right, one wrong, one abstention
        ("fact_accuracy", 1 / 3, 3),
        ("wrong_rate", 1 / 3, 3),
        ("abstention_rate", 1 / 3, 3),
        # nuggets 1 of 1, 0 of 1, 0 of 2
        ("nugget_recall", 1 / 4, 3),
        # of the unanswerable: two answered, one abstention
        ("false_answer_rate", 2 / 3, 3),
        # only the missing fact and the false premise; off topic is no near miss
        ("false_answer_rate_near_miss", 1 / 2, 2),
        # right, wrong, abstained, false, due abstention, false
        ("crag_score", (1 - 1 + 0 - 1 + 1 - 1) / 6, 6),
        # the date is exact; "6 jaar" shares one token of two with "6 maanden"
        ("short_answer_accuracy", 1 / 2, 2),
        ("short_answer_exact", 1 / 2, 2),
        ("short_answer_f1", (1 + 1 / 2) / 2, 2),
        # quotes 1 each of five, one altered; the abstention on the terms shows none
        ("verbatim_rate", 4 / 5, 5),
        # citations of answerable questions: 1 of 1, 0 of 1; sources 1 of 1, 0 of 1, 0 of 2
        ("citation_precision", 1 / 2, 2),
        ("citation_recall", 1 / 4, 3),
        # abstentions: one due, one undue; two missed
        ("abstention_precision", 1 / 2, 2),
        ("abstention_recall", 1 / 3, 3),
        ("abstention_f1", 2 * 1 / (2 * 1 + 1 + 2), 4),
        # ranks [1], [2], [1, none]
        ("recall_at_1", (1 + 0 + 1 / 2) / 3, 3),
        ("recall_at_5", (1 + 1 + 1 / 2) / 3, 3),
        ("recall_at_10", (1 + 1 + 1 / 2) / 3, 3),
        ("mrr_at_10", (1 + 1 / 2 + 1) / 3, 3),
        # the legs alone: BM25 1, 0, 1/2 of the sources; dense 0, 0, 1/2
        ("bm25_recall_at_10", (1 + 0 + 1 / 2) / 3, 3),
        ("dense_recall_at_10", (0 + 0 + 1 / 2) / 3, 3),
    ],
)
def test_a_figure_worked_out_by_hand(name: str, expected: float, concerned: int) -> None:
    assert value(name) == pytest.approx(expected)
    assert SUMMARY.figures[name].cases == concerned


def test_ndcg_worked_out_by_hand() -> None:
    # one of one at rank 1; one of two at rank 2; one of two at rank 1
    second = 1 / math.log2(3)
    expected = (1 + second / (1 + second) + 1 / (1 + second)) / 3
    assert value("ndcg_at_10") == pytest.approx(expected)


def test_aurc_judges_what_an_abstention_held_back() -> None:
    # .9 right, .8 wrong, .7 false, .6 false, .3 would be right, .2 would be false
    risks = [0 / 1, 1 / 2, 2 / 3, 3 / 4, 3 / 5, 4 / 6]
    assert value(AURC) == pytest.approx(sum(risks) / 6)


def test_calibration_judges_what_an_abstention_held_back() -> None:
    # each alone in its bin: .9 right, .8 wrong, .7 false, .6 false, .3 would be right, .2 false
    assert value(ECE) == pytest.approx((0.1 + 0.8 + 0.7 + 0.6 + 0.7 + 0.2) / 6)
    assert value(BRIER) == pytest.approx((0.01 + 0.64 + 0.49 + 0.36 + 0.49 + 0.04) / 6)
    assert SUMMARY.figures[ECE].cases == SUMMARY.figures[BRIER].cases == 6


def test_calibration_leaves_out_where_nothing_was_held_back() -> None:
    empty = score(outcome(OFF, abstained(sure=0.0), unguarded=abstained(sure=0.0)), GOLD)
    figures = summarise([*SCORED, empty]).figures
    assert (figures[AURC].cases, figures[ECE].cases) == (7, 6)
    assert (figures[ECE], figures[BRIER]) == (SUMMARY.figures[ECE], SUMMARY.figures[BRIER])
    assert not {ECE, BRIER} & set(summarise([empty]).figures)


def test_what_is_told_of_confidence_is_left_out_when_an_abstention_hides_what_it_held_back() -> (
    None
):
    hidden = score(outcome(OFF, abstained()), GOLD)
    told = set(summarise([*SCORED, hidden]).figures)
    assert told == set(SUMMARY.figures) - {AURC, ECE, BRIER}


@pytest.mark.parametrize("name", [AURC, ECE, BRIER])
def test_a_figure_of_the_confidence_has_an_interval_within_its_range(name: str) -> None:
    estimate = SUMMARY.figures[name]
    assert 0.0 <= estimate.low < estimate.high <= 1.0


@pytest.mark.parametrize("name", [ECE, BRIER])
def test_the_gate_bounds_calibration_from_above(name: str) -> None:
    reasons = gate_failures(SCORED[:1], SUMMARY, Changes(), Bounds(most={name: 0.2}))
    assert reasons == [f"floor: {name} is {value(name):.3f}, must be at most 0.2"]
    hidden = summarise([score(outcome(OFF, abstained()), GOLD)])
    assert gate_failures(SCORED[:1], hidden, Changes(), Bounds(most={name: 0.2})) == []


def test_a_baseline_keeps_calibration() -> None:
    figures = make_baseline(SUMMARY, SCORED).figures
    assert (figures[ECE], figures[BRIER]) == (0.516667, 0.338333)  # 3.1 / 6 and 2.03 / 6


def test_every_metric_says_which_way_is_better() -> None:
    assert set(SUMMARY.figures) == set(HIGHER_IS_BETTER)
    lower = {name for name, is_higher in HIGHER_IS_BETTER.items() if not is_higher}
    assert lower == {
        "wrong_rate",
        "abstention_rate",
        "false_answer_rate",
        "false_answer_rate_near_miss",
        AURC,
        ECE,
        BRIER,
    }


@pytest.mark.parametrize("name", [metric.name for metric in METRICS])
def test_every_interval_holds_its_figure(name: str) -> None:
    estimate = SUMMARY.figures[name]
    assert estimate.low <= estimate.value <= estimate.high


@pytest.mark.parametrize("item", SCORED, ids=lambda item: item.case.id)
def test_the_interval_of_one_question_holds_its_figure(item: Scored) -> None:
    figures = summarise([item]).figures
    assert [n for n, e in figures.items() if not e.low <= e.value <= e.high] == []
    assert (figures["crag_score"].low, figures["crag_score"].high) == (-1.0, 1.0)


def test_a_metric_without_questions_is_left_out() -> None:
    answerable, unanswerable = summarise(SCORED[:3]).figures, summarise(SCORED[3:]).figures
    assert "false_answer_rate" not in answerable
    assert "fact_accuracy" in answerable
    assert "fact_accuracy" not in unanswerable
    assert "recall_at_5" not in unanswerable
    assert "crag_score" in unanswerable


def test_a_leg_that_is_not_known_has_no_figures() -> None:
    legless = score(outcome(WHEN, answered(cite(SIGNED)), SLOT), GOLD)
    summary = summarise([legless])
    assert set(SUMMARY.figures) - set(summary.figures) >= {
        "bm25_recall_at_10",
        "dense_recall_at_10",
    }
    assert set(summary.retrieval["passage"]) == {"hybrid"}


def test_nothing_has_no_figures() -> None:
    nothing = summarise([])
    assert (nothing.cases, nothing.figures, nothing.retrieval) == (0, {}, {})


def test_slices_by_split() -> None:
    # by the hash of the id: HOW_LONG and PREMISE are in the test split
    assert SUMMARY.slices["split"]["test"]["fact_accuracy"].value == 0.0
    assert SUMMARY.slices["split"]["test"]["crag_score"].value == (-1 + 1) / 2
    assert SUMMARY.slices["split"]["dev"]["fact_accuracy"].value == 1 / 2
    assert SUMMARY.slices["split"]["dev"]["crag_score"].value == (1 + 0 - 1 - 1) / 4


def test_slices_by_type() -> None:
    types = SUMMARY.slices["type"]
    assert list(types) == sorted({item.case.type for item in SCORED})
    assert types["date"]["fact_accuracy"].value == 1.0
    assert types["number"]["fact_accuracy"].value == 0.0
    assert types["missing_fact"]["false_answer_rate"].value == 1.0


def test_slices_by_style_count_a_question_under_each_of_its_styles() -> None:
    styles = SUMMARY.slices["style"]
    counts = {style: figures["crag_score"].cases for style, figures in styles.items()}
    assert counts == {"keyword": 1, "typo": 1, "plain": 5}
    assert styles["keyword"]["fact_accuracy"].value == 1.0


def test_slices_by_document_count_a_question_under_each_of_its_sources() -> None:
    documents = SUMMARY.slices["document"]
    assert set(documents) == {"nota", "bijlage"}
    assert documents["nota"]["fact_accuracy"].value == 1 / 3
    assert documents["bijlage"]["fact_accuracy"].value == 0.0
    assert documents["bijlage"]["fact_accuracy"].cases == 1


def test_retrieval_has_the_figures_of_the_hybrid_on_both_levels() -> None:
    passage, document = SUMMARY.retrieval["passage"], SUMMARY.retrieval["document"]
    names = {"recall_at_1", "recall_at_5", "recall_at_10", "mrr_at_10", "ndcg_at_10"}
    assert set(passage["hybrid"]) == names
    assert {name: passage["hybrid"][name].value for name in names} == {n: value(n) for n in names}
    # by document: nota first in all three, the annex of the terms not found
    assert document["hybrid"]["recall_at_1"].value == pytest.approx((1 + 1 + 1 / 2) / 3)
    assert document["hybrid"]["mrr_at_10"].value == 1.0


def test_latency_is_given_in_percentiles() -> None:
    # of 10, 20, 30, 40, 50, 60: rank ceil(6 * .5) = 3 and ceil(6 * .95) = 6
    whole = SUMMARY.latency["whole answer"]
    assert (whole.p50, whole.p95, whole.p99) == (30, 60, 60)
    assert SUMMARY.latency["retrieve"].p99 == 0.0


def test_the_same_answers_give_the_same_summary() -> None:
    assert summarise(SCORED) == SUMMARY
