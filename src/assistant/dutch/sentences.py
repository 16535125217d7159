"""Sentence boundaries of Dutch text, as offsets."""

import re

# Words that a full stop follows without ending the sentence. Lower case, without the stop.
_ABBREVIATIONS = frozenset(
    (
        "afd art bijv bv bvb ca cf cfr dept dhr dr drs e.d excl fig hoofdst incl ing ir jl jr lic "
        "max mevr min mr mw nl nr nrs ong par pct plm prof resp sr st t tel vb vgl vnl zgn"
    ).split()
)
_BREAK = re.compile(
    r"(?P<word>(?<!\S)\S{0,80}?)(?P<stop>[.!?…]+[)\]”’\"'»]*)(?P<gap>\s+)(?=[\"'“‘«(\[]?[A-Z0-9À-Þ])"
)
_OPENING = "\"'“‘«(["
_LIST_NUMBER = re.compile(r"\d{1,2}|[A-Za-z]")
_LINE = re.compile(r"[^\S\n]*(?:-[^\S\n]+|\d{1,2}[.)][^\S\n]+)?(?P<content>\S(?:[^\n]*\S)?)?")


def _ends_sentence(match: re.Match[str], line_start: int) -> bool:
    word = match["word"].lstrip(_OPENING)
    if not match["stop"].startswith((".", "…")) or len(match["stop"].rstrip(")]”’\"'»")) > 1:
        return True
    if match.start() == line_start and _LIST_NUMBER.fullmatch(word):
        return False  # "6. Duur van de overeenkomst": the number belongs to what follows
    is_initial = len(word) == 1 and word.isalpha()
    has_inner_stop = "." in word.rstrip(".")  # "prof.dr.", "m.u.v."
    return not (is_initial or has_inner_stop or word.lower() in _ABBREVIATIONS)


def _line_sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans, begin = [], start
    for match in _BREAK.finditer(text, start, end):
        if match.end("stop") > begin and _ends_sentence(match, start):
            spans.append((begin, match.end("stop")))
            begin = match.end("gap")
    spans.append((begin, end))
    return spans


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text[start:end]``, without the white space around them.

    A line never shares a sentence with the next one, so a list item is one or more sentences of
    its own; the dash or number in front of it is not part of them.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text, start, end):
        if line["content"]:
            spans += _line_sentences(text, *line.span("content"))
    return spans
