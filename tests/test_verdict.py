"""Yes or not: the bundled network on top of the bundled reader."""

from pathlib import Path

import pytest

from assistant import verdict
from assistant.reader_model import ModelError, bundled_reader_model
from assistant.verdict import SURE_YES, BundledYesModel, bundled_yes_model

HEADING = "Overeenkomst Noordstad – Fonds Houtwerk. Artikel 3. Overleg"


@pytest.fixture(scope="module")
def model() -> BundledYesModel:
    return bundled_yes_model()


@pytest.mark.parametrize(
    ("sentence", "yes", "no"),
    [
        (
            "De stuurgroep vergadert elk kwartaal in Gent.",
            "Vergadert de stuurgroep in Gent?",
            "Vergadert de stuurgroep in Hasselt?",
        ),
        (
            "De deelname aan de opleiding is verplicht voor alle begeleiders.",
            "Is de opleiding verplicht voor begeleiders?",
            "Is de opleiding vrijblijvend voor begeleiders?",
        ),
        (
            "De samenwerking loopt van 2016 tot en met 2019.",
            "Loopt de samenwerking tot 2019?",
            "Loopt de samenwerking tot 2023?",
        ),
    ],
)
def test_yes_is_likelier_where_the_sentence_says_so(
    model: BundledYesModel, sentence: str, yes: str, no: str
) -> None:
    confirmed = model.probability(yes, HEADING, sentence)
    assert confirmed > model.probability(no, HEADING, sentence)
    assert confirmed > model.probability(yes, HEADING, "De overeenkomst telt acht artikelen.")


def test_yes_is_said_from_the_threshold(model: BundledYesModel) -> None:
    given = ("Vergadert de stuurgroep in Gent?", HEADING, "De stuurgroep vergadert in Gent.")
    assert model.says_yes(*given) is (model.probability(*given) >= SURE_YES)


def test_a_long_sentence_is_read_in_part(model: BundledYesModel) -> None:
    sentence = "De stuurgroep vergadert in Gent, " + "met alle leden van het fonds, " * 200
    assert 0 <= model.probability("Vergadert de stuurgroep in Gent?", HEADING, sentence) <= 1


def test_a_damaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / verdict.VERDICT_FILE).write_bytes(b"damaged")
    monkeypatch.setattr(verdict, "MODEL_FOLDER", tmp_path)
    with pytest.raises(ModelError, match="is damaged"):
        BundledYesModel(bundled_reader_model())
