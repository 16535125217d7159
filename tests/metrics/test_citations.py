"""Citations against gold quotes, by their offsets."""

import pytest

from assistant.evaluation.metrics.citations import Span, covered, is_verbatim, overlap, supported

GOLD = Span("nota", 10, 20)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (10, 20, True),
        (0, 11, True),
        (19, 30, True),
        (12, 15, True),
        (0, 30, True),
        (0, 10, False),
        (20, 30, False),
    ],
)
def test_spans_overlap_when_they_share_a_character(start: int, end: int, expected: bool) -> None:
    span = Span("nota", start, end)
    assert overlap(span, GOLD) is expected
    assert overlap(GOLD, span) is expected


def test_spans_of_different_documents_do_not_overlap() -> None:
    assert not overlap(Span("bijlage", 10, 20), GOLD)


def test_precision_is_over_citations_and_recall_over_gold_quotes() -> None:
    gold = [GOLD, Span("nota", 40, 50), Span("bijlage", 0, 5)]
    cited = [Span("nota", 15, 45), Span("nota", 60, 70)]
    assert supported(cited, gold) == [True, False]  # precision 1/2
    assert covered(cited, gold) == [True, True, False]  # recall 2/3


def test_no_citation_covers_nothing_and_has_no_precision() -> None:
    assert supported([], [GOLD]) == []
    assert covered([], [GOLD]) == [False]


def test_a_citation_without_gold_is_not_supported() -> None:
    assert supported([GOLD], []) == [False]


@pytest.mark.parametrize(
    ("quote", "start", "end", "expected"),
    [
        ("zes maanden", 8, 19, True),
        ("zes maanden", 7, 19, False),
        ("zes maanden", 8, 18, False),
        ("Zes maanden", 8, 19, False),
        ("zes  maanden", 8, 19, False),
        ("", 8, 8, False),
    ],
)
def test_a_quote_is_verbatim_when_it_is_the_text_at_its_offsets(
    quote: str, start: int, end: int, expected: bool
) -> None:
    assert is_verbatim(quote, Span("nota", start, end), "Termijn zes maanden.") is expected
