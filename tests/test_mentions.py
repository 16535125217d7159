"""Dates, numbers and names in Dutch text."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.mentions import (
    Mention,
    find_dates,
    find_names,
    find_numbers,
    find_years,
    lower_case_words,
)


def texts(mentions: list[Mention]) -> list[str]:
    return [mention.text for mention in mentions]


def names(text: str, ordinary_words: frozenset[str] = frozenset()) -> list[str]:
    return texts(find_names(text, ordinary_words))


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("De laatste stuurgroep dateert van 17 januari 2013.", ["17 januari 2013"]),
        ("in de periode 2011 - 2013", ["2011 - 2013"]),
        ("in de zomer van 2016 opgericht", ["zomer van 2016"]),
        ("wordt sinds januari 2018 voorgezeten", ["januari 2018"]),
        ("af te ronden in het najaar 2014", ["najaar 2014"]),
        ("een looptijd van juni 2013 tot mei 2015", ["juni 2013", "mei 2015"]),
        ("op 17/01/2013, 24.5.2017 of 2017-05-24", ["17/01/2013", "24.5.2017", "2017-05-24"]),
        ("op 9 en 10 september 2016", ["9 en 10 september 2016"]),
        ("op 3 MEI", ["3 MEI"]),
        ("Er zijn 17 partnerschappen en 12345 leden", []),
    ],
)
def test_dates_are_found_as_written(text: str, dates: list[str]) -> None:
    assert texts(find_dates(text)) == dates


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Er zijn momenteel 17 sectorale partnerschappen", ["17"]),
        ("een opzegtermijn van 6 maanden", ["6 maanden"]),
        ("rond twee inhoudelijke pijlers", ["twee"]),
        ("5 procent, 5 % of € 1.500,50", ["5 procent", "5 %", "€ 1.500,50"]),
        ("17 januari 2013", []),
        ("Er kwamen 5 stuurgroepen in de periode 2011 - 2013", ["5"]),
        ("HBO5, 3voor1 en STEM-2", []),
    ],
)
def test_numbers_are_found_with_their_unit_but_not_in_dates(text: str, numbers: list[str]) -> None:
    assert texts(find_numbers(text)) == numbers


@pytest.mark.parametrize("marker", ["6. ", " 6. ", "- 6. "])
def test_the_number_of_a_list_item_is_no_count(marker: str) -> None:
    assert texts(find_numbers(f"{marker}Duur van 3 jaar")) == ["3 jaar"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("werd prof.dr. Luc Sels aangesteld", ["prof.dr. Luc Sels"]),
        ("voorgezeten door Dhr. Dr. Frank Baert.", ["Dhr. Dr. Frank Baert"]),
        ("mevr. An De Smet-Peeters van VDAB", ["mevr. An De Smet-Peeters"]),
        ("Fons LEROY, gedelegeerd bestuurder en Jef ROOS", ["Fons LEROY", "Jef ROOS"]),
        ("door Jan van den Berg en VDAB", ["Jan van den Berg", "VDAB"]),
        ("de onderwijskoepels (POV, OVSG)", ["POV", "OVSG"]),
        ("de stuurgroep komt samen", []),
    ],
)
def test_names_are_found_with_their_title(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_capitalised_ordinary_words_are_no_name() -> None:
    ordinary = lower_case_words("de sectorale partnerschappen zijn lokale besturen")
    assert names("Lokale Besturen en Mieck Vos", ordinary) == ["Mieck Vos"]


def test_lower_case_words_leave_out_what_is_only_capitalised() -> None:
    found = lower_case_words("De stuurgroep en Één coördinator van VDAB")
    assert found == {"stuurgroep", "en", "coordinator", "van"}


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("in de periode 2011 - 2013", ["2011", "2013"]),
        ("Overeenkomst 2019-2024", ["2019", "2024"]),
        ("op 17/01/2013, 24.5.2017 of 2017-05-24", ["2013", "2017", "2017"]),
        ("De wet van 1899, herzien in 2000.", ["1899", "2000"]),
        ("schooljaar 2019/20 en STEM2020", ["2019", "2020"]),
        ("12018 leden, 20180 euro, 1799, 2100 en 201", []),
        ("", []),
    ],
)
def test_years_are_found_in_four_digits(text: str, years: list[str]) -> None:
    assert find_years(text) == years


@pytest.mark.parametrize(
    "find", [find_dates, find_numbers, lambda text: find_names(text, frozenset())]
)
@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from("17 januari 2013 - Dhr. Luc Sels VDAB zes 6. maanden € % é".split())
    )
)
def test_a_mention_is_an_exact_slice(
    find: Callable[[str], list[Mention]], parts: list[str]
) -> None:
    text = " ".join(parts)
    found = find(text)
    assert all(text[mention.start : mention.end] == mention.text for mention in found)
    assert [mention.start for mention in found] == sorted(mention.start for mention in found)
