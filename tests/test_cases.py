"""Case files: how they are read, and what the repository's own cases promise."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from assistant.documents import Corpus
from assistant.dutch.folding import fold
from assistant.evaluation.cases import (
    ANSWERABLE,
    NEAR_MISSES,
    STYLES,
    UNANSWERABLE,
    Case,
    CaseError,
    load_cases,
)
from assistant.evaluation.metrics.facts import facts_found

EVALS = Path(__file__).parents[1] / "evals"
FILES, FRESH_FILES = (sorted((EVALS / name).glob("*.jsonl")) for name in ("cases", "fresh"))
CASES, FRESH = load_cases(FILES), load_cases(FRESH_FILES)
ALL = [*CASES, *FRESH]
WITH_ANSWER = [case for case in ALL if case.answerable]

SHARED_WORDS = 6
"""A question with a run of as many words from the texts is found by copying, not by meaning."""

ROW: dict[str, object] = {
    "id": "looptijd",
    "question": "Hoelang?",
    "type": "number",
    "answerable": True,
    "facts": [["5 jaar", "vijf jaar"]],
    "sources": [{"document": "nota", "quote": "loopt vijf jaar"}],
}


def written(folder: Path, *rows: dict[str, object]) -> Path:
    path = folder / "cases.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", fold(text))
    return {tuple(words[i : i + SHARED_WORDS]) for i in range(len(words) - SHARED_WORDS + 1)}


def test_a_case_is_read_with_its_defaults(tmp_path: Path) -> None:
    (case,) = load_cases([written(tmp_path, ROW)])
    assert case.facts == (("5 jaar", "vijf jaar"),)
    assert (case.sources[0].document, case.sources[0].quote) == ("nota", "loopt vijf jaar")
    assert (case.history, case.style) == ((), ())


def test_files_are_read_in_order_and_blank_lines_skipped(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_text(f"\n{json.dumps(ROW)}\n\n{json.dumps(ROW | {'id': 'twee'})}\n")
    second.write_text(json.dumps(ROW | {"id": "drie"}))
    assert [case.id for case in load_cases([second, first])] == ["drie", "looptijd", "twee"]


@pytest.mark.parametrize("separator", ["\u2028", "\u0085"])
def test_a_separator_inside_a_text_does_not_end_the_line(tmp_path: Path, separator: str) -> None:
    (case,) = load_cases([written(tmp_path, ROW | {"question": f"Hoe{separator}lang?"})])
    assert case.question == f"Hoe{separator}lang?"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"question": 3}, "question: Input should be a valid string"),
        ({"tpye": "number"}, "tpye: Extra inputs are not permitted"),
        ({"sources": [{"document": "nota"}]}, "sources.0.quote: Field required"),
        ({"facts": [[]]}, "facts.0: Tuple should have at least 1 item"),
        ({"facts": [[" "]]}, "facts.0.0: String should match pattern"),
        ({"id": ""}, "id: String should have at least 1 character"),
        ({"type": ""}, "type: String should have at least 1 character"),
        ({"sources": [{"document": "nota", "quote": ""}]}, "sources.0.quote: String should have"),
        ({"facts": []}, "an answerable case needs facts and sources"),
        ({"sources": []}, "an answerable case needs facts and sources"),
        ({"answerable": False}, "others have none"),
        ({"answerable": False, "facts": []}, "others have none"),
    ],
)
def test_a_wrong_field_is_reported_with_file_and_line(
    tmp_path: Path, change: dict[str, object], problem: str
) -> None:
    path = written(tmp_path, ROW, ROW | {"id": "twee"} | change)
    with pytest.raises(CaseError, match=re.escape(f"{path}:2: ")) as raised:
        load_cases([path])
    assert problem in str(raised.value)


def test_a_line_that_is_no_json_is_reported_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text(f"{json.dumps(ROW)}\n\n{{oeps\n")
    with pytest.raises(CaseError, match=re.escape(f"{path}:3: ") + ".*Invalid JSON"):
        load_cases([path])


def test_text_in_another_encoding_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_bytes(json.dumps(ROW | {"id": "één"}, ensure_ascii=False).encode("latin-1"))
    with pytest.raises(CaseError, match=re.escape(f"{path}: not UTF-8 text")):
        load_cases([path])


def test_an_id_may_be_used_once_over_all_files(tmp_path: Path) -> None:
    path = written(tmp_path, ROW)
    with pytest.raises(CaseError, match=re.escape(f"{path}:1: the id 'looptijd' is used twice")):
        load_cases([path, path])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"absent\.jsonl: No such file"):
        load_cases([tmp_path / "absent.jsonl"])


@pytest.mark.parametrize(
    ("name", "split"),
    [("ep-laatste-stuurgroep", "dev"), ("ep-aantal-stuurgroepen", "test"), ("ep-leden", "test")],
)
def test_the_split_is_fixed_by_the_id(name: str, split: str) -> None:
    assert next(case for case in CASES if case.id == name).split == split


def test_a_new_question_under_the_same_id_stays_in_its_split() -> None:
    other = [case.model_copy(update={"question": "Iets anders?"}) for case in CASES]
    assert [case.split for case in other] == [case.split for case in CASES]


def test_there_are_enough_cases_of_every_sort() -> None:
    assert len(CASES) >= 160
    assert sum(not case.answerable for case in CASES) >= 50
    assert sum(case.type in NEAR_MISSES for case in CASES) >= 30


@pytest.mark.parametrize(("answerable", "types"), [(True, ANSWERABLE), (False, UNANSWERABLE)])
def test_every_type_of_question_is_there_and_no_other(
    answerable: bool, types: frozenset[str]
) -> None:
    assert {case.type for case in CASES if case.answerable is answerable} == types


def test_every_style_is_there_and_no_other() -> None:
    assert {style for case in CASES for style in case.style} == STYLES


def test_a_follow_up_has_a_history_and_nothing_else_has() -> None:
    assert [c.id for c in CASES if bool(c.history) != ("follow_up" in c.style)] == []


@pytest.mark.parametrize("split", ["dev", "test"])
def test_each_split_holds_about_half_of_the_cases(split: str) -> None:
    share = sum(case.split == split for case in CASES) / len(CASES)
    assert 0.4 <= share <= 0.6


@pytest.mark.parametrize("case", WITH_ANSWER, ids=lambda case: case.id)
def test_every_source_quote_is_verbatim_and_holds_the_facts(case: Case, corpus: Corpus) -> None:
    texts = {document.id: document.text for document in corpus.documents}
    assert [s.quote for s in case.sources if s.quote not in texts[s.document]] == []
    found = facts_found(case.facts, [source.quote for source in case.sources])
    assert [fact for fact, holds in zip(case.facts, found, strict=True) if not holds] == []


def test_no_question_copies_a_sentence_of_its_source(corpus: Corpus) -> None:
    stored: set[tuple[str, ...]] = set()
    for document in corpus.documents:
        stored |= runs_of_words(document.text)
    copied = {c.id: runs for c in ALL if (runs := runs_of_words(c.question) & stored)}
    assert copied == {}


def test_fresh_cases_have_ids_of_their_own() -> None:
    assert load_cases([*FILES, *FRESH_FILES]) == ALL


def test_no_question_is_asked_twice() -> None:
    asked = Counter((fold(case.question), case.history) for case in CASES)
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_question_holds_all_of_its_own_facts() -> None:
    given_away = [c.id for c in WITH_ANSWER if all(facts_found(c.facts, [c.question]))]
    assert given_away == []
