"""What may be written in several ways gets one spelling; nothing else changes."""

import pytest

from assistant.evaluation.metrics.canonical import canonical


@pytest.mark.parametrize(
    "written",
    [
        "17 januari 2013",
        "17 Januari\n2013",
        "17/01/2013",
        "17/1/2013",
        "17-01-2013",
        "17.01.2013",
        "2013-01-17",
        "17 jan. 2013",
        "17 jan 2013",
    ],
)
def test_a_date_has_one_spelling(written: str) -> None:
    assert canonical(written) == "17 januari 2013"


@pytest.mark.parametrize("written", ["07 maart 2013", "7 mrt. 2013", "7 mrt 2013", "07/03/2013"])
def test_march_has_one_spelling(written: str) -> None:
    assert canonical(written) == "7 maart 2013"


@pytest.mark.parametrize(
    ("written", "month"),
    [("febr.", "februari"), ("mei", "mei"), ("sept.", "september"), ("okt", "oktober")],
)
def test_months_may_be_abbreviated(written: str, month: str) -> None:
    assert canonical(f"op 3 {written} 2016") == f"op 3 {month} 2016"


@pytest.mark.parametrize(
    "text", ["2 decreten", "12 meisjes", "5 maanden", "3 juristen", "1 jantje"]
)
def test_a_word_that_starts_like_a_month_is_no_month(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize("text", ["17/13/2013", "32/01/2013", "2013-13-01", "0/1/2013"])
def test_what_is_no_date_stays(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("written", "expected"),
    [("vijf", "5"), ("Twintig leden", "20 leden"), ("twaalf", "12"), ("nul", "nul")],
)
def test_number_words_become_digits(written: str, expected: str) -> None:
    assert canonical(written) == expected


@pytest.mark.parametrize("text", ["een overeenkomst", "vijfde", "achter"])
def test_the_article_and_longer_words_stay(text: str) -> None:
    assert canonical(text) == text


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1.500", "1500"), ("1.500.000", "1500000"), ("1.500,50", "1500,50"), ("3.14", "3.14")],
)
def test_thousands_lose_their_point(written: str, expected: str) -> None:
    assert canonical(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("EFFICIËNTIE", "efficientie"),
        ("  de\u00a0 VDAB\n", "de vdab"),
        ("‘lokale’ – markt", "'lokale' - markt"),
        ("", ""),
    ],
)
def test_case_accents_spaces_and_signs_do_not_matter(written: str, expected: str) -> None:
    assert canonical(written) == expected


def test_the_end_of_a_sentence_after_a_month_ends_the_date() -> None:
    assert canonical("Getekend op 5 mei. De rest volgt.") == "getekend op 5 mei de rest volgt."
