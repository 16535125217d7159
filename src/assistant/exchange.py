"""A question of a conversation with its answer, as the browser keeps it and sends it back."""

import datetime as dt
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticSerializationError

from assistant.contract import (
    LONGEST_TURN_QUESTION,
    MOST_TURNS,
    FiltersIn,
    Strict,
    sendable,
)
from assistant.documents import Answer

LONGEST_NOTE = 1000
"""Characters of what may be said about an answer, or instead of one."""

M = TypeVar("M", bound=BaseModel)


def _kept(question: str) -> str:
    """What is kept of a question: one that could not be asked may be longer, or a broken paste."""
    return sendable(question)[:LONGEST_TURN_QUESTION]


def _without_halves(model: M) -> M:
    """Refuse half a surrogate pair where only a forger can have put one: it cannot be sent back."""
    try:
        model.model_dump_json()
    except PydanticSerializationError as error:
        raise ValueError("it cannot be sent") from error
    return model


SentFilters = Annotated[FiltersIn, AfterValidator(_without_halves)]
"""Filters that can be sent back."""


class Exchange(Strict):
    """A question with its answer. ``note`` says what is amiss with that, or why there is none.

    ``asked`` is the moment of the question and ``filters`` what it was restricted to.
    """

    question: Annotated[str, AfterValidator(_kept)]
    asked: dt.datetime
    note: str = Field("", max_length=LONGEST_NOTE)
    answer: Annotated[Answer, AfterValidator(_without_halves)] | None = None
    filters: SentFilters = FiltersIn()


Conversation = Annotated[list[Exchange], Field(max_length=MOST_TURNS)]
"""The exchanges of one conversation, oldest first."""
