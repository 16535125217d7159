"""Documents to passages: the units of retrieval, exact slices of the stored text."""

from collections.abc import Iterator
from itertools import pairwise

from assistant.documents import Document, Passage, Section
from assistant.dutch.sentences import sentences

LONGEST_PASSAGE = 700
"""Characters; about 180 e5 tokens. Shorter units lose their context: a sentence alone is found far
less often by the questions that it answers.
"""

_SHORTEST_TAIL = 120


def split_document(document: Document) -> list[Passage]:
    """Cut a document into passages of about ``LONGEST_PASSAGE`` characters.

    The passages of a section tile it and none crosses into another. Cuts fall between lines where
    they can, else between sentences, else between words; a tail of less than 120 characters stays
    with the passage before it.
    """
    return [
        Passage(document.id, section, start, end, document.text[start:end])
        for section in document.sections
        for start, end in _spans(document.text, section)
    ]


def _spans(text: str, section: Section) -> list[tuple[int, int]]:
    cuts = [section.start]
    for atom_start, atom_end in pairwise([*_atoms(text, section), section.end]):
        is_full = atom_end - cuts[-1] > LONGEST_PASSAGE
        if is_full and atom_start > cuts[-1]:
            cuts.append(atom_start)
    if len(cuts) > 1 and section.end - cuts[-1] < _SHORTEST_TAIL:
        cuts.pop()
    return list(pairwise([*cuts, section.end]))


def _atoms(text: str, section: Section) -> Iterator[int]:
    """Offsets where a passage may start: lines, and sentences and words inside long lines."""
    yield section.start
    glued = False
    line_start = section.body_start
    while line_start < section.end:
        newline = text.find("\n", line_start, section.end)
        line_end = section.end if newline < 0 else newline + 1
        if text[line_start:line_end].strip() and line_start > section.start:
            glued = not glued and _is_introduced(text, section, line_start)
            if not glued:
                yield line_start
            yield from _inside(text, line_start, line_end)
        elif line_start == section.start:
            yield from _inside(text, line_start, line_end)
        line_start = line_end


def _is_introduced(text: str, section: Section, line_start: int) -> bool:
    """Whether the line before, such as "zoals bijvoorbeeld:", announces this one."""
    before = text[section.start : line_start].rstrip()
    return before.endswith(":") and line_start > section.body_start


def _inside(text: str, start: int, end: int) -> Iterator[int]:
    if end - start <= LONGEST_PASSAGE:
        return
    for sentence_start, sentence_end in sentences(text, start, end):
        if sentence_start > start:
            yield sentence_start
        position = sentence_start
        while sentence_end - position > LONGEST_PASSAGE:
            space = text.rfind(" ", position + 1, position + LONGEST_PASSAGE)
            position = space + 1 if space > 0 else position + LONGEST_PASSAGE
            yield position


def in_context(document: Document, passage: Passage) -> str:
    """The text to index for a passage: its heading, then the passage."""
    return f"{heading_of(document, passage)}\n{passage.text.strip()}"


def heading_of(document: Document, passage: Passage) -> str:
    """What a passage silently refers to: document title and heading path."""
    name = passage.section.name
    return f"{document.metadata.title}. {name}" if name else document.metadata.title
