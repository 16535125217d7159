"""Lists of a document: which items go together, and that every span is the item's own text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.blocks import Block, Role
from assistant.documents import Corpus, Document, Kind, Metadata, Section
from assistant.enumeration import Enumeration, enumeration_at
from assistant.sections import find_sections, stored_text

PLAIN = "De leden zijn:\n\n- VDAB\n- Syntra Vlaanderen\n- GO!\n\nZij komen elk jaar samen."
NUMBERED = "De pijlers:\n\n1. Begeleiding. Ook van ouders.\n2) Afstemming.\n10. Overleg."
NESTED = "De acties:\n\n- Overleg.\n- Voor volwassenen:\n  - toeleiding;\n  - trajecten.\n- Delen."


def document(text: str, *borders: int) -> Document:
    """A document whose sections end at ``borders`` and at its end."""
    ends = [*borders, len(text)]
    sections = tuple(Section((), s, s, e) for s, e in pairwise([0, *ends]))
    return Document("nota", text, sections, Metadata("Nota", Kind.ANDERE))


def list_at(text: str, place: str, section: int = 0, *borders: int) -> Enumeration | None:
    """The list at the first occurrence of ``place``."""
    read = document(text, *borders)
    start = text.index(place)
    return enumeration_at(read, read.sections[section], start, start + len(place))


def items_at(text: str, place: str) -> list[str]:
    found = list_at(text, place)
    return [text[slice(*span)] for span in found.items] if found else []


def intro_at(text: str, place: str) -> str | None:
    found = list_at(text, place)
    return text[slice(*found.intro)] if found and found.intro else None


@pytest.mark.parametrize("place", ["De leden zijn:", "VDAB", "Syntra", "Vlaanderen", "GO!"])
def test_every_item_and_the_intro_lead_to_the_whole_list(place: str) -> None:
    assert items_at(PLAIN, place) == ["VDAB", "Syntra Vlaanderen", "GO!"]
    assert intro_at(PLAIN, place) == "De leden zijn:"


@pytest.mark.parametrize("place", ["Begeleiding", "Ook van ouders", "Afstemming", "Overleg"])
def test_the_numbers_are_no_part_of_numbered_items(place: str) -> None:
    assert items_at(NUMBERED, place) == ["Begeleiding. Ook van ouders.", "Afstemming.", "Overleg."]


def test_text_beside_a_list_belongs_to_none() -> None:
    assert list_at(PLAIN, "Zij komen elk jaar samen.") is None
    assert list_at("Gewone tekst. Nog een zin.", "Nog een zin") is None


def test_a_list_without_intro_has_none() -> None:
    assert intro_at("- een\n- twee", "een") is None
    unannounced = "De raad vergadert.\n\n- een\n- twee"
    assert intro_at(unannounced, "twee") is None
    assert items_at(unannounced, "twee") == ["een", "twee"]
    assert list_at(unannounced, "De raad") is None


def test_a_single_item_is_no_list() -> None:
    assert list_at("De leden:\n\n- VDAB\n\nSlot.", "VDAB") is None
    assert list_at("De leden:\n\n- VDAB\n\nSlot.", "De leden:") is None


@pytest.mark.parametrize("text", ["Als volgt:", "Als volgt:\n\n", "Als volgt:\n\nGewone tekst."])
def test_a_colon_that_announces_no_list_gives_none(text: str) -> None:
    assert list_at(text, "Als volgt:") is None


def test_only_the_sentence_with_the_colon_announces() -> None:
    text = "De raad vergadert. Zijn leden zijn:\n\n- een\n- twee"
    assert list_at(text, "De raad vergadert.") is None
    assert items_at(text, "Zijn leden zijn:") == ["een", "twee"]


def test_an_item_that_ends_in_a_colon_without_inner_list_is_an_item() -> None:
    assert items_at("- een:\n- twee", "een:") == ["een:", "twee"]


def test_blank_lines_between_items_do_not_end_a_list() -> None:
    assert items_at("Leden:\n\n- een\n\n- twee\n\n\n- drie", "twee") == ["een", "twee", "drie"]


def test_a_paragraph_parts_two_lists() -> None:
    text = "Eerst:\n\n- een\n- twee\n\nDaarna:\n\n- drie\n- vier"
    assert items_at(text, "een") == ["een", "twee"]
    assert items_at(text, "vier") == ["drie", "vier"]
    assert intro_at(text, "vier") == "Daarna:"


@pytest.mark.parametrize("place", ["De acties:", "Overleg", "Delen"])
def test_inner_items_do_not_belong_to_the_outer_list(place: str) -> None:
    assert items_at(NESTED, place) == ["Overleg.", "Voor volwassenen:", "Delen."]


@pytest.mark.parametrize("place", ["Voor volwassenen:", "toeleiding", "trajecten"])
def test_an_inner_list_is_announced_by_the_item_above_it(place: str) -> None:
    assert items_at(NESTED, place) == ["toeleiding;", "trajecten."]
    assert intro_at(NESTED, place) == "Voor volwassenen:"


def test_inner_lists_of_two_items_stay_apart() -> None:
    text = "- A:\n  - een\n  - twee\n- B:\n  - drie\n  - vier"
    assert items_at(text, "een") == ["een", "twee"]
    assert items_at(text, "vier") == ["drie", "vier"]
    assert items_at(text, "B:") == ["drie", "vier"]


def test_dashes_under_a_numbered_item_are_an_inner_list() -> None:
    text = "De acties:\n\n1. Overleg, zoals:\n- met ouders;\n- met scholen.\n2. Delen.\n3. Meten."
    assert items_at(text, "Delen") == ["Overleg, zoals:", "Delen.", "Meten."]
    assert items_at(text, "met scholen") == ["met ouders;", "met scholen."]
    assert intro_at(text, "met scholen") == "Overleg, zoals:"


def test_a_second_line_of_an_item_does_not_end_the_list() -> None:
    text = "De acties:\n\n- Overleg;\nook met ouders;\n- Delen;\n- Meten."
    assert [item.split("\n")[0] for item in items_at(text, "Meten")] == [
        "Overleg;",
        "Delen;",
        "Meten.",
    ]


def test_a_list_ends_with_its_section() -> None:
    text = "Leden:\n\n- een\n- twee\n- drie\n- vier"
    border = text.index("- drie")
    first = list_at(text, "een", 0, border)
    second = list_at(text, "vier", 1, border)
    assert first is not None
    assert second is not None
    assert [text[slice(*span)] for span in first.items] == ["een", "twee"]
    assert [text[slice(*span)] for span in second.items] == ["drie", "vier"]
    assert second.intro is None


def test_the_heading_of_a_section_is_no_item_and_no_intro() -> None:
    text = "1. Leden:\n\n- een\n- twee"
    section = Section(("1. Leden:",), 0, text.index("- een"), len(text))
    found = enumeration_at(document(text), section, text.index("een"), text.index("een") + 3)
    assert found is not None
    assert found.intro is None
    assert len(found.items) == 2


@pytest.mark.parametrize(("start", "end"), [(-5, 0), (10**6, 10**6 + 1), (0, 0), (5, 2)])
def test_a_place_without_text_has_no_list(start: int, end: int) -> None:
    read = document("- een\n- twee")
    assert enumeration_at(read, read.sections[0], start, end) is None


def test_an_empty_section_has_no_list() -> None:
    read = document("- een\n- twee")
    assert enumeration_at(read, Section((), 12, 12, 12), 0, 12) is None


def test_the_seventeen_partnerships_of_the_corpus_are_one_list(corpus: Corpus) -> None:
    read = next(d for d in corpus.documents if d.id == "vlaams-partnerschap-duaal-leren")
    start = read.text.index("Sectoraal Partnerschap Textiel\n")
    section = next(s for s in read.sections if s.start <= start < s.end)
    found = enumeration_at(read, section, start, start + 5)
    assert found is not None
    assert found.intro is not None
    assert read.text[slice(*found.intro)].startswith("Er zijn momenteel 17 sectorale")
    assert len(found.items) == 17
    assert all(read.text[start:].startswith("Sectoraal") for start, _ in found.items)


SENTENCES = st.lists(st.sampled_from("De raad vergadert in 2015 over € 5 (zie art. 3).".split()))
CONTENT = SENTENCES.map(lambda words: " ".join(["Wij", *words]))
ITEMS = st.builds(
    Block,
    st.just(Role.ITEM),
    CONTENT,
    st.integers(0, 2),
    st.sampled_from(["-", "1.", "12.", "3)"]),
)
PARAGRAPHS = st.builds(Block, st.just(Role.PARAGRAPH), CONTENT.map(lambda text: text + ":"))
HEADINGS = st.builds(Block, st.just(Role.HEADING), CONTENT, st.just(1))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(st.one_of(ITEMS, ITEMS, PARAGRAPHS, HEADINGS), min_size=1, max_size=12))
def test_items_are_whole_items_of_the_document_in_order(blocks: list[Block]) -> None:
    text, starts = stored_text(blocks)
    sections = find_sections(blocks, text, starts, numbered_answers=False)
    read = Document("nota", text, sections, Metadata("Nota", Kind.ANDERE))
    for block, start in zip(blocks, starts, strict=True):
        section = next(s for s in sections if s.start <= start < s.end or s.end == len(text))
        place = text.index(block.text, start)
        found = enumeration_at(read, section, place, place + len(block.text))
        if found is None:
            continue
        assert len(found.items) > 1
        for begin, end in found.items:
            assert section.body_start <= begin < end <= section.end
            assert text[begin:end] in {b.text for b in blocks if b.role is Role.ITEM}
        assert all(one[1] < other[0] for one, other in pairwise(found.items))
        if block.role is Role.ITEM:
            assert (place, place + len(block.text)) in found.items
        if found.intro:
            assert text[slice(*found.intro)].endswith(":")
            assert found.intro[1] < found.items[0][0]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.text(alphabet="a1 .):-\n\r\t\x00\x0b\x1c\x85\xa0\u2028\u200b\ud800<>&", max_size=60),
    st.integers(-2, 62),
    st.integers(0, 10),
)
def test_hostile_text_gives_sound_spans_or_none(text: str, start: int, length: int) -> None:
    read = document(text)
    section = Section((), 0, min(2, len(text)), len(text))
    found = enumeration_at(read, section, start, start + length)
    if found:
        for begin, end in found.items:
            assert section.body_start <= begin < end <= section.end
            assert text[begin:end].strip() == text[begin:end]
        assert all(one[1] <= other[0] for one, other in pairwise(found.items))


def test_a_line_of_two_thousand_signs_is_read_at_once() -> None:
    text = "- " + "<b>&amp;- </b> " * 140 + "\n- " + "-" * 2000 + "\n- " + "1. " * 700 + "x"
    assert len(items_at(text, "<b>")) == 3
