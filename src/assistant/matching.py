"""How a question and a sentence compare without a network: terms, names, years, kind of answer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.documents import Document, Passage
from assistant.dutch.analysis import Analyzer, words
from assistant.dutch.folding import fold
from assistant.dutch.mentions import (
    Mention,
    find_dates,
    find_names,
    find_numbers,
    find_years,
    lower_case_words,
)
from assistant.dutch.questions import Expected, expected_answer, ordinals
from assistant.dutch.sentences import sentences

CACHED_PASSAGES = 4096
"""Also the number of documents of which names and ordinary words are kept."""

_TYPED = frozenset((Expected.DATE, Expected.NUMBER, Expected.NAME))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a passage, with what does not depend on the question.

    ``terms`` are its search terms and those of the document's title, headings and parties, which
    every sentence silently refers to; ``context_terms`` also those of the whole passage. ``years``
    and ``ordinals`` are those of the passage, the heading and (years) the document's dates.
    """

    passage: Passage
    start: int
    end: int
    text: str
    terms: frozenset[str]
    context_terms: frozenset[str]
    years: frozenset[str]
    ordinals: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is compared; ``weights`` is the rarity of its search terms."""

    folded: str
    weights: Mapping[str, float]
    expected: Expected
    parties: frozenset[str]
    years: frozenset[str]
    ordinals: frozenset[str]

    def coverage(self, terms: frozenset[str]) -> float:
        """Share of the question, by rarity, that ``terms`` hold."""
        total = sum(self.weights.values()) or 1.0
        return sum(weight for term, weight in self.weights.items() if term in terms) / total

    def says(self, mention: Mention) -> bool:
        """Whether the question holds a mention; "5" is not in "2015" but "3" is in "3voor1"."""
        text = re.escape(fold(mention.text))
        return re.search(rf"(?<!\d){text}(?!\d)", self.folded) is not None


@dataclass(frozen=True, slots=True)
class Match:
    """How a sentence fits a question; shares and 0/1 flags.

    The coverages are the share, weighted by rarity, of the question's terms that the sentence (or
    its whole passage) holds. ``has_expected`` and ``misses_expected`` are both 0 when the question
    asks for no date, number or name. ``names_other``: the question names a party of the corpus
    that the document never mentions; ``misses_year``: it names years and the
    passage, the title and the dates of the document hold none of them; ``misses_ordinal``: it asks
    for the first, last or third of something and the passage does not say so.
    """

    sentence_coverage: float
    context_coverage: float
    has_expected: float
    misses_expected: float
    names_other: float
    misses_year: float
    misses_ordinal: float


class Matcher:
    """Compares questions with the sentences of an index.

    ``rarity`` gives the inverse document frequency of a search term. What depends on a passage
    alone is kept for the most recent ``CACHED_PASSAGES``.
    """

    def __init__(
        self,
        documents: Mapping[str, Document],
        analyzer: Analyzer,
        rarity: Callable[[str], float],
    ) -> None:
        self.documents = documents
        self._analyzer = analyzer
        self._rarity = rarity
        self._parties = {p for document in documents.values() for p in document.metadata.parties}
        self.sentences = lru_cache(CACHED_PASSAGES)(self._split)
        self._mentioned = lru_cache(CACHED_PASSAGES)(self._find_mentioned)
        self._ordinary_words = lru_cache(CACHED_PASSAGES)(self._find_ordinary_words)

    def ask(self, question: str) -> Asked:
        """Analyse a question."""
        asked = words(question)
        return Asked(
            folded=fold(question),
            weights={term: self._rarity(term) for term in self._analyzer.terms(question)},
            expected=expected_answer(question),
            parties=frozenset(p for p in self._parties if _holds(asked, words(p))),
            years=frozenset(find_years(question)),
            ordinals=ordinals(question),
        )

    def match(self, asked: Asked, sentence: Sentence) -> Match:
        """Compare a question with one sentence."""
        passage = sentence.passage
        hits = self.mentions(asked, sentence)
        is_typed = asked.expected in _TYPED
        return Match(
            sentence_coverage=asked.coverage(sentence.terms),
            context_coverage=asked.coverage(sentence.context_terms),
            has_expected=float(is_typed and bool(hits)),
            misses_expected=float(is_typed and not hits),
            names_other=float(self._names_other(asked, passage)),
            misses_year=float(bool(asked.years) and asked.years.isdisjoint(sentence.years)),
            misses_ordinal=float(
                bool(asked.ordinals) and asked.ordinals.isdisjoint(sentence.ordinals)
            ),
        )

    def mentions(self, asked: Asked, sentence: Sentence) -> list[Mention]:
        """Dates, numbers or names, as asked; what the question itself says is no answer to it."""
        match asked.expected:
            case Expected.DATE:
                found = find_dates(sentence.text)
            case Expected.NUMBER:
                found = find_numbers(sentence.text)
            case Expected.NAME:
                ordinary = self._ordinary_words(sentence.passage.document)
                found = find_names(sentence.text, ordinary)
            case _:
                found = []
        return [mention for mention in found if not asked.says(mention)]

    def _split(self, passage: Passage) -> tuple[Sentence, ...]:
        document = self.documents[passage.document]
        metadata = document.metadata
        headings = f"{metadata.title}. {passage.section.name}"
        given = self._all_terms(" ".join([headings, *metadata.parties]))
        context = given | self._all_terms(passage.text)
        dates = f"{metadata.date} {metadata.valid_from} {metadata.valid_until}"
        years = frozenset(find_years(f"{headings} {dates} {passage.text}"))
        said = ordinals(f"{headings} {passage.text}")
        return tuple(
            Sentence(passage, start, end, text, given | self._all_terms(text), context, years, said)
            for start, end in sentences(document.text, passage.body_start, passage.end)
            for text in [document.text[start:end]]
        )

    def _all_terms(self, text: str) -> frozenset[str]:
        """Terms of a text and of its abbreviations' other forms."""
        query = self._analyzer.query(text)
        return frozenset(query.terms).union(*(other for _, other in query.alternatives))

    def _names_other(self, asked: Asked, passage: Passage) -> bool:
        return not asked.parties <= self._mentioned(passage.document)

    def _find_mentioned(self, document: str) -> frozenset[str]:
        """The parties of the corpus that a document is about or mentions."""
        found = self.documents[document]
        written = words(found.text)
        mentioned = {party for party in self._parties if _holds(written, words(party))}
        return frozenset(mentioned.union(found.metadata.parties))

    def _find_ordinary_words(self, document: str) -> frozenset[str]:
        return lower_case_words(self.documents[document].text)


def _holds(text: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the words of ``phrase`` stand in ``text`` in a row."""
    size = len(phrase)
    return size > 0 and any(
        list(text[at : at + size]) == list(phrase) for at in range(len(text) - size + 1)
    )
