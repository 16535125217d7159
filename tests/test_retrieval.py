"""Fusion on hand-worked numbers, filters, and the retriever as a LangChain retriever."""

import datetime as dt

import pytest
from langchain_core.retrievers import BaseRetriever

from assistant.documents import Filters, Kind, Metadata, Passage, Section
from assistant.embedding import BundledEncoder
from assistant.index import Index
from assistant.retrieval import FUSION_CONSTANT, HybridRetriever, fuse, matches

QUESTION = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
SECTION = Section((), 0, 0, 9)
A, B, C = (Passage("doc", SECTION, start, start + 1, "x") for start in range(3))


@pytest.fixture(scope="module")
def retriever(index: Index, encoder: BundledEncoder) -> HybridRetriever:
    return HybridRetriever(index=index, encoder=encoder)


def documents_found(retriever: HybridRetriever, filters: Filters) -> set[str]:
    return {found.passage.document for found in retriever.search("overeenkomst", filters, 100)}


def test_fusion_adds_the_reciprocal_of_each_rank() -> None:
    assert FUSION_CONSTANT == 10
    scores = fuse([A, B], [B, C])
    assert scores == pytest.approx({A.id: 1 / 11, B.id: 1 / 12 + 1 / 11, C.id: 1 / 12})
    assert max(scores, key=lambda key: scores[key]) == B.id


def test_fusion_of_one_ranking_keeps_its_order() -> None:
    assert list(fuse([C, A, B])) == [C.id, A.id, B.id]


def test_fusion_of_nothing_is_empty() -> None:
    assert fuse() == {}
    assert fuse([], []) == {}


AGREEMENT = Metadata(
    "Overeenkomst",
    Kind.OVEREENKOMST,
    ("GO!", "VDAB"),
    valid_from=dt.date(2019, 1, 1),
    valid_until=dt.date(2024, 12, 31),
)
OPEN_ENDED = Metadata("Open", Kind.OVEREENKOMST, valid_from=dt.date(2017, 5, 24))
DATED = Metadata("Verslag", Kind.VERSLAG, date=dt.date(2016, 9, 9))
UNDATED = Metadata("Antwoord", Kind.ANTWOORD)


def in_period(metadata: Metadata, start: dt.date | None, end: dt.date | None) -> bool:
    return matches(metadata, "doc", Filters(date_from=start, date_to=end))


def test_no_filter_matches_everything() -> None:
    assert all(matches(m, "doc", Filters()) for m in (AGREEMENT, OPEN_ENDED, DATED, UNDATED))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(documents=("doc",)), True),
        (Filters(documents=("ander", "doc")), True),
        (Filters(documents=("ander",)), False),
        (Filters(kinds=("overeenkomst",)), True),
        (Filters(kinds=("antwoord",)), False),
        (Filters(parties=("vdab",)), True),
        (Filters(parties=("VVSG", "GO!")), True),
        (Filters(parties=("VVSG",)), False),
        (Filters(documents=("doc",), kinds=("antwoord",)), False),
        (Filters(kinds=("overeenkomst",), parties=("VDAB",)), True),
    ],
)
def test_every_filter_must_hold_and_one_of_its_values(filters: Filters, expected: bool) -> None:
    assert matches(AGREEMENT, "doc", filters) is expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (dt.date(2020, 1, 1), dt.date(2020, 12, 31), True),
        (dt.date(2010, 1, 1), dt.date(2030, 1, 1), True),
        (dt.date(2018, 1, 1), dt.date(2019, 1, 1), True),
        (dt.date(2018, 1, 1), dt.date(2018, 12, 31), False),
        (dt.date(2024, 12, 31), dt.date(2026, 1, 1), True),
        (dt.date(2025, 1, 1), dt.date(2026, 1, 1), False),
        (dt.date(2024, 12, 31), None, True),
        (dt.date(2025, 1, 1), None, False),
        (None, dt.date(2019, 1, 1), True),
        (None, dt.date(2018, 12, 31), False),
    ],
)
def test_a_period_must_overlap_bounds_included(
    start: dt.date | None, end: dt.date | None, expected: bool
) -> None:
    assert in_period(AGREEMENT, start, end) is expected


def test_an_agreement_without_an_end_runs_on() -> None:
    assert in_period(OPEN_ENDED, dt.date(2099, 1, 1), None)
    assert not in_period(OPEN_ENDED, None, dt.date(2017, 5, 23))


def test_a_dated_document_lasts_one_day() -> None:
    day = dt.date(2016, 9, 9)
    assert in_period(DATED, day, day)
    assert not in_period(DATED, dt.date(2016, 9, 10), None)
    assert not in_period(DATED, None, dt.date(2016, 9, 8))


def test_a_document_without_a_date_matches_no_period() -> None:
    assert not in_period(UNDATED, dt.date(1900, 1, 1), None)
    assert not in_period(UNDATED, None, dt.date(2100, 1, 1))


def test_search_finds_the_passage_that_answers(retriever: HybridRetriever) -> None:
    best = retriever.search(QUESTION, Filters(), 1)[0].passage
    assert best.section.name == "Antwoord 6"
    assert "17 januari 2013" in best.text


def test_search_orders_by_the_fused_score_of_its_ranks(retriever: HybridRetriever) -> None:
    found = retriever.search(QUESTION, Filters(), 50)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    for item in found:
        ranks = (rank for rank in (item.dense_rank, item.lexical_rank) if rank)
        assert item.score == pytest.approx(sum(1 / (FUSION_CONSTANT + rank) for rank in ranks))


@pytest.mark.parametrize("k", [1, 3, 10])
def test_search_gives_k_different_passages(retriever: HybridRetriever, k: int) -> None:
    assert len({found.passage.id for found in retriever.search(QUESTION, Filters(), k)}) == k


def test_search_gives_no_more_than_there_are(retriever: HybridRetriever, index: Index) -> None:
    assert len(retriever.search(QUESTION, Filters(), 10_000)) == len(index.passages)


def test_the_same_search_gives_the_same_passages(retriever: HybridRetriever) -> None:
    first = retriever.search(QUESTION, Filters(), 20)
    assert retriever.search(QUESTION, Filters(), 20) == first


@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(documents=("vlaams-partnerschap-duaal-leren",)), {"vlaams-partnerschap-"}),
        (Filters(kinds=("antwoord",)), {"antwoord-3voor1-", "antwoord-excellente-"}),
        (Filters(parties=("VVSG",)), {"overeenkomst-vdab-vvsg-"}),
        (Filters(parties=("GO!", "VVSG")), {"overeenkomst-go-", "overeenkomst-vdab-vvsg-"}),
        (Filters(date_from=dt.date(2025, 1, 1)), {"overeenkomst-vdab-vvsg-"}),
        (Filters(date_to=dt.date(2018, 12, 31)), {"overeenkomst-vdab-vvsg-"}),
        (
            Filters(date_from=dt.date(2020, 1, 1), date_to=dt.date(2020, 1, 2)),
            {"overeenkomst-go-", "overeenkomst-vdab-vvsg-"},
        ),
    ],
)
def test_a_filtered_search_finds_all_allowed_documents_and_no_other(
    retriever: HybridRetriever, filters: Filters, allowed: set[str]
) -> None:
    found = documents_found(retriever, filters)
    assert len(found) == len(allowed)
    assert all(any(name.startswith(prefix) for prefix in allowed) for name in found)


def test_filters_that_exclude_each_other_find_nothing(retriever: HybridRetriever) -> None:
    filters = Filters(kinds=("antwoord",), parties=("VVSG",))
    assert retriever.search(QUESTION, filters, 10) == []


def test_it_is_a_langchain_retriever(retriever: HybridRetriever) -> None:
    assert isinstance(retriever, BaseRetriever)
    assert len(retriever.invoke(QUESTION)) == retriever.k


def test_langchain_gets_verbatim_passages(retriever: HybridRetriever, index: Index) -> None:
    for found in retriever.invoke(QUESTION):
        start, end = found.metadata["start"], found.metadata["end"]
        assert index.documents[found.metadata["document"]].text[start:end] == found.page_content


def test_langchain_gets_the_order_and_place_of_each_passage(retriever: HybridRetriever) -> None:
    expected = retriever.search(QUESTION, Filters(), retriever.k)
    found = retriever.invoke(QUESTION)
    assert [item.id for item in found] == [item.passage.id for item in expected]
    assert found[0].metadata["title"] == "Antwoord over excellente partnerschappen"
    assert found[0].metadata["section"] == "Antwoord 6"
    assert found[0].metadata["score"] == expected[0].score


def test_langchain_gets_the_k_and_filters_of_the_retriever(
    index: Index, encoder: BundledEncoder
) -> None:
    filters = Filters(parties=("VVSG",))
    narrow = HybridRetriever(index=index, encoder=encoder, k=3, filters=filters)
    found = narrow.invoke(QUESTION)
    assert [item.metadata["document"] for item in found] == ["overeenkomst-vdab-vvsg-2017"] * 3
