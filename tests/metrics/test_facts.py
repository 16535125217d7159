"""A nugget is found in any of its spellings, as whole words."""

import pytest

from assistant.evaluation.metrics.facts import facts_found


@pytest.mark.parametrize(
    ("fact", "text", "found"),
    [
        ("17 januari 2013", "op 17/01/2013.", True),
        ("17/01/2013", "De laatste stuurgroep dateert van 17 Januari\n2013.", True),
        ("vijf", "Er kwamen 5 stuurgroepen", True),
        ("5", "in 2015", False),
        ("5", "25 leden", False),
        ("2 decreten", "op basis van twee decreten", True),
        ("2 decreten", "op 2 december", False),
        ("efficiëntie", "op vlak van EFFICIENTIE", True),
        ("VDAB", "de VDAB-tools", True),
        ("VDAB", "VDABer", False),
        ("GO!", "het GO! en VDAB", True),
        ("1.500", "€ 1500", True),
    ],
)
def test_a_fact_is_found_as_whole_words_in_one_spelling(fact: str, text: str, found: bool) -> None:
    assert facts_found([[fact]], [text]) == [found]


def test_one_accepted_spelling_is_enough() -> None:
    assert facts_found([["een half jaar", "6 maanden"]], ["Dat duurt zes maanden."]) == [True]


def test_every_nugget_is_looked_for_in_every_text() -> None:
    facts = [["VDAB"], ["VVSG"], ["VOKA"]]
    assert facts_found(facts, ["VVSG tekent", "VDAB ook"]) == [True, True, False]


def test_a_fact_does_not_run_over_two_texts() -> None:
    assert facts_found([["17 januari 2013"]], ["op 17 januari", "2013 was goed"]) == [False]


def test_nothing_is_found_in_no_text() -> None:
    assert facts_found([["VDAB"]], []) == [False]
    assert facts_found([], ["VDAB"]) == []


@pytest.mark.parametrize(
    "text", ["3,5 procent", "5,3 procent", "1.5 miljoen", "2015", "artikel 3.5"]
)
def test_a_number_does_not_stand_inside_another(text: str) -> None:
    assert facts_found([["5"]], [text]) == [False]


def test_a_number_stands_before_a_comma_or_full_stop() -> None:
    assert facts_found([["5"]], ["Het zijn er 5, of niet."]) == [True]
    assert facts_found([["5"]], ["Het zijn er 5."]) == [True]
