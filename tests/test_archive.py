"""The archive: what was kept is found, whatever is asked and whatever happened to the files."""

import logging
from pathlib import Path

import pytest

from assistant.archive import Archive
from assistant.documents import Corpus, Document, Kind, Metadata, Section, version_digits


def make_document(name: str, text: str) -> Document:
    return Document(name, text, (Section((), 0, 0, len(text)),), Metadata("Titel", Kind.ANDERE))


NOTE = make_document("nota", "De opzegtermijn bedraagt zes maanden.")
CHANGED = make_document("nota", "De opzegtermijn bedraagt acht maanden.")
DIGITS = version_digits(NOTE.version)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index" / "archive"


@pytest.fixture
def archive(folder: Path) -> Archive:
    kept = Archive(folder)
    kept.keep([NOTE])
    return kept


def only_file(folder: Path) -> Path:
    [path] = folder.iterdir()
    return path


def test_what_was_kept_is_found_whole(archive: Archive, corpus: Corpus) -> None:
    archive.keep(corpus.documents)
    for document in (NOTE, *corpus.documents):
        assert archive.find(document.id, version_digits(document.version)) == document


def test_every_version_stays(archive: Archive) -> None:
    archive.keep([CHANGED])
    assert archive.find("nota", DIGITS) == NOTE
    assert archive.find("nota", version_digits(CHANGED.version)) == CHANGED


def test_the_same_text_in_two_documents_is_kept_twice(archive: Archive) -> None:
    archive.keep([make_document("kopie", NOTE.text)])
    found = [archive.find(name, DIGITS) for name in ("nota", "kopie")]
    assert [document and document.id for document in found] == ["nota", "kopie"]


def test_a_version_is_written_once(archive: Archive, folder: Path) -> None:
    before = only_file(folder).stat()
    archive.keep([NOTE])
    after = only_file(folder).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("document", "digits"),
    [
        ("nota", "000000000000"),
        ("nota", DIGITS.upper()),
        ("nota", DIGITS[:-1]),
        ("nota", NOTE.version),
        ("nota", ""),
        ("", DIGITS),
        ("NOTA", DIGITS),
        ("../../nota", DIGITS),
        ("nota\x00", DIGITS),
        ("nota\ud800", DIGITS),
        ("nota", "\ud800"),
        ("x" * 100_000, "9" * 100_000),
    ],
)
def test_nothing_else_is_found(document: str, digits: str, archive: Archive) -> None:
    assert archive.find(document, digits) is None


def test_without_a_folder_nothing_is_found_and_nothing_is_wrong(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert Archive(folder).find("nota", DIGITS) is None
    assert caplog.records == []


DAMAGE = [
    b"",
    b"{}",
    b"[1, 2",
    b"\xff\xfe",
    b'{"id": "nota", "text": "\\ud800", "sections": [], "metadata": {"title": "", "kind": "x"}}',
]


@pytest.mark.parametrize("content", DAMAGE)
def test_a_damaged_file_is_logged_and_repaired_by_the_next_run(
    content: bytes, archive: Archive, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    only_file(folder).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert archive.find("nota", DIGITS) is None
    assert only_file(folder).name in caplog.text
    archive.keep([NOTE])
    assert archive.find("nota", DIGITS) == NOTE


def test_a_file_with_another_text_is_not_believed(archive: Archive, folder: Path) -> None:
    path = only_file(folder)
    path.write_text(path.read_text().replace("zes maanden", "tien jaar"))
    assert archive.find("nota", DIGITS) is None


def test_a_half_written_draft_does_no_harm(archive: Archive, folder: Path) -> None:
    (folder / "draft").write_bytes(b'{"id": "no')
    assert archive.find("nota", DIGITS) == NOTE
    archive.keep([CHANGED])
    assert archive.find("nota", version_digits(CHANGED.version)) == CHANGED
    assert not (folder / "draft").exists()


def test_a_folder_that_cannot_be_written_is_an_os_error(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.touch()
    with pytest.raises(OSError):
        Archive(folder).keep([NOTE])
