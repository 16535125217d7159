"""What users think of answers: a file of JSON Lines that several processes may append to."""

import datetime as dt
import errno
import json
import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from filelock import FileLock
from pydantic import AwareDatetime, Field, ValidationError, model_validator

from assistant.contract import MOST_TURNS, FiltersIn, Strict, TurnIn
from assistant.documents import Answer, wrong_fields
from assistant.exchange import Exchange

LONGEST_TEXT = 2000
"""Characters of what a user may add."""

LOCK_SECONDS = 5
"""How long one writer waits for another."""


class Verdict(StrEnum):
    """Whether an answer was good (``up``) or not."""

    UP = "up"
    DOWN = "down"


class Reason(StrEnum):
    """What is wrong with an answer; ``wording.FEEDBACK_REASONS`` says it in words."""

    ONJUIST = "onjuist"
    ONVOLLEDIG = "onvolledig"
    VERKEERDE_BRON = "verkeerde_bron"
    TEN_ONRECHTE_NIET_GEVONDEN = "ten_onrechte_niet_gevonden"
    ONDUIDELIJK = "onduidelijk"
    ANDERS = "anders"


class FeedbackIn(Strict):
    """What a user sends: a verdict on an exchange that has an answer.

    ``history`` is what was asked and answered before it.
    """

    verdict: Verdict
    reason: Reason | None = None
    text: str = Field("", max_length=LONGEST_TEXT)
    exchange: Exchange
    history: list[TurnIn] = Field([], max_length=MOST_TURNS)

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if self.exchange.answer is None:
            raise ValueError("the exchange has no answer to judge")
        return self


class FeedbackItem(Strict):
    """A line of the file. ``at`` is in UTC; ``filters`` is what the question was restricted to."""

    id: str
    at: AwareDatetime
    verdict: Verdict
    reason: Reason | None
    text: str
    history: tuple[TurnIn, ...]
    answer: Answer
    filters: FiltersIn


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a file holds, oldest first, and of each line that cannot be read why (``file:line``)."""

    items: tuple[FeedbackItem, ...]
    errors: tuple[str, ...]


class FeedbackUnavailable(Exception):
    """The file cannot be written or read; the message says why, in English, for the log."""


def store(path: Path, given: FeedbackIn, now: dt.datetime) -> FeedbackItem:
    """Append one line to the file, on disk when this returns. Makes the file and its folder.

    Raises ``FeedbackUnavailable``.
    """
    item = FeedbackItem.model_validate(
        {
            "id": uuid.uuid4().hex,
            "at": now.astimezone(dt.UTC),
            "verdict": given.verdict,
            "reason": given.reason,
            "text": given.text,
            "history": given.history,
            "answer": given.exchange.answer,
            "filters": given.exchange.filters,
        }
    )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_SECONDS, mode=0o600):
            _append(path, _line(item))
    except OSError as error:
        raise _unavailable(path, error) from error
    return item


def _line(item: FeedbackItem) -> bytes:
    text = json.dumps(item.model_dump(mode="json"), ensure_ascii=False)
    return text.encode(errors="replace") + b"\n"  # half a surrogate pair cannot be encoded


def _append(path: Path, line: bytes) -> None:
    """In one write, after a line end if a crash left the last line without; all or nothing."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        size = os.fstat(descriptor).st_size
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = b"\n" + line if is_torn else line
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            with suppress(OSError):  # the first fault is the one to tell
                os.ftruncate(descriptor, size)
            raise


def read_feedback(path: Path) -> Feedback:
    """What a file holds; nothing when there is none yet. Raises ``FeedbackUnavailable``."""
    items: list[FeedbackItem] = []
    errors: list[str] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    items += [FeedbackItem.model_validate_json(line)] if line.strip() else []
                except ValidationError as error:
                    reason = wrong_fields(error).removeprefix(": ")  # of a line that is no JSON
                    errors.append(f"{path}:{number}: {reason}")
    except FileNotFoundError:
        return Feedback((), ())
    except OSError as error:
        raise _unavailable(path, error) from error
    return Feedback(tuple(items), tuple(errors))


def _unavailable(path: Path, error: OSError) -> FeedbackUnavailable:
    return FeedbackUnavailable(f"feedback file {path}: {error.strerror or error}")
