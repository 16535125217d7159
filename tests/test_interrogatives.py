"""Questions made from statements: only by changing the order of the words, and rather none."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.dutch.interrogatives import (
    LONGEST_SENTENCE,
    lasting_in,
    listed_by,
    questions_answered_by,
)


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (
            "Op 3 maart 2021 werd mevrouw Peeters benoemd tot directeur.",
            "Wanneer werd mevrouw Peeters benoemd tot directeur?",
        ),
        ("In 2019 sloten de gemeenten een akkoord.", "Wanneer sloten de gemeenten een akkoord?"),
        ("Het loket wordt geopend in mei 2023.", "Wanneer wordt het loket geopend?"),
        ("Het loket werd in de zomer van 2022 geopend.", "Wanneer werd het loket geopend?"),
        ("De regeling geldt sinds 1 juli 2018.", "Sinds wanneer geldt de regeling?"),
        ("De regeling geldt vanaf 2025.", "Vanaf wanneer geldt de regeling?"),
        ("Het verslag dateert van 4 april 2020.", "Van wanneer dateert het verslag?"),
        ("‘Overeenkomst A – B’ gaat in op 1 mei 2020.", "Wanneer gaat ‘Overeenkomst A – B’ in?"),
        ("OCMW Gent start in 2024.", "Wanneer start OCMW Gent?"),
        ("Er zijn momenteel 12 loketten geopend.", "Hoeveel loketten zijn er momenteel geopend?"),
        ("Er kwamen drie nieuwe leden bij.", "Hoeveel nieuwe leden kwamen er bij?"),
        ("Er worden geen nieuwe premies toegekend.", "Worden er nieuwe premies toegekend?"),
        (
            "In de raad zetelen volgende leden: Jan en Mia.",
            None,  # "zetelen" might be no verb, as far as is known here
        ),
        (
            "In de raad zijn volgende diensten vertegenwoordigd: werk en wonen.",
            "Welke diensten zijn in de raad vertegenwoordigd?",
        ),
        ("De leden van de raad zijn:", "Wie zijn de leden van de raad?"),
        ("Het doel van het fonds is: armoede bestrijden.", "Wat is het doel van het fonds?"),
        (
            "De Hoge Raad is een adviesorgaan met twaalf leden.",
            "Wat is de Hoge Raad?",
        ),
        (
            "De lokale netwerken zijn overlegplatformen, waarin allen zetelen.",
            "Wat zijn de lokale netwerken?",
        ),
    ],
)
def test_a_sentence_becomes_the_question_that_it_answers(
    sentence: str, question: str | None
) -> None:
    assert questions_answered_by(sentence) == ([question] if question else [])


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "?",
        "De raad adviseert de minister.",
        "In 2016 werden 2.373 controles gedaan.",  # "wanneer" asks for no year of statistics
        "Op 1 mei 2020 werd het loket geopend en startte de dienst.",
        "Het loket wordt bemand en opent in mei 2023.",
        "Het plan dat in 2019 werd gesloten, geldt.",
        "De analyse van het jaar 2016 is lopende.",
        "Dit wordt verwacht in 2018.",
        "Onze dienst wordt geopend in 2018.",
        "Het loket wordt bovendien geopend in 2018.",
        "Het loket wordt niet geopend in 2018.",
        "Het loket wordt geopend op 1 mei 2018 of op 1 juni 2018.",
        "De bedoeling is om de kaart vanaf 2017 te kunnen gebruiken.",
        "Maandelijks worden de leden ingelicht in 2018.",
        "De wegen zijn lang.",
        "Er waren 18 gezinnen en 36 studenten bij.",
        "De daarin vermelde lijsten worden gepubliceerd in 2020.",
        "Een en ander is een logisch gevolg van de hervorming.",
        "Er staat geen vergadering meer gepland.",
        "De ontwikkeling is afgerond.Op 1 mei 2020 wordt het loket geopend.",
    ],
)
def test_a_sentence_that_fits_no_form_exactly_gives_none(sentence: str) -> None:
    assert questions_answered_by(sentence) == []


def test_a_sentence_that_is_too_long_gives_none() -> None:
    sentence = "In 2019 sloten de gemeenten {}een akkoord."
    assert questions_answered_by(sentence.format(""))
    assert not questions_answered_by(sentence.format("heel " * LONGEST_SENTENCE))


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("De samenwerking steunt op volgende principes:", "principes"),
        ("Zij nemen een aantal gezamenlijke initiatieven:", "gezamenlijke initiatieven"),
        ("De dienst heeft een aantal bevoegdheden, met name controle en advies.", "bevoegdheden"),
        ("De doelstellingen van het overleg zijn:", "doelstellingen van het overleg"),
        ("We engageren ons voor de volgende acties en doen dat zo:", "acties"),
        ("Dit omvat de volgende elementen:", ""),  # elements of what?
        ("Mail naar het volgende adres: info", ""),
        ("Het aantal dossiers daalt: 12.", ""),
        ("De leden van de raad zijn:", ""),  # that asks "wie"
        ("De volgende acties zijn gepland.", ""),
        ("", ""),
    ],
)
def test_what_is_listed_is_a_bare_plural(sentence: str, what: str) -> None:
    assert listed_by(sentence) == what


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        ("Met een opzegtermijn van 6 maanden.", "opzegtermijn"),
        ("Na een proefperiode van drie weken volgt een gesprek.", "proefperiode"),
        ("Het project heeft een looptijd van twee jaar.", "looptijd"),
        ("Vanaf de leeftijd van 15 jaar.", ""),
        ("Binnen een termijn van 30 dagen.", ""),  # which one?
        ("De opzegtermijn van het personeel.", ""),
        ("Een opzegtermijn van 500 euro.", ""),
    ],
)
def test_what_lasts_is_a_kind_of_period(sentence: str, what: str) -> None:
    assert lasting_in(sentence) == what


@given(st.text(alphabet="Er zijn werd 2016in opDe‘’.:,;()!?-\n\x00é", max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_whole_questions_of_its_own_words(text: str) -> None:
    for question in questions_answered_by(text):
        assert question.endswith("?") and question[0].isupper()
    assert listed_by(text) in text
    assert lasting_in(text) in text


@pytest.mark.parametrize("unit", ["a ", "De ", "Er zijn ", "‘a’ ", "in 2016 ", "een aantal a "])
def test_hostile_length_costs_little(unit: str) -> None:
    text = (unit * LONGEST_SENTENCE)[: LONGEST_SENTENCE - 1] + "."
    started = time.process_time()
    questions_answered_by(text), listed_by(text * 2), lasting_in(text * 2)
    assert time.process_time() - started < 1
