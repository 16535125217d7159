"""Abbreviations that a text defines."""

import pytest

from assistant.documents import Corpus
from assistant.dutch.abbreviations import find_abbreviations


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Voor Tweedekansonderwijs (TKO) start het.", "TKO", "Tweedekansonderwijs"),
        ("Een SPOC (single point of contact) is er.", "SPOC", "single point of contact"),
        (
            "de Vereniging van Vlaamse Steden en Gemeenten, verder vermeld als VVSG, in haar rol",
            "VVSG",
            "Vereniging van Vlaamse Steden en Gemeenten",
        ),
        (
            "het Centrum voor Leerlingenbegeleiding, hierna genoemd CLB, werkt mee",
            "CLB",
            "Centrum voor Leerlingenbegeleiding",
        ),
    ],
)
def test_a_definition_is_found_in_every_order(text: str, short: str, long: str) -> None:
    assert find_abbreviations(text) == {short: long}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Kabinet Werk (voorzitter)",
        "de interprofessionele sociale partners (ACV, ACLVB, ABVV)",
        "het huis aan de straat (TKO)",
        "Samen (Bu) SO scholen",
        "VDAB werkt samen met VVSG.",
    ],
)
def test_nothing_is_found_where_the_letters_do_not_spell_it(text: str) -> None:
    assert find_abbreviations(text) == {}


def test_the_first_definition_counts() -> None:
    text = "Tweedekansonderwijs (TKO) en later: Technisch Klas Onderwijs (TKO)."
    assert find_abbreviations(text) == {"TKO": "Tweedekansonderwijs"}


def test_the_corpus_defines_its_abbreviations(corpus: Corpus) -> None:
    found: dict[str, str] = {}
    for document in corpus.documents:
        found |= find_abbreviations(document.text)
    assert found["TKO"] == "Tweedekansonderwijs"
    assert found["SPOC"] == "single point of contact"
    assert found["VDAB"] == "Vlaamse dienst voor Arbeidsbemiddeling en Beroepsopleiding"
    assert found["VVSG"] == "Vereniging van Vlaamse Steden en Gemeenten"


def test_every_long_form_stands_in_the_corpus(corpus: Corpus) -> None:
    for document in corpus.documents:
        for short, long in find_abbreviations(document.text).items():
            assert short in document.text
            assert long in document.text
