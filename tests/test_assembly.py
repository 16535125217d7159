"""The parts that the settings name; the served index follows a re-index and a changed corpus."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import BertForQuestionAnswering

import test_reader_model
from assistant import assembly
from assistant.assembly import (
    AssemblyError,
    LiveAssistant,
    assemble,
    build_assistant,
    load_models,
    update_from_corpus,
)
from assistant.documents import Status
from assistant.index import Index, IndexMissing, IndexUnavailable
from assistant.indexing import ignore_progress
from assistant.reader_model import bundled_reader_model
from assistant.reading import bundled_calibration
from assistant.settings import Settings
from assistant.similarity import SimilarityReader

QUESTION = "Welke opzegtermijn geldt voor de overeenkomst?"


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with a corpus of one document and no index yet."""
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "corpus", "zes maanden")
    return Settings(corpus=tmp_path / "corpus", index=tmp_path / "index")


def write(corpus: Path, term: str) -> None:
    text = f"De opzegtermijn van de overeenkomst bedraagt {term}.\n"
    (corpus / "overeenkomst.txt").write_text(text, encoding="utf-8")


def reindex(settings: Settings) -> None:
    update_from_corpus(settings, rebuild=False, progress=ignore_progress)


def quoted(live: LiveAssistant) -> str:
    answer = live.get().answer(QUESTION)
    return " ".join(item.quote for item in (*answer.citations, *answer.related))


def test_a_re_index_is_followed_without_a_restart(own: Settings) -> None:
    reindex(own)
    live = LiveAssistant(own)
    before = live.get()
    assert "zes maanden" in quoted(live)
    assert live.get() is before
    write(own.corpus, "negen weken")
    assert "zes maanden" in quoted(live)
    reindex(own)
    assert "negen weken" in quoted(live)
    assert live.get() is not before


def test_an_index_made_later_is_picked_up(own: Settings) -> None:
    live = LiveAssistant(own)
    with pytest.raises(IndexMissing):
        live.get()
    with pytest.raises(IndexMissing):
        live.is_loaded()
    reindex(own)
    assert not live.is_loaded()
    assert "zes maanden" in quoted(live)
    assert live.is_loaded()


def test_a_missing_index_is_not_built_by_asking(own: Settings) -> None:
    with pytest.raises(IndexMissing, match="assistant index"):
        build_assistant(own)
    assert not own.index.exists()


def test_the_index_of_an_unchanged_corpus_is_not_stale(own: Settings) -> None:
    reindex(own)
    assert not LiveAssistant(own).is_stale()


@pytest.mark.parametrize("change", ["edit", "add", "remove", "metadata"])
def test_any_change_of_the_corpus_makes_the_index_stale(own: Settings, change: str) -> None:
    reindex(own)
    if change == "edit":
        write(own.corpus, "negen weken")
    elif change == "add":
        (own.corpus / "nieuw.txt").write_text("Een nieuw document over partnerschappen.\n")
    elif change == "remove":
        (own.corpus / "overeenkomst.txt").unlink()
    else:
        (own.corpus / "overeenkomst.toml").write_text('title = "T"\nkind = "overeenkomst"\n')
    assert LiveAssistant(own).is_stale()


def test_loading_in_the_background_ends_ready(own: Settings) -> None:
    reindex(own)
    live = LiveAssistant(own)
    live.start_loading()
    assert live.get().answer(QUESTION).status in Status
    assert live.is_loaded()


def test_loading_in_the_background_without_an_index_does_no_harm(own: Settings) -> None:
    live = LiveAssistant(own)
    live.start_loading()
    reindex(own)
    assert "zes maanden" in quoted(live)


def test_a_language_model_that_cannot_load_is_an_error_every_time(settings: Settings) -> None:
    live = LiveAssistant(settings.model_copy(update={"llm": "nergens:model"}))
    for _ in range(2):
        with pytest.raises(AssemblyError, match="ASSISTANT_LLM=nergens:model"):
            live.get()


# The reader that the settings name

untrained = test_reader_model.untrained


def test_the_bundled_reader_is_the_default_and_brings_its_thresholds(index: Index) -> None:
    models = load_models(Settings())
    assert models.reader_model is bundled_reader_model()
    assert models.llm is None
    assert assemble(index, models).thresholds == bundled_calibration().thresholds


def test_reading_by_similarity_needs_no_network(index: Index) -> None:
    models = load_models(Settings(reader="similarity"))
    assert models.reader_model is None
    assistant = assemble(index, models)
    assert assistant.thresholds == SimilarityReader.thresholds
    answer = assistant.answer("Wanneer vond de laatste stuurgroep plaats?")
    assert "17 januari 2013" in answer.answer


def test_a_hugging_face_model_reads_from_its_folder(index: Index, untrained: str) -> None:
    assistant = assemble(index, load_models(Settings(reader=untrained)))
    answer = assistant.answer("Wanneer vond de laatste stuurgroep plaats?")
    quoted = (*answer.citations, *answer.related)
    assert quoted
    for item in quoted:
        assert index.documents[item.document].text[item.start : item.end] == item.quote


@pytest.mark.parametrize("name", ["/nergens/model", "geen naam!", ""])
def test_a_reader_that_does_not_exist_is_named(name: str, settings: Settings) -> None:
    with pytest.raises(AssemblyError, match=rf"ASSISTANT_READER={name}: \w"):
        build_assistant(settings.model_copy(update={"reader": name}))


@pytest.fixture
def broken(untrained: str, tmp_path: Path) -> Path:
    """A copy of a model, to be damaged."""
    return Path(shutil.copytree(untrained, tmp_path / "model"))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", "{"),
        pytest.param("config.json", "{}", id="no architecture"),
        pytest.param("model.safetensors", None, id="no weights"),
        ("model.safetensors", "geen gewichten"),
        ("tokenizer.json", "{}"),
    ],
)
def test_a_damaged_reader_is_named(broken: Path, file: str, content: str | None) -> None:
    (broken / file).unlink() if content is None else (broken / file).write_text(content)
    with pytest.raises(AssemblyError, match="ASSISTANT_READER="):
        load_models(Settings(reader=str(broken)))


def test_a_model_without_question_answering_head_is_refused(broken: Path) -> None:
    model = BertForQuestionAnswering.from_pretrained(broken)
    model.bert.save_pretrained(broken)
    with pytest.raises(AssemblyError, match="ASSISTANT_READER="):
        load_models(Settings(reader=str(broken)))


@pytest.fixture
def reader_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation whose folder of the bundled reader is empty."""
    monkeypatch.setattr("assistant.reader_model.MODEL_FOLDER", tmp_path)
    bundled_reader_model.cache_clear()
    yield tmp_path
    bundled_reader_model.cache_clear()


@pytest.mark.parametrize("content", [None, b"geen model"])
def test_a_damaged_installation_says_how_to_repair_it(
    reader_folder: Path, content: bytes | None
) -> None:
    if content:
        (reader_folder / "reader.onnx").write_bytes(content)
    with pytest.raises(AssemblyError, match=r"ASSISTANT_READER=bundled: .*reinstall"):
        load_models(Settings())


def test_a_reader_that_cannot_load_is_an_error_every_time(settings: Settings) -> None:
    live = LiveAssistant(settings.model_copy(update={"reader": "/nergens/model"}))
    for _ in range(2):
        with pytest.raises(AssemblyError, match="ASSISTANT_READER=/nergens/model"):
            live.get()


def test_a_folder_that_cannot_be_read_leaves_the_verdict_as_it_was(
    settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(settings.corpus, tmp_path / "corpus")
    (tmp_path / "corpus" / "weg.toml").symlink_to(tmp_path / "nergens")
    live = LiveAssistant(settings.model_copy(update={"corpus": tmp_path / "corpus"}))
    assert not live.is_stale()


def test_loading_is_tried_again_after_a_failure(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reindex(own)
    manifest = own.index / "manifest.json"
    whole = manifest.read_text(encoding="utf-8")
    manifest.write_text(whole.replace('"encoder": "bundled"', '"encoder": "ander"'), "utf-8")
    live = LiveAssistant(own)
    live.load()
    with pytest.raises(IndexUnavailable):
        live.is_loaded()
    manifest.write_text(whole, encoding="utf-8")
    monkeypatch.setattr(assembly, "RELOAD_SECONDS", 0.0)
    assert not live.is_loaded()
    deadline = time.monotonic() + 60
    while not live.is_loaded() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert live.is_loaded()
