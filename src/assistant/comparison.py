"""Questions that set two documents beside each other: each is asked on its own."""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.documents import Document, Evidence, Filters, ScoredPassage
from assistant.dutch.folding import fold
from assistant.reading import Reader
from assistant.retrieval import HybridRetriever, matches

PASSAGES = 5
"""Passages that are read of each document: half of what another question reads."""

SURE_ENOUGH = 0.5
"""Confidence that the answer of either document needs: below, one of the two is mostly wrong."""


def compare(
    question: str,
    found: Sequence[ScoredPassage],
    retriever: HybridRetriever,
    reader: Reader,
    filters: Filters,
) -> tuple[Evidence, ...]:
    """The best evidence of each of two documents, or nothing when either has none.

    ``found`` is what the whole question retrieved. The documents are the two whose parties it
    names, else the first two found.
    """
    documents = retriever.index.documents
    order = list(dict.fromkeys(item.passage.document for item in found))
    allowed = [d for d in documents.values() if matches(d.metadata, d.id, filters)]
    named = [d.id for d in allowed if _own_names(question, d, documents)]
    pair = sorted(named, key=[*order, *named].index) if len(named) == 2 else order[:2]
    sides: list[Evidence] = []
    for document in map(documents.__getitem__, pair):
        asked = _without_others(question, document, documents)
        chosen = replace(filters, documents=(document.id,))
        reading = reader.read(asked, retriever.search(asked, chosen, PASSAGES))
        sides += reading.evidence[:1]
    is_complete = len(sides) == 2 and all(side.confidence >= SURE_ENOUGH for side in sides)
    return tuple(sides) if is_complete else ()


def _own_names(question: str, document: Document, documents: dict[str, Document]) -> list[str]:
    """Parties that the question names and no other document of the same kind has."""
    shared = [
        fold(party)
        for other in documents.values()
        if other.id != document.id
        for party in other.metadata.parties
        if other.metadata.kind is document.metadata.kind
    ]
    return [
        party
        for party in document.metadata.parties
        if fold(party) not in shared and _pattern(party).search(question)
    ]


def _without_others(question: str, document: Document, documents: dict[str, Document]) -> str:
    """The question without the names that belong to other documents alone."""
    for other in documents.values():
        if other.id != document.id:
            for name in set(_own_names(question, other, documents)).difference(
                document.metadata.parties
            ):
                question = _pattern(name).sub("", question)
    return re.sub(r"\s+", " ", question).strip()


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
