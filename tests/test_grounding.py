"""Nothing is cited that the document does not say, word for word, at those offsets."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.documents import Document, Evidence, Kind, Metadata, Passage, Section
from assistant.dutch.analysis import Analyzer, words
from assistant.grounding import (
    Claim,
    GroundingError,
    cite,
    document_url,
    locate,
    quote_passage,
    supported_evidence,
)

HEADING = "Duur\n\n"
SENTENCE = "De opzegtermijn bedraagt 6 maanden."
TEXT = (
    f"{HEADING}{SENTENCE} De\novereenkomst  startte\u00a0in 2015 en kost € 1.500 (zie art. 3).\n\n"
)
SECTION = Section(("Duur",), 0, len(HEADING), len(TEXT))
DOCUMENT = Document("nota", TEXT, (SECTION,), Metadata("Nota", Kind.ANDERE))
PASSAGE = Passage("nota", SECTION, 0, len(TEXT), TEXT)
START = TEXT.index(SENTENCE)
EVIDENCE = Evidence(PASSAGE, START, START + len(SENTENCE), SENTENCE, 0.9)


def support(text: str, *quotes: tuple[int, str]) -> list[Evidence]:
    return supported_evidence(Claim(text, quotes), [PASSAGE], words)


def test_verbatim_evidence_becomes_a_citation() -> None:
    citation = cite(EVIDENCE, DOCUMENT, 2)
    assert (citation.quote, citation.marker, citation.section) == (SENTENCE, 2, "Duur")
    assert DOCUMENT.text[citation.start : citation.end] == citation.quote
    assert citation.version == DOCUMENT.version


@pytest.mark.parametrize("position", range(0, len(SENTENCE), 5))
def test_a_quote_that_differs_in_one_character_is_refused(position: int) -> None:
    altered = SENTENCE[:position] + "#" + SENTENCE[position + 1 :]
    with pytest.raises(GroundingError):
        cite(replace(EVIDENCE, text=altered), DOCUMENT, 1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (START + 1, START + len(SENTENCE)),
        (START, START + len(SENTENCE) - 1),
        (START - 1, START + len(SENTENCE) - 1),
        (-len(TEXT) + START, -len(TEXT) + START + len(SENTENCE)),
        (START + len(SENTENCE), START),
        (START, 10**6),
    ],
)
def test_other_offsets_are_refused(start: int, end: int) -> None:
    with pytest.raises(GroundingError):
        cite(replace(EVIDENCE, start=start, end=end), DOCUMENT, 1)


def test_offsets_outside_the_passage_are_refused() -> None:
    end = START + len(SENTENCE)
    before = Passage("nota", SECTION, 0, end - 1, TEXT[: end - 1])
    after = Passage("nota", SECTION, START + 1, len(TEXT), TEXT[START + 1 :])
    for passage in (before, after):
        with pytest.raises(GroundingError):
            cite(replace(EVIDENCE, passage=passage), DOCUMENT, 1)


def test_evidence_from_another_document_is_refused() -> None:
    with pytest.raises(GroundingError):
        cite(EVIDENCE, replace(DOCUMENT, id="andere-nota"), 1)


def test_a_changed_document_is_refused() -> None:
    with pytest.raises(GroundingError):
        cite(EVIDENCE, replace(DOCUMENT, text=TEXT.replace("6 maanden", "7 maanden")), 1)


def test_a_passage_is_quoted_without_its_heading_and_margins() -> None:
    quoted = quote_passage(PASSAGE, DOCUMENT)
    assert quoted.quote == TEXT[len(HEADING) :].strip()
    assert DOCUMENT.text[quoted.start : quoted.end] == quoted.quote


def test_a_passage_of_another_version_is_refused() -> None:
    with pytest.raises(GroundingError):
        quote_passage(replace(PASSAGE, document="andere-nota"), DOCUMENT)


def test_a_quote_is_located_at_its_offsets() -> None:
    assert locate(SENTENCE, PASSAGE) == (START, START + len(SENTENCE))


@pytest.mark.parametrize(
    "quote",
    ["De overeenkomst startte in 2015", " De\tovereenkomst\n\nstartte in   2015 "],
)
def test_white_space_may_differ_but_the_found_text_is_the_documents(quote: str) -> None:
    span = locate(quote, PASSAGE)
    assert span is not None
    assert TEXT[slice(*span)] == "De\novereenkomst  startte\u00a0in 2015"


@pytest.mark.parametrize("quote", ["€ 1.500 (zie art. 3)", "6 maanden."])
def test_signs_are_taken_literally(quote: str) -> None:
    span = locate(quote, PASSAGE)
    assert span is not None
    assert TEXT[slice(*span)] == quote


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "  \n",
        "de opzegtermijn bedraagt 6 maanden.",
        "De opzegtermijn bedraagt zes maanden.",
        "De opzegtermijn … 6 maanden.",
        "Deopzegtermijn",
        ".*",
        "((",
        "1x500",
    ],
)
def test_words_that_do_not_stand_there_are_not_located(quote: str) -> None:
    assert locate(quote, PASSAGE) is None


@pytest.mark.parametrize("quote", ["pzegtermijn bedraagt 6", "startte in 201", "500", "€ 1"])
def test_a_quote_that_cuts_a_word_or_number_is_not_located(quote: str) -> None:
    assert locate(quote, PASSAGE) is None


def test_offsets_count_from_the_start_of_the_document() -> None:
    passage = Passage("nota", SECTION, START, len(TEXT), TEXT[START:])
    assert locate("bedraagt 6", passage) == (TEXT.index("bedraagt"), TEXT.index(" maanden"))


def test_a_claim_that_says_what_its_quote_says_is_supported() -> None:
    (evidence,) = support("De opzegtermijn bedraagt 6 maanden.", (0, SENTENCE))
    assert (evidence.start, evidence.end, evidence.text) == (
        START,
        START + len(SENTENCE),
        SENTENCE,
    )
    assert cite(evidence, DOCUMENT, 1).quote == SENTENCE


@pytest.mark.parametrize(
    "claim",
    [
        "De opzegtermijn bedraagt 12 maanden.",
        "De opzegtermijn bedraagt 6 maanden sinds 2019.",
        "De opzegtermijn bedraagt 6 maanden vanaf 1 januari 2020.",
        "De opzegtermijn bedraagt 6 maanden en kost 100 euro.",
    ],
)
def test_an_invented_number_or_date_is_not_supported(claim: str) -> None:
    assert support(claim, (0, SENTENCE)) == []


@pytest.mark.parametrize("number", ["5", "20", "1"])
def test_a_number_inside_another_number_is_no_support(number: str) -> None:
    quote = "startte in 2015"
    assert support("Het startte in 2015.", (0, quote)) != []
    assert support(f"Het startte in 2015 met {number} leden.", (0, quote)) == []


def test_a_part_of_a_written_number_is_no_support() -> None:
    quote = "en kost € 1.500 (zie art. 3)"
    assert support("Het kost € 1.500.", (0, quote)) != []
    assert support("Het kost € 500.", (0, quote)) == []


def test_a_claim_about_something_else_is_not_supported() -> None:
    assert support("Iedere gemeente ontvangt jaarlijks ruime subsidies.", (0, SENTENCE)) == []


def test_a_claim_without_quotes_or_words_is_not_supported() -> None:
    assert support("De opzegtermijn bedraagt 6 maanden.") == []
    assert support("", (0, SENTENCE)) == []
    assert support("…", (0, SENTENCE)) == []


@pytest.mark.parametrize("position", [-1, 1, 99])
def test_a_passage_number_out_of_range_is_not_supported(position: int) -> None:
    assert support("De opzegtermijn bedraagt 6 maanden.", (position, SENTENCE)) == []


def test_one_quote_that_is_not_verbatim_spoils_the_claim() -> None:
    claim = "De opzegtermijn bedraagt 6 maanden."
    assert support(claim, (0, SENTENCE), (0, "Dit staat er niet.")) == []


def test_several_quotes_support_a_claim_together() -> None:
    claim = "De opzegtermijn bedraagt 6 maanden en de overeenkomst startte in 2015."
    assert support(claim, (0, SENTENCE)) == []
    found = support(claim, (0, SENTENCE), (0, "De overeenkomst startte in 2015"))
    assert [item.text for item in found] == [
        SENTENCE,
        "De\novereenkomst  startte\u00a0in 2015",
    ]


def test_a_link_names_the_document_its_version_and_the_offsets() -> None:
    url = urlsplit(document_url(DOCUMENT, 3, 9))
    query = parse_qs(url.query)
    assert (url.path, url.fragment) == ("/documents/nota", "citaat")
    assert query["citaat"] == ["3-9"]
    assert DOCUMENT.version.startswith(f"sha256:{query['versie'][0]}")
    assert len(query["versie"][0]) == 12


def test_a_link_escapes_the_name_of_the_document() -> None:
    url = document_url(replace(DOCUMENT, id="a?b&c#d"), 0, 1)
    assert url.startswith("/documents/a%3Fb%26c%23d?")


@pytest.mark.parametrize(
    "claim",
    [
        "De overeenkomst kan niet worden opgezegd met een brief.",
        "De overeenkomst kan worden opgezegd met een brief aan Jan.",
    ],
)
def test_a_denied_or_extended_claim_is_not_supported(claim: str) -> None:
    text = "De overeenkomst kan worden opgezegd met een brief."
    passage = Passage("doc", Section((), 0, 0, len(text)), 0, len(text), text)
    terms = Analyzer([], {}).terms
    assert supported_evidence(Claim(text, ((0, text),)), [passage], terms)
    assert not supported_evidence(Claim(claim, ((0, text),)), [passage], terms)
