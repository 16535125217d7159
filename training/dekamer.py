"""Dutch readings from ``dekamer/``: sub-question to answer-segment pairs, and the hold-out.

A document is held out when ``sha256(id) % 5 == 0`` for its id in either numbering, or when it
shares a run of ``_SHINGLE`` letters with a held-out text: no held-out text reaches the training.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.readings import Reading, Span, enclosing_sentences, sentence_spans
from training.rows import Row, read_rows

_SHINGLE = 60
_REFERRAL = re.compile(
    r"(?i)\b(?:zie (?:het )?antwoord|zie (?:punt|vraag|hierboven|supra)"
    r"|verwijs (?:ik )?(?:u |het )?"
    r"|geen (?:verder )?antwoord|zonder voorwerp|niet van toepassing|niet (?:tot )?mijn bevoegdheid"
    r"|behoort (?:niet )?tot de bevoegdheid|werd reeds beantwoord|niet beschikbaar)"
)
_GLUED_STOP = re.compile(r"(?<=[a-zé)\]\"][.!?])(?=[A-Z])")
_GLUED_ITEM = re.compile(r"(?<=[:;])\s?(?=- ?[A-Za-z])")
_FACT = re.compile(
    r"\b\d{1,2} (?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november"
    r"|december)(?: \d{4})?|(?<![\w.,])\d+(?:[.,]\d+)*(?: ?%| (?:euro|dagen|maanden|jaar|personen"
    r"|miljoen euro))?(?![\w])"
)
_ASKS_NUMBER = re.compile(r"(?i)^hoeveel\b(?!.*\b(?:hoeveel|per|jaren|cijfers)\b)[^?]*\?$")
_ASKS_DATE = re.compile(r"(?i)^wanneer\b[^?]*\?$")
_YEARLIKE = re.compile(r"^(?:19|20)\d\d$")

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Segment:
    """One numbered sub-question with the part of the answer that carries its number."""

    document: str
    title: str
    number: int
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Dekamer:
    """The training side and the held-out side of the sub-questions, and the training texts.

    ``texts`` are those of the corpus, for lookalikes.
    """

    train: tuple[Reading, ...]
    dev: tuple[Reading, ...]
    texts: tuple[str, ...]


def is_held_out(identifier: str) -> bool:
    """Whether a document id falls in the fifth kept for the retrieval benchmark."""
    return int(hashlib.sha256(identifier.encode()).hexdigest(), 16) % 5 == 0


def load_dekamer(root: Path, vectors: Path, excluded: Iterable[str] = ()) -> Dekamer:
    """Filtered readings of ``root``; no text of ``excluded`` (validation) reaches the training.

    ``vectors`` is the file of ``training.embed_subquestions``. Raises ``OSError`` when it or a file
    of ``root`` is missing.
    """
    segments = _segments(root / "subquestions.jsonl", vectors)
    corpus = read_texts(root)
    closed = _Shingles()
    closed.add(*(text for key, text in corpus.items() if is_held_out(key)))
    closed.add(*(s.answer for s in segments if is_held_out(s.document)))
    held = {s.document for s in segments if is_held_out(s.document) or closed.meets(s.answer)}
    closed.add(*excluded)
    shut = held | {s.document for s in segments if closed.meets(s.answer)}
    texts = [t for key, t in corpus.items() if not is_held_out(key) and not closed.meets(t)]
    return Dekamer(
        train=tuple(_readings([s for s in segments if s.document not in shut])),
        dev=tuple(_readings([s for s in segments if s.document in held])),
        texts=tuple(respace(text)[0] for text in texts),
    )


def respace(text: str) -> tuple[str, list[int]]:
    """Break up sentences and list items that the source glued; also where each break went in."""
    breaks = {match.start(): " " for match in _GLUED_STOP.finditer(text)}
    breaks |= {match.start(): "\n" for match in _GLUED_ITEM.finditer(text)}
    pieces, last = [], 0
    for place in sorted(breaks):
        pieces += [text[last:place], breaks[place]]
        last = place
    return "".join([*pieces, text[last:]]), sorted(breaks)


def moved(span: Span, breaks: list[int]) -> Span:
    """A span of the original text in the text that ``respace`` made of it."""
    start, end = span
    return start + sum(b <= start for b in breaks), end + sum(b < end for b in breaks)


def read_texts(root: Path) -> dict[str, str]:
    """Text of each corpus document by its id."""
    return {row["_id"]: row["text"] for row in read_rows(root / "corpus.jsonl")}


def read_titles(root: Path) -> dict[str, str]:
    """Title of each corpus document by its id, from the title query that finds it."""
    queries = {row["_id"]: row["text"] for row in read_rows(root / "queries.jsonl")}
    lines = (root / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = (line.split("\t")[:2] for line in lines)
    return {corpus: _clean_title(queries[query]) for query, corpus in pairs}


def _clean_title(title: str) -> str:
    return re.sub(r"\s*\(MV \d+\)", "", title).strip()


class _Shingles:
    """The runs of letters that a set of texts contains, for finding shared text."""

    def __init__(self) -> None:
        self._runs: set[int] = set()

    def add(self, *texts: str) -> None:
        """Take in the runs of some texts."""
        for text in texts:
            self._runs.update(_runs(text))

    def meets(self, text: str) -> bool:
        """Whether a text shares a run with those taken in."""
        return any(run in self._runs for run in _runs(text))


def _runs(text: str) -> Iterator[int]:
    plain = _plain(text)
    for start in range(max(1, len(plain) - _SHINGLE + 1)):
        yield hash(plain[start : start + _SHINGLE])


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _segments(path: Path, vectors: Path) -> list[Segment]:
    """Segments whose question and answer plausibly belong together."""
    rows = read_rows(path)
    stored = np.load(vectors)
    cosines = (stored["question"] * stored["answer"]).sum(axis=1)
    documents = defaultdict(list)
    for index, row in enumerate(rows):
        documents[row["doc_id"]].append(index)
    kept = []
    for indices in documents.values():
        table = stored["question"][indices] @ stored["answer"][indices].T
        for place, index in enumerate(indices):
            is_rival = table[place].max() > table[place, place] + 0.02
            if _is_usable(rows[index], float(cosines[index])) and not is_rival:
                kept.append(index)
    return [_segment(rows[index]) for index in kept]


def _is_usable(row: Row, cosine: float) -> bool:
    question, answer = row["question"], row["answer"]
    if len(question) < 20 or "?" not in question:
        return False
    return bool(_REFERRAL.search(answer[:120])) or (cosine > 0.84 and len(answer) > 25)


def _segment(row: Row) -> Segment:
    answer = respace(row["answer"].strip())[0]
    question = " ".join(respace(row["question"])[0].split())
    return Segment(row["doc_id"], _clean_title(row["title"]), int(row["n"]), question, answer)


def _readings(segments: list[Segment]) -> list[Reading]:
    documents: dict[str, list[Segment]] = defaultdict(list)
    for segment in segments:
        documents[segment.document].append(segment)
    return [_reading(segment, siblings) for siblings in documents.values() for segment in siblings]


def _reading(segment: Segment, siblings: list[Segment]) -> Reading:
    """The segment among its neighbours; its sentences are evidence where it has three at most."""
    context, span = _with_neighbours(segment, siblings)
    is_referral = len(segment.answer) < 250 and bool(_REFERRAL.search(segment.answer[:120]))
    inside = enclosing_sentences(context, (span,))
    answer = None if is_referral else _fact(segment.question, context, span)
    evidence: tuple[Span, ...] | None = inside if len(inside) <= 3 else None
    if answer is not None:
        evidence = enclosing_sentences(context, (answer,))
    return Reading(
        source="dekamer",
        group=f"dekamer/{segment.document}",
        title=segment.title,
        question=_last_questions(segment.question),
        context=context,
        answerable=not is_referral,
        evidence=() if is_referral else evidence,
        answer=answer,
        focus=span,
    )


def _last_questions(question: str) -> str:
    """At most two questions: a civil servant does not type the whole preamble."""
    spans = [s for s in sentence_spans(question) if question[: s[1]].endswith("?")]
    return question[spans[0][0] : spans[min(1, len(spans) - 1)][1]] if spans else question


def _with_neighbours(segment: Segment, siblings: list[Segment]) -> tuple[str, Span]:
    near = [s for s in siblings if abs(s.number - segment.number) <= 1]
    lines, span = "", (0, 0)
    for sibling in sorted(near, key=lambda s: s.number):
        start = len(lines) + len(f"{sibling.number}. ")
        lines += f"{sibling.number}. {sibling.answer}\n"
        if sibling is segment:
            span = (start, start + len(sibling.answer))
    return lines.rstrip(), span


def _fact(question: str, context: str, span: Span) -> Span | None:
    """The only number or date of the segment, when one simple question asks for it."""
    is_date = bool(_ASKS_DATE.match(question))
    if not is_date and not _ASKS_NUMBER.match(question):
        return None
    found = [m for m in _FACT.finditer(context, *span) if _fits(m.group(), is_date)]
    return found[0].span() if len(found) == 1 else None


def _fits(fact: str, is_date: bool) -> bool:
    named = bool(re.search(r"[a-z]{3,} ?(?:\d{4})?$", fact)) and not re.search(r"euro|jaar", fact)
    if is_date:
        return named or bool(_YEARLIKE.match(fact))
    return not _YEARLIKE.match(fact) and not re.search(r"(?:ari|maart|april|mei|ni|li|ber)\b", fact)
