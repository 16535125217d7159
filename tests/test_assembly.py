"""The served index: follows a re-index, notices a changed corpus, survives a missing index."""

import shutil
from pathlib import Path

import pytest

from assistant.assembly import (
    AssemblyError,
    LiveAssistant,
    build_assistant,
    update_from_corpus,
)
from assistant.documents import Status
from assistant.index import IndexMissing
from assistant.indexing import ignore_progress
from assistant.settings import Settings

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


def test_a_folder_that_cannot_be_read_leaves_the_verdict_as_it_was(
    settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(settings.corpus, tmp_path / "corpus")
    (tmp_path / "corpus" / "weg.toml").symlink_to(tmp_path / "nergens")
    live = LiveAssistant(settings.model_copy(update={"corpus": tmp_path / "corpus"}))
    assert not live.is_stale()
