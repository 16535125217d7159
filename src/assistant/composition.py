"""Evidence to the pieces of an answer: which quotes, which short answer, which opening words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from assistant.documents import Document, Evidence, Passage
from assistant.dutch.mentions import count_value, find_numbers
from assistant.dutch.negation import is_negated, is_plain_denial, is_without_reserve
from assistant.dutch.questions import Expected, asks_count, expected_answer
from assistant.enumeration import Enumeration, Span, enumeration_at
from assistant.passages import heading_of

MOST_QUOTES = 10
"""Quotes of a list that the text gives in sentences."""

AS_LIKELY = 0.37
"""How much less likely than the best sentence another one may be to be quoted beside it.

Only where a list is asked: 57 of 61 such sentences of held-out invented questions were right beside
a right best one, but 15 of 65 for other questions.
"""

FindPassage = Callable[[str, int], Passage | None]
"""Document id and offset to the passage that holds it."""

SaysYes = Callable[[str, str, str], bool]
"""Question, heading and sentence to whether that answers "ja"."""


class Form(Enum):
    """How the pieces of an answer are put in words."""

    QUOTES = auto()
    SHORT = auto()
    YES = auto()
    NO = auto()
    LIST = auto()
    COUNT = auto()
    COMPARISON = auto()


@dataclass(frozen=True, slots=True)
class Composition:
    """What an answer is made of; ``evidence`` is in the order of its quotes."""

    form: Form
    evidence: tuple[Evidence, ...]
    short_answer: str = ""


class Composer:
    """Chooses the pieces of an answer. ``find_passage`` looks into the whole index."""

    def __init__(
        self, documents: Mapping[str, Document], find_passage: FindPassage, says_yes: SaysYes
    ) -> None:
        self._documents = documents
        self._find_passage = find_passage
        self._says_yes = says_yes

    def compose(self, question: str, evidence: Sequence[Evidence], sure: float) -> Composition:
        """The pieces of the answer to ``question``; ``evidence`` comes best first.

        ``sure`` is the confidence from which more may be said than the quote itself.
        """
        best, expected = evidence[0], expected_answer(question)
        listed = self._enumeration(best)
        if listed and asks_count(question) and not find_numbers(best.text):
            return self._count(best, listed)
        if best.confidence >= sure:
            if expected is Expected.LIST:
                return self._list(best, evidence, listed)
            if expected is Expected.YES_NO:
                return Composition(self._verdict(question, best), (best,))
        if expected in _SHORT and _says_enough(question, best):
            return Composition(Form.SHORT, (best,), best.short_answer)
        return Composition(Form.QUOTES, (best,))

    def _verdict(self, question: str, best: Evidence) -> Form:
        """Yes or no where the sentence settles it, else the sentence alone."""
        if not is_negated(question) and is_plain_denial(best.text):
            return Form.NO
        heading = heading_of(self._documents[best.passage.document], best.passage)
        is_yes = is_without_reserve(best.text) and self._says_yes(question, heading, best.text)
        return Form.YES if is_yes else Form.QUOTES

    def _list(
        self, best: Evidence, evidence: Sequence[Evidence], listed: Enumeration | None
    ) -> Composition:
        """A list of the document in full, or the sentences that are as likely as the best one."""
        likely = _likely(best, evidence)
        if listed and _is_all_evidence(listed, best, likely):
            return Composition(Form.LIST, self._items(best, listed.items))
        chosen = sorted(likely[:MOST_QUOTES], key=lambda item: item.start)
        return Composition(Form.QUOTES, tuple(chosen))

    def _enumeration(self, best: Evidence) -> Enumeration | None:
        document = self._documents[best.passage.document]
        return enumeration_at(document, best.passage.section, best.start, best.end)

    def _items(self, best: Evidence, spans: Sequence[Span]) -> tuple[Evidence, ...]:
        document = self._documents[best.passage.document]
        items = []
        for start, end in spans:
            passage = self._find_passage(document.id, start)
            if passage is not None:
                end = min(end, passage.end)
                text = document.text[start:end].rstrip()
                items.append(Evidence(passage, start, start + len(text), text, best.confidence))
        return tuple(items)

    def _count(self, best: Evidence, listed: Enumeration) -> Composition:
        """The number that the text gives for its list, else the number of items."""
        intro = self._items(best, [listed.intro]) if listed.intro else ()
        numbers = [number.text for number in find_numbers(intro[0].text)] if intro else []
        counts = [text for text in numbers if count_value(text) == len(listed.items)]
        if counts:
            return Composition(Form.SHORT, intro, counts[0])
        items = self._items(best, listed.items)
        return Composition(Form.COUNT, (*intro, *items), str(len(listed.items)))


_CONCLUDED = re.compile(r"\b(?:en|of)\b")
_GOES_ON = re.compile(r"\s*(?:\([^)]*\)\s*)?(?:,(?!\s*…)|en\b|of\b)")
"""What joins the last name of an enumeration, and what comes after a name that others follow."""

_SHORT = frozenset(
    (
        Expected.DATE,
        Expected.NUMBER,
        Expected.NAME,
        Expected.PLACE,
        Expected.DEFINITION,
        Expected.OTHER,
    )
)


def _says_enough(question: str, best: Evidence) -> bool:
    """Whether the short answer may stand above its sentence.

    Not without a number where one is asked, nor as the first few of a longer enumeration.
    """
    short = best.short_answer
    if not short or (asks_count(question) and not find_numbers(short)):
        return False
    rest = best.text.partition(short)[2]
    is_cut = "," in short and not _CONCLUDED.search(short) and _GOES_ON.match(rest)
    return not is_cut


def _likely(best: Evidence, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Sentences of the best one's document that are nearly as likely, best first."""
    return tuple(
        item
        for item in evidence
        if item.passage.document == best.passage.document
        and item.confidence >= AS_LIKELY * best.confidence
    )


def _is_all_evidence(listed: Enumeration, best: Evidence, likely: Sequence[Evidence]) -> bool:
    """Whether the list as a whole answers: it is announced by the best sentence, or more than
    one of its items is evidence.
    """
    if not any(start <= best.start < end for start, end in listed.items):
        return True
    hits = [any(s <= item.start < e for item in likely) for s, e in listed.items]
    return sum(hits) > 1
