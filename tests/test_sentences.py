"""Sentence boundaries of Dutch text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.documents import Corpus
from assistant.dutch.sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_full_stops_questions_and_exclamations_end_sentences() -> None:
    assert split("De stuurgroep komt samen. Wanneer? Morgen! Goed.") == [
        "De stuurgroep komt samen.",
        "Wanneer?",
        "Morgen!",
        "Goed.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Op 9 september 2016 werd prof.dr. Luc Sels aangesteld.",
        "Het wordt voorgezeten door Dhr. Dr. Frank Baert.",
        "Het overlegt maandelijks (m.u.v. de zomervakantie) en jaarlijks.",
        "Dit gebeurt i.s.m. VDAB en anderen.",
        "De actoren zijn Kabinet Onderwijs, Dept. Onderwijs en VDAB.",
        "Zie art. 5 en nr. 6 van bijv. Vlaanderen.",
        "Dit is ondertekend door J. Jansen en Mevr. Vos.",
        "We ondersteunen onderwijsprofessionals... om te komen tot beleid.",
        "Het kost 3.500 euro of 2.5 procent.",
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(sentence: str) -> None:
    assert split(f"{sentence} Daarna volgt meer.") == [sentence, "Daarna volgt meer."]


def test_an_ellipsis_before_a_capital_ends_a_sentence() -> None:
    assert split("Er is meer slagkracht,… Dat helpt.") == ["Er is meer slagkracht,…", "Dat helpt."]


def test_a_number_at_the_start_of_a_line_is_not_a_sentence() -> None:
    assert split("6. Duur van de overeenkomst. Zij loopt.") == [
        "Duur van de overeenkomst.",
        "Zij loopt.",
    ]


def test_a_number_that_ends_a_sentence_ends_it() -> None:
    text = "De laatste dateert van 17 januari 2013. Op deze stuurgroep spraken we af."
    assert split(text)[0] == "De laatste dateert van 17 januari 2013."


def test_dashes_of_a_list_belong_to_no_sentence() -> None:
    assert split("Zoals:\n- Een item;\n  - Dieper item. Nog iets.\n1) Slot") == [
        "Zoals:",
        "Een item;",
        "Dieper item.",
        "Nog iets.",
        "Slot",
    ]


def test_a_line_never_shares_a_sentence_with_the_next() -> None:
    assert split("Gedelegeerd Bestuurder\nVoorzitter VDAB") == [
        "Gedelegeerd Bestuurder",
        "Voorzitter VDAB",
    ]


def test_closing_quotes_stay_with_their_sentence() -> None:
    assert split("“Werk heeft waarde.” Dat is zo. (Zie bijlage.) “En nu?” Goed.") == [
        "“Werk heeft waarde.”",
        "Dat is zo.",
        "(Zie bijlage.)",
        "“En nu?”",
        "Goed.",
    ]


@pytest.mark.parametrize("text", ["", " ", "\n \n"])
def test_white_space_holds_no_sentence(text: str) -> None:
    assert sentences(text) == []


def test_only_the_asked_range_is_split() -> None:
    text = "Eerste zin. Tweede zin. Derde zin."
    start, end = text.index("Tweede"), text.index(" Derde")
    assert sentences(text, start, end) == [(start, end)]


def test_every_sentence_of_the_corpus_is_a_trimmed_slice_of_one_line(corpus: Corpus) -> None:
    for document in corpus.documents:
        for sentence in split(document.text):
            assert sentence
            assert sentence == sentence.strip()
            assert "\n" not in sentence


def test_names_with_titles_stay_whole_in_the_corpus(corpus: Corpus) -> None:
    found = {sentence for document in corpus.documents for sentence in split(document.text)}
    assert "Op 9 september 2016 werd prof.dr. Luc Sels aangesteld als eerste voorzitter." in found
    assert "De laatste stuurgroep dateert van 17 januari 2013." in found
    assert any(sentence.endswith("sinds januari 2018 voorgezeten door Dhr. Dr. Frank Baert.")
               for sentence in found)  # fmt: skip


@settings(derandomize=True, max_examples=200)
@given(st.text(alphabet="ab AB19.!?-()\n “”…", max_size=80))
def test_spans_are_ordered_and_lose_only_white_space_and_list_marks(text: str) -> None:
    position, skipped = 0, ""
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        skipped += text[position:start] + "\n"
        position = end
    skipped += text[position:]
    assert not any(char.isalpha() for char in skipped)
