"""Next questions that the text of a section may answer; only a trial can tell which it does.

They are made from the text by rule: word order, lists, abbreviations, headings, noun phrases. Text
that looks like markup, or hides something, gives none.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from assistant import wording
from assistant.asking import InvalidQuestion, clean_question
from assistant.conversation import is_follow_up
from assistant.documents import Document, Section
from assistant.dutch.abbreviations import find_abbreviations
from assistant.dutch.analysis import Analyzer
from assistant.dutch.folding import fold
from assistant.dutch.interrogatives import lasting_in, listed_by, questions_answered_by
from assistant.dutch.noun_phrases import noun_phrases
from assistant.dutch.questions import Expected, expected_answer
from assistant.dutch.sentences import sentences
from assistant.enumeration import enumeration_at
from assistant.index import Index

REACH = 10_000
"""Characters on either side in which sentences are sought."""

LONGEST_SENTENCE = 600
"""Characters of a sentence that is looked at; what is longer is no sentence but a table or worse.
"""

MOST_SENTENCES = 12
"""Sentences of a section, the nearest ones, of which questions are made."""

LONGEST_CANDIDATE = 160
"""Characters of a question that can still be read at a glance."""

MOST_HOLDERS = 3
"""Passages in which the head of a noun phrase may occur for it to tell something."""

SHORTEST_ACT = 15
"""Letters of a noun in -ing that names its own object, as "informatiedoorstroming" does."""

MOSTLY = 0.5
"""Share of its words in another question from which a question asks nearly the same."""

_PLAIN = re.compile(r"(?:[^\W_]|[ !&'’‘“”\"(),./–-])+\?")
_OWN_DOCUMENT = re.compile(r"(?:Deze|Dit) [\w-]*(?:overeenkomst|antwoord|toelichting|verslag)\b")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*\.?|[A-Z]\.)\s+")
_ITEM = re.compile(r"^ *(?:-|\d{1,2}[.)]) ", re.MULTILINE)
_NAME_INSIDE = re.compile(r"\s(?:‘|\w*[A-ZÀ-Þ])")


@dataclass(frozen=True, slots=True)
class Place:
    """A section, and the stretch of its document that the user comes from."""

    document: Document
    section: Section
    start: int
    end: int

    def distance(self, start: int, end: int) -> int:
        """Characters between that stretch and another one."""
        return max(start - self.end, self.start - end, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about: the kind of answer and the search terms."""

    kind: Expected
    terms: frozenset[str]

    @classmethod
    def of(cls, question: str, topic: str, analyzer: Analyzer) -> "Asked":
        """``topic`` is the part of the question that tells it from other questions."""
        return cls(expected_answer(question), frozenset(analyzer.terms(topic)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that ``[start, end)`` of a document may answer.

    ``own`` holds those of its search terms that are not in the title of the document.
    """

    question: str
    asked: Asked
    own: frozenset[str]
    document: str
    start: int
    end: int

    def resembles(self, other: Asked) -> bool:
        """Whether it asks nearly what another question asked."""
        shares_own = _is_mostly_in(self.own or self.asked.terms, other.terms)
        shares_all = _is_mostly_in(self.asked.terms, other.terms)
        return shares_own or (shares_all and self.asked.kind is other.kind)


def _is_mostly_in(terms: frozenset[str], others: frozenset[str]) -> bool:
    return len(terms & others) >= MOSTLY * len(terms)


@dataclass(frozen=True, slots=True)
class _Idea:
    """A question in the making; ``topic`` is what tells it from other questions."""

    question: str
    topic: str
    start: int
    end: int


def candidates_at(place: Place, index: Index) -> list[Candidate]:
    """Questions about a section, the most telling first.

    First come those made of whole sentences, the nearest first, then the heading's, then those
    about a noun phrase, the rarest first.
    """
    analyzer = index.analyzer
    given = frozenset(analyzer.terms(place.document.metadata.title))
    ideas = chain(
        _from_sentences(place, analyzer),
        _from_heading(place, analyzer),
        _from_phrases(place, index),
    )
    made = []
    for idea in ideas:
        asked = Asked.of(idea.question, idea.topic, analyzer)
        if asked.terms and _can_be_asked(idea.question):
            own = asked.terms - given
            span = (idea.start, idea.end)
            made.append(Candidate(idea.question, asked, own, place.document.id, *span))
    return made


def _can_be_asked(question: str) -> bool:
    """Whether it is short, plain text and means the same whatever was asked before."""
    if len(question) > LONGEST_CANDIDATE or not _PLAIN.fullmatch(question):
        return False
    try:
        return clean_question(question) == question and not is_follow_up(question)
    except InvalidQuestion:
        return False


def _title(document: Document) -> str:
    """The title without what follows a colon."""
    return document.metadata.title.split(": ")[0]


def _nearest(place: Place) -> list[tuple[str, int, int]]:
    """The sentences of a section that are nearest to the place, nearest first."""
    text = place.document.text
    spans = [
        (start, end)
        for start, end in sentences(text, *_lines_around(place))
        if end - start <= LONGEST_SENTENCE
    ]
    nearest = sorted(spans, key=lambda span: place.distance(*span))[:MOST_SENTENCES]
    return [(text[start:end].replace("\n", " "), start, end) for start, end in nearest]


def _lines_around(place: Place) -> tuple[int, int]:
    """The lines of the section that lie within ``REACH`` of the place, or of its nearer end."""
    text, first, last = place.document.text, place.section.body_start, place.section.end
    before = min(max(place.start, first), last) - REACH
    after = max(min(place.end, last), first) + REACH
    start = text.rfind("\n", first, before) + 1 if before > first else first
    end = text.find("\n", after, last) if after < last else last
    return max(start, first), end if end >= 0 else last


def _from_sentences(place: Place, analyzer: Analyzer) -> Iterator[_Idea]:
    title = _title(place.document)
    for sentence, start, end in _nearest(place):
        last = _end_of_list(place, start, end) if sentence.endswith(":") else end
        for question in questions_answered_by(_OWN_DOCUMENT.sub(f"‘{title}’", sentence)):
            yield _Idea(_according_to(question, title, analyzer), question, start, last)
        if what := listed_by(sentence):
            yield _Idea(wording.ASK_LIST.format(what=what, title=title), what, start, last)
        if what := lasting_in(sentence):
            question = wording.ASK_LENGTH.format(what=what)
            yield _Idea(_according_to(question, title, analyzer), what, start, end)
        for short in find_abbreviations(sentence):
            yield _Idea(wording.ASK_ABBREVIATION.format(short=short), short, start, end)


def _end_of_list(place: Place, start: int, end: int) -> int:
    """Where that ends what a colon announces: its list, else the section."""
    listed = enumeration_at(place.document, place.section, start, end)
    return listed.items[-1][1] if listed else place.section.end


def _according_to(question: str, title: str, analyzer: Analyzer) -> str:
    """``question`` with the document it is about, unless its own words tell that already."""
    titled, asked = frozenset(analyzer.terms(title)), frozenset(analyzer.terms(question))
    if _NAME_INSIDE.search(question) or _is_mostly_in(titled, asked):
        return question
    return wording.ASK_ACCORDING_TO.format(question=question.removesuffix("?"), title=title)


def _from_heading(place: Place, analyzer: Analyzer) -> Iterator[_Idea]:
    """Where the heading is a phrase of more words and the text under it speaks of them.

    Only the text before a list can answer it: one item says little of the whole.
    """
    section, text = place.section, place.document.text
    heading = _NUMBERED.sub("", section.path[-1], count=1) if section.path else ""
    is_phrase = " " in heading and not heading.endswith("?")
    if not is_phrase or heading not in text[section.start : section.body_start]:
        return
    item = _ITEM.search(text, section.body_start, section.end)
    end = item.start() if item else section.end
    body = frozenset(analyzer.terms(text[section.body_start : end][:REACH]))
    if _is_mostly_in(frozenset(analyzer.terms(heading)), body):
        question = wording.ASK_HEADING.format(heading=heading, title=_title(place.document))
        yield _Idea(question, heading, section.body_start, end)


def _from_phrases(place: Place, index: Index) -> Iterator[_Idea]:
    """The rarest noun phrase of each sentence."""
    least = math.log1p(len(index.passages) / MOST_HOLDERS)
    found = []
    for sentence, start, end in _nearest(place):
        phrases = [
            (_rarity(phrase.head, index), phrase.text)
            for phrase in noun_phrases(sentence)
            if not phrase.is_bare or _tells_enough(phrase.head, index.analyzer)
        ]
        if phrases:
            found.append((*max(phrases), start, end))
    for rarity, text, start, end in sorted(found, reverse=True):
        if rarity >= least:
            question = wording.ASK_ABOUT.format(topic=text, title=_title(place.document))
            yield _Idea(question, text, start, end)


def _tells_enough(noun: str, analyzer: Analyzer) -> bool:
    """Whether a noun can do alone: a compound, but no short one for an act ("vaststelling")."""
    is_act = noun.endswith("ing") and len(noun) < SHORTEST_ACT
    return not is_act and bool(analyzer.split_compound(fold(noun)))


def _rarity(word: str, index: Index) -> float:
    return max(map(index.rarity, index.analyzer.terms(word)), default=0.0)
