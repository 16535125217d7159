"""Evaluation cases: questions with known facts and the sentences they stand in."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

NEAR_MISSES = frozenset({"missing_fact", "wrong_document", "false_premise"})
"""Types of unanswerable question that look answerable: the document is right and the fact not in
it, the fact is another agreement's, the question presumes what is not so."""

UNANSWERABLE = NEAR_MISSES | {"off_topic", "hostile"}

ANSWERABLE = frozenset(
    "date number person where what why how condition list yes_no definition comparison".split()
)

STYLES = frozenset("follow_up typo keyword en fr".split())

Split = Literal["dev", "test"]

_REVIEW = "review"
"""The field that marks a draft."""

Nugget = Annotated[tuple[Annotated[str, Field(pattern=r"\w")], ...], Field(min_length=1)]
"""The accepted spellings of one fact."""


class CaseError(ValueError):
    """A case file that cannot be used; the message names file, line and reason."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Strict):
    """Where a fact stands: a document and a verbatim quote from its stored text."""

    document: str
    quote: str = Field(min_length=1)


class PastTurn(_Strict):
    """One earlier question with its answer."""

    question: str
    answer: str = ""


class Case(_Strict):
    """A question with what a right answer holds.

    ``facts`` is a list of nuggets, each a list of accepted spellings; all nuggets must be found.
    An unanswerable case has none: the right answer is to abstain. ``style`` tells how the question
    is put where that is out of the ordinary.
    """

    id: str = Field(min_length=1)
    question: str
    type: str = Field(min_length=1)
    answerable: bool
    facts: tuple[Nugget, ...] = ()
    sources: tuple[Source, ...] = ()
    history: tuple[PastTurn, ...] = ()
    style: tuple[str, ...] = ()

    @property
    def split(self) -> Split:
        """``dev``, on which thresholds may be tuned, or ``test``; fixed by a hash of the id."""
        return "test" if hashlib.sha256(self.id.encode()).digest()[0] % 2 else "dev"


class Draft(Case):
    """A case that nobody has checked yet; ``review`` says what is to be checked.

    ``load_cases`` refuses it for as long as it has that field.
    """

    review: str


def load_cases(paths: Sequence[Path]) -> list[Case]:
    """Read JSON Lines files. Raises ``CaseError``; ids are unique over all."""
    cases: dict[str, Case] = {}
    for path in paths:
        for place, line in read_lines(path):
            case = _parse(line, place)
            if case.id in cases:
                raise CaseError(f"{place}: the id '{case.id}' is used twice")
            cases[case.id] = case
    return list(cases.values())


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines of a JSON Lines file that are not blank, each after its place, ``file:line``.

    Only a line feed ends a line: JSON text may hold other separators. Raises ``CaseError``.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: not UTF-8 text ({error.reason})") from error
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}") from error
    yield from ((f"{path}:{number}", line) for number, line in enumerate(lines, 1) if line.strip())


def _parse(line: str, place: str) -> Case:
    try:
        case = Case.model_validate_json(line)
    except ValidationError as error:
        if any(wrong["loc"] == (_REVIEW,) for wrong in error.errors()):
            raise CaseError(
                f"{place}: not reviewed yet; do what '{_REVIEW}' says, then take that field out"
            ) from error
        raise CaseError(f"{place}: {explain(error)}") from error
    if {bool(case.facts), bool(case.sources)} != {case.answerable}:
        raise CaseError(f"{place}: an answerable case needs facts and sources, others have none")
    return case


def explain(error: ValidationError) -> str:
    """What is wrong with a file's content, on one line."""
    problems = [(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()]
    return "; ".join(f"{where}: {what}" if where else what for where, what in problems)
