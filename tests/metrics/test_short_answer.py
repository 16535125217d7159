"""Exact match and token F1 of short answers, worked out by hand."""

import pytest

from assistant.evaluation.metrics.short_answer import exact_match, token_f1


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("17/01/2013", "17 januari 2013"),
        ("De VDAB.", "VDAB"),
        ("het Kabinet Werk", "Kabinet Werk"),
        ("'t Kabinet Werk", "kabinet werk"),
        ("vijf jaar", "5 jaar"),
    ],
)
def test_articles_signs_and_spelling_do_not_matter(given: str, accepted: str) -> None:
    assert exact_match(given, [accepted])
    assert token_f1(given, [accepted]) == 1.0


@pytest.mark.parametrize("given", ["", "6 jaar", "5 jaar lang", "jaar 5"])
def test_other_words_or_another_order_are_no_exact_match(given: str) -> None:
    assert not exact_match(given, ["5 jaar"])


def test_any_accepted_spelling_may_match_exactly() -> None:
    assert exact_match("zes maanden", ["een half jaar", "6 maanden"])


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    # given: kabinet onderwijs vlaanderen (3), accepted: kabinet onderwijs (2), shared: 2
    precision, recall = 2 / 3, 2 / 2
    expected = 2 * precision * recall / (precision + recall)
    assert expected == pytest.approx(0.8)
    assert token_f1("Kabinet Onderwijs Vlaanderen", ["Kabinet Onderwijs"]) == pytest.approx(0.8)


def test_a_repeated_word_counts_as_often_as_it_is_accepted() -> None:
    # given 3 tokens, accepted 1, shared 1: 2 * 1 / (3 + 1)
    assert token_f1("jaar jaar jaar", ["jaar"]) == 2 * 1 / (3 + 1)


def test_f1_takes_the_spelling_that_fits_best() -> None:
    # against "half jaar" 2 * 1 / (2 + 2), against "6 maanden" nothing
    assert token_f1("heel jaar", ["6 maanden", "een half jaar"]) == 2 * 1 / (2 + 2)


@pytest.mark.parametrize(
    ("given", "accepted"), [("", ["VDAB"]), ("VVSG", ["VDAB"]), ("de", ["VDAB"]), ("VDAB", [])]
)
def test_nothing_shared_is_zero(given: str, accepted: list[str]) -> None:
    assert token_f1(given, accepted) == 0.0
    assert not exact_match(given, accepted)
