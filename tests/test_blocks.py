"""Raw text and Markdown to blocks: layout goes, words stay."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.blocks import Block, Role, parse_markdown, parse_text, tidy

WRAPPED = "Dit is een regel die door de breedte van de pagina is afgebroken"


def texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks]


def items(blocks: list[Block]) -> list[tuple[int, str, str]]:
    return [(block.level, block.marker, block.text) for block in blocks if block.role is Role.ITEM]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [
        ("een\r\ntwee\rdrie", "een\ntwee\ndrie"),
        ("een\u00a0twee\u2009drie\u202fvier", "een twee drie vier"),
        ("[bookmark: _GoBack]In de stuurgroep", "In de stuurgroep"),
        ("\ufeffa\u200bb\u00adc\x00d\x07", "abcd"),
        ("\u202eVDAB\u202c \u2066GO!\u2069 \u200f", "VDAB GO! "),
        ("een\fzin", "een\n\nzin"),
        ("een\vtwee\u2028drie\x85vier", "een\ntwee\ndrie\nvier"),
        ("een\u2029twee", "een\n\ntwee"),
    ],
)
def test_residue_of_conversion_goes(raw: str, tidied: str) -> None:
    assert tidy(raw) == tidied


@pytest.mark.parametrize("parse", [parse_text, parse_markdown])
@pytest.mark.parametrize("raw", ["", " \n\n\t", "\u200b\x00", "[bookmark: _GoBack]\n"])
def test_a_file_without_text_has_no_blocks(parse: Callable[[str], list[Block]], raw: str) -> None:
    assert parse(raw) == []


def test_soft_wrapped_lines_are_joined() -> None:
    blocks = parse_text(f"{WRAPPED}\nen daarna gewoon doorloopt.")
    assert texts(blocks) == [f"{WRAPPED} en daarna gewoon doorloopt."]


def test_a_sentence_that_ends_early_on_its_line_ends_its_block() -> None:
    blocks = parse_text(f"{WRAPPED}\nen hier eindigt.\nVervolgens begint er een nieuwe zin.")
    assert texts(blocks) == [f"{WRAPPED} en hier eindigt.", "Vervolgens begint er een nieuwe zin."]


def test_lines_that_fit_no_page_are_not_joined() -> None:
    long = "Een alinea. " * 20
    assert len(parse_text(f"{long}\nTweede alinea van het document.")) == 2


@pytest.mark.parametrize(
    ("raw", "joined"),
    [
        (
            "De samen-\nwerking is er en duurt voort tot later.",
            "De samen-werking is er en duurt voort tot later.",
        ),
        (
            "De onderwijs-\nen arbeidsmarkt is er en duurt voort.",
            "De onderwijs- en arbeidsmarkt is er en duurt voort.",
        ),
    ],
)
def test_a_word_cut_at_its_hyphen_is_closed_up_and_a_suspended_hyphen_is_not(
    raw: str, joined: str
) -> None:
    assert texts(parse_text(raw)) == [joined]


def test_a_paragraph_that_a_page_break_cut_is_joined() -> None:
    raw = "We denken aan jongeren met een kwetsbare\n\n\f\n\nachtergrond en aan hun ouders."
    assert texts(parse_text(raw)) == [
        "We denken aan jongeren met een kwetsbare achtergrond en aan hun ouders."
    ]


def test_a_list_item_that_a_page_break_cut_is_joined() -> None:
    raw = "- gaande tot jongeren\n\n\n\nmet een achtergrond."
    assert items(parse_text(raw)) == [(0, "-", "gaande tot jongeren met een achtergrond.")]


def test_a_finished_paragraph_is_not_joined_with_the_next() -> None:
    assert len(parse_text("Dit is af.\n\nen dit begint klein.")) == 2


@pytest.mark.parametrize("glyph", [*"•▪◦‣·●○■▶►➢✓»", "▶▶", "-", "*"])
def test_bullet_glyphs_become_list_items(glyph: str) -> None:
    assert items(parse_text(f"{glyph} Horeca\n\n {glyph} Bouw")) == [
        (0, "-", "Horeca"),
        (0, "-", "Bouw"),
    ]


def test_bullet_letters_of_a_scanner_become_list_items() -> None:
    raw = "e Een betere benutting;\no Voor het onderwijs:\nm Gezamenlijk overleg."
    assert items(parse_text(raw)) == [
        (0, "-", "Een betere benutting;"),
        (0, "-", "Voor het onderwijs:"),
        (1, "-", "Gezamenlijk overleg."),
    ]


def test_a_letter_before_a_small_letter_is_no_bullet() -> None:
    assert texts(parse_text("e een letter en een woord.")) == ["e een letter en een woord."]


def test_numbered_lines_keep_their_number() -> None:
    raw = "1. Een eerste antwoord.\n\n12) Een ander antwoord."
    assert items(parse_text(raw)) == [
        (0, "1.", "Een eerste antwoord."),
        (0, "12)", "Een ander antwoord."),
    ]


@pytest.mark.parametrize(
    "line", ["4 Wie?", "2 Principes", "6. Duur van de overeenkomst", "1.2 Visie", "A. Visie"]
)
def test_a_short_numbered_line_is_a_heading(line: str) -> None:
    assert parse_text(f"{line}\n\nDit is de tekst.")[0] == Block(Role.HEADING, line, 1)


def test_a_short_line_above_a_paragraph_is_a_heading() -> None:
    roles = [block.role for block in parse_text("Sectorale aanpak\n\nDit is de tekst.")]
    assert roles == [Role.HEADING, Role.PARAGRAPH]


@pytest.mark.parametrize(
    "raw",
    [
        "Zoals bijvoorbeeld:\n\nDit is de tekst.",
        "Deze leden\n\n- Bouw",
        "Het einde van de tekst",
        "zonder hoofdletter\n\nDit is de tekst.",
        f"{'Lang ' * 20}\n\nDit is de tekst.",
    ],
)
def test_other_short_lines_are_no_headings(raw: str) -> None:
    assert parse_text(raw)[0].role is Role.PARAGRAPH


def test_markdown_markup_becomes_structure() -> None:
    blocks = parse_markdown(
        "## Titel\n\nEen **vet** en *schuin* woord, `code`, [link](https://x.be)."
    )
    assert blocks == [
        Block(Role.HEADING, "Titel", 2),
        Block(Role.PARAGRAPH, "Een vet en schuin woord, code, link."),
    ]


def test_nested_markdown_lists_keep_their_depth_and_marker() -> None:
    raw = "- een\n  - twee\n    - drie\n- vier\n\n3. nummer drie\n4. nummer vier\n"
    assert items(parse_markdown(raw)) == [
        (0, "-", "een"),
        (1, "-", "twee"),
        (2, "-", "drie"),
        (0, "-", "vier"),
        (0, "3.", "nummer drie"),
        (0, "4.", "nummer vier"),
    ]


@pytest.mark.parametrize("glyph", ["▶▶", "»", "•"])
def test_bullet_glyphs_inside_markdown_items_go(glyph: str) -> None:
    assert items(parse_markdown(f"- {glyph} doelgroepenbeleid,")) == [
        (0, "-", "doelgroepenbeleid,")
    ]


def test_a_markdown_table_gives_a_line_for_each_row() -> None:
    raw = "| Partij | Rol |\n|---|---|\n| VDAB | **voorzitter** |\n| VVSG | lid |\n"
    assert texts(parse_markdown(raw)) == ["Partij | Rol", "VDAB | voorzitter", "VVSG | lid"]


def test_html_in_markdown_stays_literal_text() -> None:
    raw = "Tekst <b>vet</b>.\n\n<script>alert(1)</script>\n"
    assert texts(parse_markdown(raw)) == ["Tekst <b>vet</b>.", "<script>alert(1)</script>"]


def test_hard_and_soft_breaks_of_markdown_differ() -> None:
    assert texts(parse_markdown("Fons Leroy  \nBestuurder\nvan VDAB")) == [
        "Fons Leroy\nBestuurder van VDAB"
    ]


def test_code_blocks_of_markdown_keep_their_lines() -> None:
    assert texts(parse_markdown("```\neen\n  twee\n```")) == ["een\ntwee"]


WORDS = st.sampled_from(
    "VDAB VVSG GO! en de overeenkomst, samen- werking duur: 2013 17 één (Bu)SO regio’s. a B".split()
)
LINE_STARTS = st.sampled_from(["", "", "- ", "• ", "  - ", "1. ", "2) ", "4 ", "A. ", "»", "   "])
LINES = st.builds(
    lambda start, parts: start + " ".join(parts), LINE_STARTS, st.lists(WORDS, max_size=25)
)
PLAIN_TEXTS = st.lists(LINES, max_size=12).map("\n".join)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(PLAIN_TEXTS)
def test_every_word_of_a_plain_text_survives_in_order(raw: str) -> None:
    kept = " ".join(f"{block.marker} {block.text}" for block in parse_text(raw))
    assert words(kept) == words(raw)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_parses_to_blocks_without_residue(raw: str) -> None:
    for block in [*parse_text(raw), *parse_markdown(raw)]:
        assert "\u00a0" not in block.text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", block.text)
