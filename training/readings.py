"""The two records of the training data: a reading (as a source gives it) and a pair (as trained).

All spans are character offsets, half open. A reading is a question with a whole context; a pair is
a question with one passage of production length (100 to 700 characters) cut out of such a context.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from assistant.dutch.sentences import sentences

Span = tuple[int, int]

_OTHER_STOPS = re.compile(r"[^.!?。।؟]+[.!?。।؟]*\s*")
_FAR_LETTER = re.compile(r"[\u0370-\uffff]")


@dataclass(frozen=True, slots=True)
class Reading:
    """A question over a context, as a source annotates it.

    ``evidence`` holds the spans that prove the answer and is ``None`` where the source does not
    say; ``answer`` is a short span inside the evidence, where there is one. ``focus`` is what a
    crop of an unanswerable reading must keep (SQuAD's plausible answer). ``group`` names the
    document family: negatives come from the same group, and hold-outs take whole groups.
    """

    source: str
    group: str
    title: str
    question: str
    context: str
    answerable: bool
    evidence: tuple[Span, ...] | None = ()
    answer: Span | None = None
    focus: Span | None = None

    def asking(self, question: str) -> "Reading":
        """The same reading with another wording of the question."""
        return replace(self, question=question)

    def unanswered(self, context: str, title: str | None = None) -> "Reading":
        """The question over a context that does not answer it."""
        return Reading(
            source=self.source,
            group=self.group,
            title=self.title if title is None else title,
            question=self.question,
            context=context,
            answerable=False,
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage with its heading: one training example."""

    source: str
    question: str
    heading: str
    text: str
    answerable: bool
    evidence: tuple[Span, ...] | None
    answer: Span | None


@lru_cache(maxsize=50_000)
def sentence_spans(text: str) -> tuple[Span, ...]:
    """Sentences as the product cuts them; other scripts than Latin at any stop."""
    if len(_FAR_LETTER.findall(text)) * 4 < len(text):
        return tuple(sentences(text))
    matches = _OTHER_STOPS.finditer(text)
    return tuple((m.start(), m.start() + len(m.group().rstrip())) for m in matches if m.group())


def overlaps(first: Span, second: Span) -> bool:
    """Whether two spans share a character."""
    return first[0] < second[1] and second[0] < first[1]


def enclosing_sentences(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The sentences that hold (part of) one of ``spans``."""
    return tuple(s for s in sentence_spans(text) if any(overlaps(s, span) for span in spans))
