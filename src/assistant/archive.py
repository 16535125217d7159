"""Every text version that was ever indexed, so that a citation outlives its document's changes.

One file a version, of some kilobytes, as it holds text and no vectors. Nothing removes one: what a
mailed link points into cannot be made again from the corpus.
"""

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from assistant.documents import Document, version_digits

_log = logging.getLogger(__name__)

ARCHIVE = "archive"
"""Name of the folder inside that of the index."""

_DOCUMENT = TypeAdapter(Document)


class Archive:
    """The versions in one folder. One process at a time may keep, any number may find."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, documents: Iterable[Document]) -> None:
        """Add what is not there yet, or damaged. Raises ``OSError`` when the disk refuses."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for document in documents:
            if self.find(document.id, version_digits(document.version)) is None:
                self._write(document)

    def find(self, document: str, digits: str) -> Document | None:
        """The version of a document whose hash starts with ``digits``, if it was ever kept.

        A file that cannot be used is logged and counts as missing.
        """
        path = self._path(document, digits)
        try:
            found = _DOCUMENT.validate_json(path.read_bytes())
            if (found.id, version_digits(found.version)) != (document, digits):
                raise ValueError("it holds another text")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("The archived version %s is unusable: %s", path, type(error).__name__)
            return None
        return found

    def _path(self, document: str, digits: str) -> Path:
        """Named by a hash, so that no name from a request reaches the file system."""
        key = f"{digits} {document}".encode(errors="replace")
        return self._folder / f"{hashlib.sha256(key).hexdigest()}.json"

    def _write(self, document: Document) -> None:
        # One name for all drafts: a killed indexer leaves no more than one behind.
        draft = self._folder / "draft"
        draft.write_bytes(_DOCUMENT.dump_json(document))
        draft.replace(self._path(document.id, version_digits(document.version)))
