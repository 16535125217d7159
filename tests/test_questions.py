"""What the wording of a question asks for."""

import pytest

from assistant.dutch.questions import Expected, expected_answer


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Wanneer werd het Vlaams Partnerschap opgericht?", Expected.DATE),
        ("In welk jaar start het?", Expected.DATE),
        ("When was it founded?", Expected.DATE),
        ("Quand commence le projet?", Expected.DATE),
        ("Hoeveel sectorale partnerschappen zijn er?", Expected.NUMBER),
        ("Hoe lang loopt het project?", Expected.NUMBER),
        ("Wat is de opzegtermijn?", Expected.NUMBER),
        ("How many partners are there?", Expected.NUMBER),
        ("Waarom is er geen lijst?", Expected.REASON),
        ("Pourquoi?", Expected.REASON),
        ("Welke organisaties zitten in de stuurgroep?", Expected.LIST),
        ("Wie zitten in de stuurgroep?", Expected.LIST),
        ("Geef de leden van de stuurgroep.", Expected.LIST),
        ("Is er een lijst?", Expected.LIST),
        ("Wat betekent SPOC?", Expected.DEFINITION),
        ("Waarvoor staat TKO?", Expected.DEFINITION),
        ("Wat is een SPOC?", Expected.DEFINITION),
        ("Wie is de voorzitter?", Expected.NAME),
        ("Who chairs it?", Expected.NAME),
        ("Waar vindt het overleg plaats?", Expected.PLACE),
        ("Où se trouve VDAB?", Expected.PLACE),
        ("Zijn er bijkomende subsidies?", Expected.YES_NO),
        ("Kan de overeenkomst worden opgezegd?", Expected.YES_NO),
        ("Hoe werkt het?", Expected.OTHER),
        ("", Expected.OTHER),
    ],
)
def test_the_wording_decides_what_is_asked(question: str, expected: Expected) -> None:
    assert expected_answer(question) is expected


@pytest.mark.parametrize("question", ["WANNEER STARTTE HET?", "  wanneer startte het?  "])
def test_case_and_surrounding_space_do_not_matter(question: str) -> None:
    assert expected_answer(question) is Expected.DATE
