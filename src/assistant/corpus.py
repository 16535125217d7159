"""Reads a folder of documents: formats, metadata, and a clear error for each bad file."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from assistant.blocks import Block, Role, parse_markdown, parse_text
from assistant.documents import Corpus, CorpusError, Document, Kind, Metadata, wrong_fields
from assistant.sections import find_sections, stored_text
from assistant.visible import visible_line

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FRONT_MATTER = re.compile(r"\A---\n(?P<yaml>.*?)\n---\n", re.DOTALL)


class DocumentError(Exception):
    """A file that cannot be used; the message says why and what to do about it."""


_METADATA = TypeAdapter(Metadata)
"""The keys that a metadata file or front matter may hold are the fields of ``Metadata``."""


def load_corpus(folder: Path) -> Corpus:
    """Read every document of ``folder``; bad files become errors, the others still load.

    Raises ``NotADirectoryError`` when the folder does not exist.
    """
    if not folder.is_dir():
        raise NotADirectoryError(
            f"The corpus folder {folder} does not exist; create it or set ASSISTANT_CORPUS."
        )
    documents: dict[str, Document] = {}
    errors: list[CorpusError] = []
    for path in source_files(folder):
        try:
            document = load_document(path)
            if document.id in documents:
                raise DocumentError(f"another file already has the id '{document.id}'; rename one")
            documents[document.id] = document
        except DocumentError as error:
            errors.append(CorpusError(path.name, str(error)))
        except OSError as error:
            errors.append(
                CorpusError(path.name, f"cannot be read ({error.strerror}); check its permissions")
            )
    ordered = tuple(documents[key] for key in sorted(documents))
    return Corpus(ordered, tuple(errors))


def source_files(folder: Path) -> list[Path]:
    """The document files of a corpus folder, in order of name; metadata and hidden files not."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix != ".toml" and not path.name.startswith((".", "README"))
    )


def load_document(path: Path) -> Document:
    """Read one file. Raises ``DocumentError`` (unusable) or ``OSError`` (unreadable)."""
    if not _ID.fullmatch(path.stem):
        raise DocumentError(
            "its name is not a valid id; use lower-case letters, digits and single hyphens"
        )
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DocumentError(f"format '{path.suffix}' is not supported; use {', '.join(_READERS)}")
    blocks, front_matter = reader(path)
    if not any(block.role is not Role.HEADING for block in blocks):
        raise DocumentError("it holds no text; a scanned document needs OCR first")
    metadata = _load_metadata(path, front_matter, blocks)
    text, starts = stored_text(blocks)
    is_answer = metadata.kind is Kind.ANTWOORD
    return Document(path.stem, text, find_sections(blocks, text, starts, is_answer), metadata)


def _load_metadata(path: Path, front_matter: str, blocks: list[Block]) -> Metadata:
    companion = path.with_suffix(".toml")
    try:
        if companion.exists():
            values: Any = tomllib.loads(companion.read_text(encoding="utf-8"))
        elif front_matter:
            values = yaml.safe_load(front_matter)
        else:
            return Metadata(title=_guess_title(path, blocks), kind=Kind.ANDERE)
        metadata = _METADATA.validate_python(_visible(values))
    except ValidationError as error:
        problems = wrong_fields(error)
        raise DocumentError(f"its metadata is wrong ({problems}); see CONTRIBUTING.md") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: TOML, encoding, impossible dates
        raise DocumentError(f"its metadata cannot be parsed ({error})") from error
    if not metadata.title:
        raise DocumentError("its title is empty; give it one")
    return metadata


def _visible(value: Any) -> Any:
    """Metadata without invisible characters: it stands in links and lists, where they would act."""
    match value:
        case str():
            return visible_line(value)
        case list():
            return [_visible(item) for item in value]
        case dict():
            return {key: _visible(item) for key, item in value.items()}
        case _:
            return value


def _guess_title(path: Path, blocks: list[Block]) -> str:
    if blocks[0].role is Role.HEADING:
        return blocks[0].text
    return path.stem.replace("-", " ").capitalize()


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"it is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def _read_text(path: Path) -> tuple[list[Block], str]:
    return parse_text(_decode(path)), ""


def _read_markdown(path: Path) -> tuple[list[Block], str]:
    text = _decode(path).replace("\r\n", "\n")
    front = _FRONT_MATTER.match(text)
    return parse_markdown(text[front.end() :] if front else text), front["yaml"] if front else ""


def _read_pdf(path: Path) -> tuple[list[Block], str]:
    from pypdf import PdfReader  # imported here: most corpora hold no PDF and it is slow to load

    try:
        pages = [page.extract_text() for page in PdfReader(path).pages]
    except OSError:
        raise
    except Exception as error:  # a damaged file makes pypdf raise nearly any type
        raise DocumentError(f"it is not a readable PDF ({error}); export it again") from error
    return parse_text("\n\n".join(pages)), ""


_READERS: dict[str, Callable[[Path], tuple[list[Block], str]]] = {
    ".txt": _read_text,
    ".md": _read_markdown,
    ".pdf": _read_pdf,
}
