"""Passages: exact slices that tile their section."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.blocks import parse_markdown, parse_text
from assistant.documents import Corpus, Document, Kind, Metadata, Passage
from assistant.passages import LONGEST_PASSAGE, in_context, split_document
from assistant.sections import find_sections, stored_text

LONGEST_WITH_TAIL = LONGEST_PASSAGE + 120
SENTENCE = "De stuurgroep volgt de voortgang van deze overeenkomst op en stuurt bij waar nodig."


def document_of(raw: str, is_markdown: bool = True) -> Document:
    blocks = (parse_markdown if is_markdown else parse_text)(raw)
    text, starts = stored_text(blocks)
    sections = find_sections(blocks, text, starts, numbered_answers=False)
    return Document("proef", text, sections, Metadata("Proef", Kind.ANDERE))


def assert_tiled(document: Document, passages: list[Passage]) -> None:
    for section in document.sections:
        spans = [(p.start, p.end) for p in passages if p.section == section]
        assert spans[0][0] == section.start
        assert spans[-1][1] == section.end
        assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert all(p.text == document.text[p.start : p.end] and p.text for p in passages)
    assert "".join(passage.text for passage in passages) == document.text


def test_the_passages_of_the_corpus_tile_their_sections(corpus: Corpus) -> None:
    for document in corpus.documents:
        assert_tiled(document, split_document(document))


def test_no_passage_of_the_corpus_is_too_long_or_only_a_heading(corpus: Corpus) -> None:
    for document in corpus.documents:
        for passage in split_document(document):
            assert len(passage.text) <= LONGEST_WITH_TAIL
            assert passage.body_start < passage.end


def test_a_short_section_is_one_passage() -> None:
    document = document_of(f"# 1. Deel\n\n{SENTENCE}\n\n# 2. Deel\n\n{SENTENCE}")
    assert [passage.section.name for passage in split_document(document)] == ["1. Deel", "2. Deel"]


def test_cuts_fall_between_lines_where_they_can() -> None:
    paragraph = " ".join([SENTENCE] * 4)
    passages = split_document(document_of("\n\n".join([paragraph] * 6)))
    assert len(passages) > 1
    assert all(passage.text.startswith(SENTENCE) for passage in passages)
    assert all(passage.text.strip().endswith(SENTENCE) for passage in passages)


def test_a_long_line_is_cut_between_sentences() -> None:
    passages = split_document(document_of(" ".join([SENTENCE] * 30)))
    assert len(passages) > 3
    assert all(passage.text.strip().startswith("De stuurgroep") for passage in passages)
    assert all(passage.text.strip().endswith("nodig.") for passage in passages)


def test_a_long_sentence_is_cut_between_words() -> None:
    document = document_of("partnerschap " * 200)
    passages = split_document(document)
    assert len(passages) > 3
    assert {word for passage in passages for word in passage.text.split()} == {"partnerschap"}


def test_text_without_spaces_is_still_cut() -> None:
    passages = split_document(document_of("x" * 5000))
    assert max(len(passage.text) for passage in passages) <= LONGEST_WITH_TAIL


def test_a_short_tail_stays_with_the_passage_before() -> None:
    body = "y" * (LONGEST_PASSAGE - 5)
    assert len(split_document(document_of(f"{body}\n\nSlot."))) == 1
    assert len(split_document(document_of(f"{body}\n\n{SENTENCE} {SENTENCE}"))) == 2


def test_a_line_that_announces_a_list_stays_with_its_first_item() -> None:
    filler = "z" * (LONGEST_PASSAGE - 40)
    items = "\n".join(f"- {SENTENCE}" for _ in range(3))
    passages = split_document(document_of(f"{filler}\n\nDe principes zijn:\n\n{items}"))
    announcing = next(passage for passage in passages if "De principes zijn:" in passage.text)
    assert announcing.text.split("De principes zijn:")[1].strip().startswith("- De stuurgroep")


def test_many_lines_that_end_with_a_colon_do_not_make_one_long_passage() -> None:
    passages = split_document(document_of("\n\n".join(["Naam van de partij:"] * 200)))
    assert max(len(passage.text) for passage in passages) <= LONGEST_WITH_TAIL


def test_the_id_and_the_body_of_a_passage_follow_from_its_place() -> None:
    passage = split_document(document_of(f"# 1. Deel\n\n{SENTENCE}"))[0]
    assert passage.id == f"proef:0-{len(passage.text)}"
    assert passage.text[passage.body_start :] == SENTENCE


def test_the_text_to_index_names_document_and_section() -> None:
    document = document_of(f"{SENTENCE}\n\n# 1. Deel\n\n{SENTENCE}")
    assert [in_context(document, passage) for passage in split_document(document)] == [
        f"Proef\n{SENTENCE}",
        f"Proef. 1. Deel\n1. Deel\n\n{SENTENCE}",
    ]


@pytest.mark.parametrize("raw", ["Kort.", "# Titel\n\nKort.", "Kort.\n\n# Slot"])
def test_the_smallest_documents_have_passages(raw: str) -> None:
    document = document_of(raw)
    assert_tiled(document, split_document(document))


PIECES = st.one_of(
    st.sampled_from(["", "# 1. Deel", "## A. Visie", "# Titel", "- een item", SENTENCE, "x" * 900]),
    st.integers(1, 25).map(lambda count: " ".join([SENTENCE] * count)),
    st.integers(1, 300).map(lambda count: "woord " * count),
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=10), st.booleans())
def test_passages_tile_every_section_in_bounded_slices(
    pieces: list[str], is_markdown: bool
) -> None:
    document = document_of("\n\n".join(pieces), is_markdown)
    if not document.text:
        return
    passages = split_document(document)
    assert_tiled(document, passages)
    bodies = [len(passage.text.strip()) for passage in passages]
    assert max(bodies) <= LONGEST_WITH_TAIL
