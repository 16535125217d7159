"""Blocks to stored text and to sections that tile it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.blocks import Block, Role, parse_markdown, parse_text
from assistant.documents import Corpus, Document, Section
from assistant.sections import find_sections, stored_text


def sections_of(blocks: list[Block], numbered_answers: bool = False) -> tuple[Section, ...]:
    text, starts = stored_text(blocks)
    return find_sections(blocks, text, starts, numbered_answers)


def markdown_paths(raw: str) -> list[tuple[str, ...]]:
    return [section.path for section in sections_of(parse_markdown(raw))]


def assert_tiled(text: str, sections: tuple[Section, ...]) -> None:
    assert sections[0].start == 0
    assert sections[-1].end == len(text)
    assert all(one.end == other.start for one, other in pairwise(sections))
    assert all(section.start <= section.body_start <= section.end for section in sections)


def paths(document: Document) -> list[tuple[str, ...]]:
    return [section.path for section in document.sections]


@pytest.fixture
def documents(corpus: Corpus) -> dict[str, Document]:
    return {document.id: document for document in corpus.documents}


def test_stored_text_renders_items_and_separates_blocks() -> None:
    blocks = [
        Block(Role.HEADING, "Leden", 1),
        Block(Role.PARAGRAPH, "Dit zijn ze."),
        Block(Role.ITEM, "een", 0, "-"),
        Block(Role.ITEM, "twee", 1, "-"),
        Block(Role.ITEM, "drie", 0, "3."),
        Block(Role.PARAGRAPH, "Slot."),
    ]
    text, starts = stored_text(blocks)
    assert text == "Leden\n\nDit zijn ze.\n\n- een\n  - twee\n3. drie\n\nSlot."
    assert [text[start:].split("\n")[0].strip() for start in starts] == [
        "Leden",
        "Dit zijn ze.",
        "- een",
        "- twee",
        "3. drie",
        "Slot.",
    ]


def test_text_above_the_first_heading_has_no_path() -> None:
    assert markdown_paths("Inleiding.\n\n# Deel\n\nTekst.") == [(), ("Deel",)]


def test_the_title_of_a_document_is_no_part_of_the_paths() -> None:
    assert markdown_paths("# Titel\n\n## 1. Deel\n\nTekst.\n\n## 2. Deel\n\nTekst.") == [
        ("1. Deel",),
        ("2. Deel",),
    ]


def test_markdown_levels_nest_headings_without_numbers() -> None:
    raw = "Voor.\n\n# Een\n\nTekst.\n\n## Twee\n\nTekst.\n\n# Drie\n\nTekst."
    assert markdown_paths(raw) == [(), ("Een",), ("Een", "Twee"), ("Drie",)]


def test_numbering_decides_over_wrong_markdown_levels() -> None:
    raw = "#### 3. Doel\n\nT.\n\n### A. Visie\n\nT.\n\n## B. Waarde\n\nT.\n\n#### 4. Slot\n\nT."
    assert markdown_paths(raw) == [
        ("3. Doel",),
        ("3. Doel", "A. Visie"),
        ("3. Doel", "B. Waarde"),
        ("4. Slot",),
    ]


def test_decimal_numbering_nests() -> None:
    raw = "# 1 Een\n\nT.\n\n# 1.1 Half\n\nT.\n\n# 1.2 Heel\n\nT.\n\n# 2 Twee\n\nT."
    assert markdown_paths(raw) == [
        ("1 Een",),
        ("1 Een", "1.1 Half"),
        ("1 Een", "1.2 Heel"),
        ("2 Twee",),
    ]


def test_headings_without_text_between_them_share_a_section() -> None:
    sections = sections_of(parse_markdown("Voor.\n\n## 3. Doel\n\n### A. Visie\n\nTekst."))
    assert [section.path for section in sections] == [(), ("3. Doel", "A. Visie")]


def test_a_heading_at_the_end_is_a_section_without_body() -> None:
    last = sections_of(parse_markdown("Tekst.\n\n# Slot"))[-1]
    assert last.path == ("Slot",)
    assert last.body_start == last.end


def test_numbered_answers_open_sections_only_when_asked() -> None:
    blocks = parse_text("1. Het eerste antwoord is dit.\n\n2. Het tweede antwoord is dat.")
    answers = sections_of(blocks, numbered_answers=True)
    assert [section.name for section in answers] == ["Antwoord 1", "Antwoord 2"]
    assert [section.path for section in sections_of(blocks)] == [()]


def test_the_body_of_an_answer_starts_after_its_number() -> None:
    blocks = parse_text("1. Het eerste antwoord.\n\n12. Het twaalfde antwoord.")
    text, _ = stored_text(blocks)
    bodies = [text[section.body_start : section.end] for section in sections_of(blocks, True)]
    assert [body.strip() for body in bodies] == ["Het eerste antwoord.", "Het twaalfde antwoord."]


def test_the_answer_has_seven_sections(documents: dict[str, Document]) -> None:
    answers = documents["antwoord-excellente-partnerschappen"]
    assert paths(answers) == [(f"Antwoord {number}",) for number in range(1, 8)]
    sixth = answers.sections[5]
    assert "17 januari 2013" in answers.text[sixth.start : sixth.end]


def test_the_vvsg_agreement_has_nested_sections(documents: dict[str, Document]) -> None:
    found = paths(documents["overeenkomst-vdab-vvsg-2017"])
    obligations = "4. Verbintenissen van de contracterende partijen"
    assert ("1. Situering",) in found
    assert ("6. Duur van de overeenkomst",) in found
    assert (obligations, "C. Verbintenissen van VDAB") in found
    assert (obligations, "D. Verbintenissen van VVSG") in found
    assert ("3. Uitgangspunten en doelstellingen", "A. Visie en waarden") in found


def test_the_go_agreement_has_its_numbered_sections(documents: dict[str, Document]) -> None:
    assert paths(documents["overeenkomst-go-vdab-2019-2024"]) == [
        (),
        ("1 Waarom?",),
        ("2 Principes",),
        ("3 Wat?",),
        ("4 Wie?",),
        ("5 Hoe?",),
    ]


def test_the_explanation_has_its_unnumbered_sections(documents: dict[str, Document]) -> None:
    assert paths(documents["vlaams-partnerschap-duaal-leren"]) == [
        (),
        ("Vlaams Partnerschap Duaal Leren",),
        ("Sectorale partnerschappen",),
    ]


def test_the_sections_of_the_corpus_tile_their_document(corpus: Corpus) -> None:
    for document in corpus.documents:
        assert_tiled(document.text, document.sections)


def test_every_section_of_the_corpus_opens_with_its_heading(corpus: Corpus) -> None:
    for document in corpus.documents:
        for section in document.sections:
            if section.path and not section.path[-1].startswith("Antwoord"):
                assert section.path[-1] in document.text[section.start : section.body_start]


LINES = st.sampled_from(
    [
        "",
        "",
        "# Titel",
        "## 1. Deel",
        "### A. Visie",
        "1.2 Doelen",
        "4 Wie?",
        "Sectorale partnerschappen",
        "Een gewone zin staat hier.",
        "- een item",
        "  - dieper",
        "1. Een antwoord met genoeg woorden om geen titel te zijn.",
        "2. Nog een antwoord met genoeg woorden om geen titel te zijn.",
        "| a | b |",
        "|---|---|",
        "```",
        "<b>vet</b>",
    ]
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_sections_tile_the_stored_text(
    lines: list[str], is_markdown: bool, numbered_answers: bool
) -> None:
    blocks = (parse_markdown if is_markdown else parse_text)("\n".join(lines))
    text, starts = stored_text(blocks)
    if text:
        assert_tiled(text, find_sections(blocks, text, starts, numbered_answers))


def test_a_numbered_list_inside_an_answer_opens_no_section() -> None:
    blocks = parse_text("1. Ja.\n\n2. Dit zijn de stappen:\n   1. eerst\n   2. dan\n\n3. Nee.\n")
    text, starts = stored_text(blocks)
    sections = find_sections(blocks, text, starts, numbered_answers=True)
    assert [section.name for section in sections] == ["Antwoord 1", "Antwoord 2", "Antwoord 3"]
