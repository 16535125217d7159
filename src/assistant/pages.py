"""What all pages share: their templates, which escape what is filled in, and the time zone."""

from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from assistant import wording
from assistant.index import IndexMismatch, IndexMissing, IndexUnavailable

BRUSSELS = ZoneInfo("Europe/Brussels")
"""The time zone of every day and hour that a page shows."""

templates = Environment(
    loader=PackageLoader("assistant"), autoescape=True, undefined=StrictUndefined
)
"""Of every page and fragment."""
templates.globals["wording"] = wording


def index_message(error: IndexUnavailable) -> str:
    """What to tell a user when the index cannot answer."""
    if isinstance(error, IndexMissing):
        return wording.INDEX_MISSING
    if isinstance(error, IndexMismatch):
        return wording.INDEX_UNUSABLE
    return wording.INDEX_UNREACHABLE
