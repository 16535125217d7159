"""The index: what an update embeds, what survives a failure, and both kinds of Chroma."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from assistant.archive import ARCHIVE, Archive
from assistant.documents import Corpus, Document, Kind, Metadata, Section, version_digits
from assistant.embedding import BundledEncoder, Encoder
from assistant.index import Index, IndexMismatch, IndexMissing, IndexUnavailable, read_manifest
from assistant.indexing import IndexReport, update_index
from assistant.passages import split_document

SERVER_START_SECONDS = 60
CORPUS = Path(__file__).parents[1] / "corpus"


def make_document(name: str, text: str) -> Document:
    sections = (Section((), 0, 0, len(text)),)
    return Document(name, text, sections, Metadata(name.capitalize(), Kind.ANDERE))


OPZEG = make_document("opzeg", "De opzegtermijn van de overeenkomst bedraagt zes maanden.")
STUURGROEP = make_document("stuurgroep", "De laatste stuurgroep dateert van 17 januari 2013.")
LEREN = make_document("leren", "Duaal leren combineert school en werkplek bij een onderneming.")
THREE = (OPZEG, STUURGROEP, LEREN)


class Folder:
    """An index folder, with the settings to update and open it."""

    def __init__(self, path: Path, encoder: Encoder, chroma_url: str = "") -> None:
        self.path = path
        self.encoder = encoder
        self.chroma_url = chroma_url

    def update(self, *documents: Document, rebuild: bool = False) -> IndexReport:
        return update_index(
            documents,
            self.path,
            lambda: self.encoder,
            "bundled",
            chroma_url=self.chroma_url,
            rebuild=rebuild,
        )

    def open(self) -> Index:
        return Index.open(self.path, "bundled", self.chroma_url)

    def nearest(self, question: str, among: frozenset[str] | None = None) -> list[str]:
        index = self.open()
        found = index.search_dense(self.encoder.encode_query(question), 10, among)
        index.close()
        return [passage.document for passage, _ in found]

    def archived(self, document: Document) -> Document | None:
        archive = Archive(self.path / ARCHIVE)
        return archive.find(document.id, version_digits(document.version))

    def builds(self) -> set[str]:
        return {path.name for path in self.path.glob("build-*")}


def answers_at(url: str) -> bool:
    try:
        with urlopen(url, timeout=1) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--path", str(tmp_path_factory.mktemp("chroma"))]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + SERVER_START_SECONDS
    while not answers_at(f"{url}/api/v2/heartbeat"):
        assert server.poll() is None, "the Chroma server stopped"
        assert time.monotonic() < deadline, "the Chroma server did not start"
        time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(10)


@pytest.fixture
def folder(tmp_path: Path, encoder: BundledEncoder) -> Folder:
    return Folder(tmp_path / "index", encoder)


@pytest.fixture(params=["embedded", "server"])
def any_folder(request: pytest.FixtureRequest, tmp_path: Path, encoder: BundledEncoder) -> Folder:
    url = request.getfixturevalue("chroma_server") if request.param == "server" else ""
    return Folder(tmp_path / "index", encoder, url)


# What holds for embedded Chroma and for a Chroma server


def test_a_first_update_embeds_every_passage(any_folder: Folder) -> None:
    report = any_folder.update(*THREE)
    assert (report.documents, report.passages, report.embedded) == (3, 3, 3)
    assert report.added == ("leren", "opzeg", "stuurgroep")
    assert not report.is_unchanged


def test_a_second_update_embeds_nothing(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    before = any_folder.builds()
    report = any_folder.update(*THREE)
    assert report.is_unchanged
    assert (report.documents, report.passages, report.embedded) == (3, 3, 0)
    assert any_folder.builds() == before


def test_only_a_changed_document_is_embedded_again(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    changed = make_document("opzeg", "De opzegtermijn bedraagt voortaan acht maanden.")
    report = any_folder.update(changed, STUURGROEP, LEREN)
    assert (report.embedded, report.passages) == (1, 3)
    assert (report.added, report.changed, report.removed) == ((), ("opzeg",), ())
    assert any_folder.open().documents["opzeg"].text == changed.text


def test_a_removed_document_is_no_longer_found(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    report = any_folder.update(OPZEG, LEREN)
    assert (report.removed, report.embedded) == (("stuurgroep",), 0)
    assert "stuurgroep" not in any_folder.nearest("Wanneer was de laatste stuurgroep?")


def test_a_rebuild_embeds_everything_again(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    assert any_folder.update(*THREE, rebuild=True).embedded == 3


def test_dense_search_gives_the_nearest_passage_first(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    assert any_folder.nearest("Wanneer was de laatste stuurgroep?")[0] == "stuurgroep"
    assert any_folder.nearest("Welke opzegtermijn geldt?")[0] == "opzeg"


def test_dense_search_gives_the_cosine(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    vector = any_folder.encoder.encode_query("Wat is duaal leren?")
    found = any_folder.open().search_dense(vector, 10, None)
    cosines = [cosine for _, cosine in found]
    stored = any_folder.open().vectors.by_digest().values()
    assert cosines == sorted(cosines, reverse=True)
    assert cosines == pytest.approx(sorted((float(v @ vector) for v in stored), reverse=True))


def test_dense_search_stays_among_the_allowed_documents(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    question = "Wanneer was de laatste stuurgroep?"
    assert any_folder.nearest(question, frozenset({"leren"})) == ["leren"]
    assert any_folder.nearest(question, frozenset()) == []


def test_only_the_live_and_the_previous_build_are_kept(any_folder: Folder) -> None:
    builds = []
    for text in ("Eerste tekst.", "Tweede tekst.", "Derde tekst."):
        any_folder.update(make_document("tekst", text))
        builds.append(read_manifest(any_folder.path).build)
    assert any_folder.builds() == set(builds[1:])


def test_an_open_index_keeps_answering_after_an_update(any_folder: Folder) -> None:
    any_folder.update(*THREE)
    opened = any_folder.open()
    any_folder.update(OPZEG)
    found = opened.search_dense(any_folder.encoder.encode_query("stuurgroep"), 10, None)
    assert {passage.document for passage, _ in found} == {"opzeg", "stuurgroep", "leren"}


def test_a_server_that_is_not_there_is_named(folder: Folder) -> None:
    folder.chroma_url = "http://127.0.0.1:9"
    with pytest.raises(IndexUnavailable, match=r"http://127\.0\.0\.1:9"):
        folder.update(*THREE)
    assert folder.builds() == set()


def test_vectors_that_are_gone_from_the_server_say_what_to_run(
    chroma_server: str, folder: Folder
) -> None:
    folder.update(*THREE)
    folder.chroma_url = chroma_server
    with pytest.raises(IndexMismatch, match="assistant index"):
        folder.open()


# Lexical search


def test_lexical_search_finds_only_passages_that_hold_a_term(folder: Folder) -> None:
    folder.update(*THREE)
    index = folder.open()
    found = index.search_lexical(index.analyzer.query("opzegtermijn"), 10, None)
    assert [passage.document for passage, _ in found] == ["opzeg"]
    assert found[0][1] > 0


def test_lexical_search_of_unknown_words_finds_nothing(folder: Folder) -> None:
    folder.update(*THREE)
    index = folder.open()
    assert index.search_lexical(index.analyzer.query("xyzzy"), 10, None) == []
    assert index.search_lexical(index.analyzer.query(""), 10, None) == []


def test_lexical_search_stays_among_the_allowed_documents(folder: Folder) -> None:
    folder.update(*THREE)
    index = folder.open()
    query = index.analyzer.query("opzegtermijn stuurgroep")
    found = index.search_lexical(query, 10, frozenset({"stuurgroep"}))
    assert [passage.document for passage, _ in found] == ["stuurgroep"]


def test_a_rare_term_is_rarer_than_a_common_one(index: Index) -> None:
    def rarity(word: str) -> float:
        return index.rarity(index.analyzer.terms(word)[0])

    assert rarity("xyzzy") > rarity("opzegtermijn") > rarity("vdab") > 0


# What the index keeps


def test_the_index_keeps_every_document_and_passage(index: Index, corpus: Corpus) -> None:
    assert list(index.documents.values()) == list(corpus.documents)
    split = [passage for document in corpus.documents for passage in split_document(document)]
    assert list(index.passages) == split


def test_every_passage_is_verbatim(index: Index) -> None:
    for passage in index.passages:
        assert passage.text == index.documents[passage.document].text[passage.start : passage.end]


def test_every_character_is_found_in_its_passage(index: Index) -> None:
    for passage in index.passages:
        for offset in (passage.start, passage.body_start, passage.end - 1):
            assert index.passage_at(passage.document, offset) == passage


def test_a_place_outside_the_texts_is_in_no_passage(index: Index) -> None:
    for name, document in index.documents.items():
        assert index.passage_at(name, -1) is None
        assert index.passage_at(name, len(document.text)) is None
        assert index.passage_at(name, 10**9) is None
    for unknown in ("", "aaa", "zzz", "overeenkomst"):
        assert index.passage_at(unknown, 0) is None


def test_changed_metadata_is_reported_as_a_change(folder: Folder) -> None:
    folder.update(*THREE)
    retitled = replace(OPZEG, metadata=Metadata("Over opzeggen", Kind.OVEREENKOMST))
    report = folder.update(retitled, STUURGROEP, LEREN)
    assert report.changed == ("opzeg",)
    assert folder.open().documents["opzeg"].metadata.title == "Over opzeggen"


def test_the_same_text_in_two_documents_is_found_in_both(folder: Folder) -> None:
    folder.update(OPZEG, replace(OPZEG, id="kopie"))
    assert sorted(folder.nearest("opzegtermijn")) == ["kopie", "opzeg"]


# The archive


def test_every_version_that_was_ever_indexed_stays_in_the_archive(folder: Folder) -> None:
    changed = make_document("opzeg", "De opzegtermijn bedraagt voortaan acht maanden.")
    folder.update(OPZEG, LEREN)
    folder.update(changed)
    folder.update(STUURGROEP)
    folder.update(STUURGROEP, rebuild=True)
    for document in (OPZEG, LEREN, changed, STUURGROEP):
        assert folder.archived(document) == document


def test_an_index_of_before_the_archive_fills_it_although_nothing_changed(folder: Folder) -> None:
    folder.update(OPZEG, LEREN)
    shutil.rmtree(folder.path / ARCHIVE)
    builds = folder.builds()
    assert folder.update(OPZEG, LEREN).is_unchanged
    assert folder.builds() == builds
    assert folder.archived(OPZEG) == OPZEG


def test_an_index_of_before_the_archive_keeps_what_changes_next(folder: Folder) -> None:
    folder.update(OPZEG, LEREN)
    shutil.rmtree(folder.path / ARCHIVE)
    changed = make_document("opzeg", "De opzegtermijn bedraagt voortaan acht maanden.")
    folder.update(changed)
    for document in (OPZEG, LEREN, changed):
        assert folder.archived(document) == document


def test_a_version_is_in_the_archive_before_it_is_live(folder: Folder) -> None:
    def interrupt(_done: int, _total: int) -> None:
        assert folder.archived(OPZEG) == OPZEG
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update_index(THREE, folder.path, lambda: folder.encoder, "bundled", progress=interrupt)


def test_an_archive_that_cannot_be_written_leaves_the_live_index_usable(folder: Folder) -> None:
    folder.update(OPZEG)
    before = folder.builds()
    shutil.rmtree(folder.path / ARCHIVE)
    (folder.path / ARCHIVE).touch()
    with pytest.raises(OSError):
        folder.update(*THREE)
    assert folder.builds() == before
    assert folder.nearest("opzegtermijn") == ["opzeg"]


# Failures


def test_no_documents_are_refused_and_leave_the_live_index_alone(folder: Folder) -> None:
    folder.update(*THREE)
    with pytest.raises(IndexUnavailable, match="ASSISTANT_CORPUS"):
        folder.update()
    assert set(folder.open().documents) == {"opzeg", "stuurgroep", "leren"}


def test_an_error_of_the_disk_leaves_the_live_index_usable(folder: Folder) -> None:
    def full_disk() -> Encoder:
        raise OSError(28, "No space left on device")

    folder.update(OPZEG)
    before = folder.builds()
    with pytest.raises(OSError, match="No space left"):
        update_index(THREE, folder.path, full_disk, "bundled")
    assert folder.nearest("opzegtermijn") == ["opzeg"]
    assert folder.builds() == before
    assert folder.update(*THREE).added == ("leren", "stuurgroep")


def test_an_interrupted_update_leaves_nothing_behind(folder: Folder) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        update_index(THREE, folder.path, lambda: folder.encoder, "bundled", progress=interrupt)
    assert folder.builds() == set()


def test_two_indexers_at_once_do_not_mix(folder: Folder) -> None:
    embedding, finish = threading.Event(), threading.Event()

    def wait(_done: int, _total: int) -> None:
        embedding.set()
        assert finish.wait(30)

    first = threading.Thread(
        target=update_index,
        args=(THREE, folder.path, lambda: folder.encoder, "bundled"),
        kwargs={"progress": wait},
    )
    first.start()
    assert embedding.wait(30)
    with pytest.raises(IndexUnavailable, match="Another `assistant index`"):
        folder.update(OPZEG)
    finish.set()
    first.join(30)
    assert set(folder.open().documents) == {"opzeg", "stuurgroep", "leren"}


INDEXER = """
import sys, time
from pathlib import Path
from assistant.corpus import load_corpus
from assistant.embedding import BundledEncoder
from assistant.indexing import update_index

def halfway(done, total):
    print("embedding", flush=True)
    time.sleep(60)

corpus, index = map(Path, sys.argv[1:])
documents = load_corpus(corpus).documents
update_index(documents, index, BundledEncoder, "bundled", progress=halfway)
"""


def test_a_killed_indexer_harms_nothing_and_is_cleaned_up_after(
    folder: Folder, corpus: Corpus, tmp_path: Path
) -> None:
    copy = tmp_path / "corpus"
    copy.mkdir()
    for name in ("antwoord-excellente-partnerschappen", "vlaams-partnerschap-duaal-leren"):
        for path in CORPUS.glob(f"{name}.*"):
            shutil.copy(path, copy)
    folder.update(OPZEG)
    live = folder.builds()
    command = [sys.executable, "-c", INDEXER, str(copy), str(folder.path)]
    indexer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with indexer:
        assert indexer.stdout is not None
        assert indexer.stdout.readline() == "embedding\n"
        indexer.send_signal(signal.SIGKILL)
    leftovers = folder.builds() - live
    assert len(leftovers) == 1
    assert folder.nearest("opzegtermijn") == ["opzeg"]
    report = folder.update(*THREE)
    assert report.added == ("leren", "stuurgroep")
    assert leftovers.isdisjoint(folder.builds())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_an_os_error(folder: Folder) -> None:
    folder.path.mkdir()
    folder.path.chmod(0o500)
    with pytest.raises(OSError):
        folder.update(*THREE)


# What a reader is told about an index it cannot use


def test_a_missing_index_names_the_command(folder: Folder) -> None:
    with pytest.raises(IndexMissing, match="run `assistant index`"):
        folder.open()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe"])
def test_a_damaged_manifest_names_the_command_and_can_be_rebuilt(
    folder: Folder, content: bytes
) -> None:
    folder.update(OPZEG)
    (folder.path / "manifest.json").write_bytes(content)
    with pytest.raises(IndexMismatch, match="assistant index"):
        folder.open()
    assert folder.update(OPZEG, rebuild=True).embedded == 1
    assert folder.nearest("opzegtermijn") == ["opzeg"]


def test_another_encoder_names_the_command_and_is_indexed_anew(folder: Folder) -> None:
    folder.update(OPZEG)
    with pytest.raises(IndexMismatch, match=r"'bundled'.*'anders'; run `assistant index`"):
        Index.open(folder.path, "anders")
    report = update_index([OPZEG], folder.path, lambda: folder.encoder, "anders")
    assert report.embedded == 1
    assert Index.open(folder.path, "anders").manifest.encoder == "anders"


def test_an_index_of_other_code_names_the_command(folder: Folder) -> None:
    folder.update(OPZEG)
    path = folder.path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
    with pytest.raises(IndexMismatch, match="run `assistant index`"):
        folder.open()
    assert folder.update(OPZEG).embedded == 1


@pytest.mark.parametrize("name", ["documents.json", "passages.json", "analyzer.json"])
@pytest.mark.parametrize("content", [None, "{}"])
def test_a_damaged_build_names_the_command_and_is_repaired(
    folder: Folder, name: str, content: str | None
) -> None:
    folder.update(OPZEG)
    path = folder.path / read_manifest(folder.path).build / name
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(IndexUnavailable, match="assistant index"):
        folder.open()
    folder.update(OPZEG)
    assert folder.nearest("opzegtermijn") == ["opzeg"]


@pytest.mark.parametrize("name", ["bm25", "bm25-documents", "chroma"])
def test_a_missing_part_names_the_command_and_is_repaired(folder: Folder, name: str) -> None:
    folder.update(OPZEG)
    shutil.rmtree(folder.path / read_manifest(folder.path).build / name)
    with pytest.raises(IndexUnavailable, match="assistant index"):
        folder.open()
    folder.update(OPZEG)
    assert folder.nearest("opzegtermijn") == ["opzeg"]
