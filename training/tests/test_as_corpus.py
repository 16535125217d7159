"""The invented documents as a corpus of the product."""

from pathlib import Path

import pytest

from assistant.corpus import load_corpus
from assistant.documents import Corpus
from assistant.evaluation.cases import load_cases
from assistant.evaluation.scoring import Gold
from training.as_corpus import write_cases, write_corpus
from training.paths import OWN_DATA


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("work") / "corpus"
    write_corpus(OWN_DATA, folder)
    return load_corpus(folder)


def test_every_document_loads(corpus: Corpus) -> None:
    assert corpus.errors == ()
    assert len(corpus.documents) == 180


def test_source_quotes_stand_in_the_stored_text(corpus: Corpus, tmp_path: Path) -> None:
    write_cases(OWN_DATA, tmp_path / "cases.jsonl")
    cases = load_cases([tmp_path / "cases.jsonl"])
    gold = Gold.of({document.id: document for document in corpus.documents}, ())
    assert gold.missing_quotes(cases) == []
    assert {source.document.split("-")[2] for case in cases for source in case.sources} == {"g5"}


def test_headings_and_parties_survive(corpus: Corpus) -> None:
    (document,) = (d for d in corpus.documents if d.id == "inv-0-g1-a")
    assert document.metadata.parties == ("VDAB", "Houtwijs")
    assert any(section.name.startswith("Artikel 2") for section in document.sections)


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        write_corpus(OWN_DATA, tmp_path)
