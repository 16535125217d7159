"""HTML made from documents and answers; everything that is filled in gets escaped."""

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant import wording
from assistant.documents import Answer, Document, Metadata, Section
from assistant.grounding import VERSION_DIGITS
from assistant.index import IndexMismatch, IndexMissing, IndexUnavailable

_templates = Environment(
    loader=PackageLoader("assistant"), autoescape=True, undefined=StrictUndefined
)
_templates.globals["wording"] = wording

PAGE_STYLE = (files("assistant") / "templates" / "page.css").read_text(encoding="utf-8")
CHAT_STYLE = (files("assistant") / "templates" / "chat.css").read_text(encoding="utf-8")

PAGE_POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(PAGE_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Content-Security-Policy of the document pages: no script, only this style."""


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    is_quote: bool


@dataclass(frozen=True, slots=True)
class _SectionView:
    heading: str
    parts: tuple[_Part, ...]


def answer_html(answer: Answer) -> str:
    """An answer with its status, numbered sources or related passages."""
    return _templates.get_template("answer.html").render(answer=answer)


def message_html(message: str) -> str:
    """A notice or error in the chat."""
    return _templates.get_template("message.html").render(message=message)


def index_message(error: IndexUnavailable) -> str:
    """What to tell a user when the index cannot answer."""
    if isinstance(error, IndexMissing):
        return wording.INDEX_MISSING
    if isinstance(error, IndexMismatch):
        return wording.INDEX_UNUSABLE
    return wording.INDEX_UNREACHABLE


def question_html(question: str) -> str:
    """A question as the user typed it."""
    return _templates.get_template("question.html").render(question=question)


def intro_html() -> str:
    """What the chat page says above the conversation."""
    return _templates.get_template("intro.html").render()


def documents_html(documents: list[Document]) -> str:
    """The list of the corpus."""
    return _templates.get_template("documents.html").render(
        documents=[(document, _facts(document.metadata)) for document in documents],
        style=PAGE_STYLE,
    )


def document_html(document: Document, version: str, quote: tuple[int, int] | None) -> str:
    """A document with ``quote`` (offsets) highlighted.

    ``version`` is what the link says it points into, or empty. With another version or with
    offsets outside the document nothing is highlighted and the page says why.
    """
    start, end = quote or (0, 0)
    current = document.version.removeprefix("sha256:")[:VERSION_DIGITS]
    notice = ""
    if quote and version not in ("", current):
        notice, start, end = wording.CHANGED_DOCUMENT, 0, 0
    elif quote and not 0 <= start < end <= len(document.text):
        notice, start, end = wording.BAD_QUOTE, 0, 0
    return _templates.get_template("document.html").render(
        document=document,
        facts=_facts(document.metadata),
        notice=notice,
        sections=[_section_view(document, section, start, end) for section in document.sections],
        style=PAGE_STYLE,
    )


def _section_view(document: Document, section: Section, start: int, end: int) -> _SectionView:
    heading = document.text[section.start : section.body_start].strip()
    if section.path and section.path[-1] not in heading:
        heading = section.path[-1]  # "6." in the text, "Antwoord 6" in every citation
    begin = min(max(start, section.body_start), section.end)
    stop = min(max(end, begin), section.end)
    bounds = ((section.body_start, begin), (begin, stop), (stop, section.end))
    parts = [_Part(document.text[a:b], index == 1) for index, (a, b) in enumerate(bounds)]
    return _SectionView(heading, tuple(part for part in parts if part.text))


def _facts(metadata: Metadata) -> list[tuple[str, str]]:
    """Labelled metadata in Dutch, in the order of the labels, without what is unknown."""
    values = {
        "kind": metadata.kind.value,
        "parties": ", ".join(metadata.parties),
        "date": metadata.date.strftime("%d/%m/%Y") if metadata.date else "",
        "valid": _validity(metadata),
        "source": metadata.source,
    }
    return [(label, values[key]) for key, label in wording.METADATA_LABELS.items() if values[key]]


def _validity(metadata: Metadata) -> str:
    bounds = [metadata.valid_from, metadata.valid_until]
    start, end = (bound.strftime("%d/%m/%Y") if bound else "" for bound in bounds)
    if not start:
        return ""
    return (wording.VALID_PERIOD if end else wording.VALID_FROM).format(start=start, end=end)
