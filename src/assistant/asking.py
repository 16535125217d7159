"""What may be asked: the limits of a question and of its filters."""

import re
import unicodedata
from collections.abc import Mapping

from assistant import wording
from assistant.contract import LONGEST_QUESTION
from assistant.documents import Document, Filters, Kind
from assistant.dutch.folding import fold

MOST_CLEANED = 20_000
"""Characters that are worth cleaning before saying that a question is too long."""

LONGEST_ECHO = 200
"""Characters of wrong filter values that an error message repeats."""


class InvalidQuestion(ValueError):
    """A question or filter that cannot be used; the message is Dutch and for the user."""


def clean_question(question: str) -> str:
    """``question`` without control characters and spare white space.

    Raises ``InvalidQuestion`` when nothing is left or it is longer than ``LONGEST_QUESTION``.
    """
    if len(question) > MOST_CLEANED:
        raise _too_long(question)
    visible = "".join(
        " " if char.isspace() or unicodedata.category(char) in ("Cc", "Cs") else char
        for char in question
        if unicodedata.category(char) != "Cf"
    )
    cleaned = re.sub(r"\s+", " ", visible).strip()
    if not cleaned:
        raise InvalidQuestion(wording.EMPTY_QUESTION)
    if len(cleaned) > LONGEST_QUESTION:
        raise _too_long(cleaned)
    return cleaned


def _too_long(question: str) -> InvalidQuestion:
    return InvalidQuestion(
        wording.LONG_QUESTION.format(length=len(question), limit=LONGEST_QUESTION)
    )


def check_filters(filters: Filters, documents: Mapping[str, Document]) -> None:
    """Raise ``InvalidQuestion`` for a filter value that none of the documents has."""
    if filters == Filters():
        return
    known = {
        "documents": set(documents),
        "kinds": {kind.value for kind in Kind},
        "parties": {p for document in documents.values() for p in document.metadata.parties},
    }
    for name, choices in known.items():
        folded = set(map(fold, choices))
        unknown = {value for value in getattr(filters, name) if fold(value) not in folded}
        if unknown:
            raise InvalidQuestion(
                wording.UNKNOWN_FILTER.format(
                    name=name,
                    values=", ".join(sorted(unknown))[:LONGEST_ECHO],
                    choices=", ".join(sorted(choices)),
                )
            )
    if filters.date_from and filters.date_to and filters.date_from > filters.date_to:
        raise InvalidQuestion(wording.REVERSED_DATES)
