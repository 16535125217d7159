"""One line a request in the log, as JSON or as text, and never the question unless that is set.

The layer ``telemetry`` opens a ``RequestRecord`` for each request, in a context variable. The
service notes the answer in it, and every line that is logged meanwhile carries its id. Tasks and
threads that are started for the request see the same record, because they copy the context.
"""

import logging
import logging.config
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from pythonjsonlogger.core import RESERVED_ATTRS

from assistant.documents import Answer
from assistant.settings import Settings

_log = logging.getLogger(__name__)
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_SHOWN = (
    "request_id",
    "milliseconds",
    "key",
    "answer_status",
    "confidence",
    "citations",
    "question",
)
"""Fields that a line of text shows after its message; JSON shows every field."""


@dataclass(slots=True)
class RequestRecord:
    """What is known of the request in progress; ``answer`` is the last that it brought about."""

    request_id: str
    answer: Answer | None = None


_current: ContextVar[RequestRecord | None] = ContextVar("request", default=None)


def open_record(request_id: str) -> RequestRecord:
    """The record of the request that the current task serves from now on."""
    # Never closed: the server runs every request in a task, and so in a context, of its own, and
    # errors that leave all layers are still to be logged under this id.
    record = RequestRecord(request_id)
    _current.set(record)
    return record


def note_answer(answer: Answer, with_question: bool) -> None:
    """Keep an answer for the line of its request; without a request it gets a line of its own."""
    record = _current.get()
    if record:
        record.answer = answer
    else:  # `assistant mcp` answers on standard output, without HTTP
        _log.info("Answered", extra=answer_fields(answer, with_question))


def answer_fields(answer: Answer, with_question: bool) -> dict[str, Any]:
    """What a log line says of an answer."""
    fields = {
        "answer_status": answer.status.value,
        "answerer": answer.answerer,
        "confidence": answer.confidence,
        "citations": len(answer.citations),
    }
    return fields | {"question": answer.question} if with_question else fields


class RequestId(logging.Filter):
    """Adds the id of the request in progress to a line; drops nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark one line."""
        current = _current.get()
        if current:
            record.request_id = current.request_id
        return True


class TextFormatter(logging.Formatter):
    """Lines for a terminal. Only this formatter breaks lines, and it indents tracebacks."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name of logging
        """One line, with the fields of ``_SHOWN`` that the record has."""
        fields = [(name, getattr(record, name, None)) for name in _SHOWN]
        shown = [f" {name}={value}" for name, value in fields if value is not None]
        return _one_line(super().formatMessage(record) + "".join(shown))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802
        """The traceback, every line of it indented: a message cannot pass for a line of the log."""
        lines = super().formatException(ei).split("\n")
        return "\n".join(f"    {_one_line(line)}" for line in lines)


def _one_line(text: str) -> str:
    """``text`` with every character escaped that could break, hide or reorder what follows."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """The set-up of all logging, for ``logging.config.dictConfig`` and for uvicorn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "assistant.logs.RequestId"}},
        "formatters": {
            "text": {
                "()": "assistant.logs.TextFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": ["levelname", "name", "message"],
                "rename_fields": {"levelname": "level", "name": "logger", "exc_info": "exception"},
                "timestamp": "time",
                # uvicorn repeats its messages with colours.
                "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
            },
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": settings.log_format,
                "filters": ["request"],
            }
        },
        "loggers": {
            "assistant": {"level": settings.log_level.upper()},
            "uvicorn": {"level": "INFO", "propagate": True},  # not so where it set itself up
            "uvicorn.access": {"propagate": False},  # has the query, so the question of a search
        },
        "root": {"level": "WARNING", "handlers": ["stderr"]},
    }


def set_up(settings: Settings) -> None:
    """Log to standard error as the settings say: this program, its libraries and warnings."""
    logging.config.dictConfig(configuration(settings))
    logging.captureWarnings(True)
