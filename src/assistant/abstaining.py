"""Why there is no answer: what was looked for, where, and which word a named document lacks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import wording
from assistant.documents import Document
from assistant.dutch.analysis import Analyzer, topics, words
from assistant.dutch.folding import fold
from assistant.dutch.questions import is_comparison

MOST_TOPICS = 8
"""Words of a question that the explanation repeats."""

_SHORTEST_TELLING = 6
_VERB = re.compile(r"ge\w+(?:d|t|en)|\w+t|\w+de|\w+te|\w+en", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Search:
    """What was searched: the question as understood, and the documents that the filters left."""

    question: str
    documents: Sequence[Document]


def explain(search: Search, analyzer: Analyzer) -> str:
    """The Dutch text of an abstention."""
    if not has_words(search.question):
        return wording.NO_TERMS
    if not search.documents:
        return wording.NO_DOCUMENTS
    named = topics(search.question)
    if not named:
        return wording.ABSTAINED
    missing = "" if is_comparison(search.question) else _missing(search, analyzer)
    count = wording.ONE_DOCUMENT if len(search.documents) == 1 else wording.MANY_DOCUMENTS
    detail = wording.ABSTAINED_DETAIL.format(
        terms=", ".join(f"‘{topic}’" for topic in named[:MOST_TOPICS]),
        count=count.format(count=len(search.documents)),
    )
    return " ".join(filter(None, [wording.ABSTAINED, missing, detail]))


def has_words(question: str) -> bool:
    """Whether there is anything to search for."""
    return any(char.isalnum() for char in question)


def _missing(search: Search, analyzer: Analyzer) -> str:
    """Which word of the question does not occur in the one document that it names."""
    named = [d for d in search.documents if _names(search.question, d, search.documents)]
    if len(named) != 1:
        return ""
    document = named[0]
    given = f"{document.metadata.title} {' '.join(document.metadata.parties)} {document.text}"
    known, written = frozenset(analyzer.terms(given)), fold(given)
    absent = [
        word
        for word in topics(search.question)
        if fold(word) not in written and _is_absent(word, known, analyzer)
    ]
    if not absent:
        return ""
    return wording.NOT_MENTIONED.format(word=absent[0], title=document.metadata.title)


def _names(question: str, document: Document, others: Sequence[Document]) -> bool:
    """Whether a question names every party that sets a document apart."""
    asked = " ".join(words(question))
    own = [" ".join(words(party)) for party in document.metadata.parties]
    spoken = [party for party in own if f" {party} " in f" {asked} "]
    return bool(spoken) and all(
        not set(spoken) <= {" ".join(words(p)) for p in other.metadata.parties}
        for other in others
        if other.id != document.id
    )


def _is_absent(word: str, known: frozenset[str], analyzer: Analyzer) -> bool:
    """Whether neither the word nor a part of it occurs, in any inflection the stemmer knows.

    Short words and verb forms are left alone: that "gestapt" does not occur says little.
    """
    is_telling = len(word) >= _SHORTEST_TELLING and word.isalpha() and not _VERB.fullmatch(word)
    return is_telling and known.isdisjoint(analyzer.terms(word))
