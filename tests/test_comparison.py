"""Comparisons: two documents that are each asked on their own, or nothing at all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from assistant.answering import Assistant
from assistant.comparison import PASSAGES, SURE_ENOUGH, compare
from assistant.documents import Evidence, Filters, Passage, ScoredPassage
from assistant.index import Index
from assistant.matching import Matcher
from assistant.reader_model import bundled_reader_model
from assistant.reading import Reader, Reading, Thresholds, TrainedReader, bundled_calibration
from assistant.retrieval import HybridRetriever

GO, VVSG = "overeenkomst-go-vdab-2019-2024", "overeenkomst-vdab-vvsg-2017"
DUAAL = "vlaams-partnerschap-duaal-leren"
START = "Wanneer werd de overeenkomst van VDAB met {} gesloten, en wanneer die met {}?"
UNNAMED = "Wat is het verschil in looptijd?"


@dataclass
class Listening:
    """The real reader; keeps what it was asked, and is as sure of each document as told."""

    reader: Reader
    sure: Callable[[str], float]
    asked: list[tuple[str, list[ScoredPassage]]] = field(default_factory=list)

    @property
    def thresholds(self) -> Thresholds:
        return self.reader.thresholds

    def warm_up(self, passages: Iterable[Passage]) -> None:
        self.reader.warm_up(passages)

    def read(self, question: str, passages: Sequence[ScoredPassage]) -> Reading:
        self.asked.append((question, list(passages)))
        reading = self.reader.read(question, passages)
        evidence = (
            replace(item, confidence=self.sure(item.passage.document)) for item in reading.evidence
        )
        return replace(reading, evidence=tuple(evidence))

    def questions(self) -> dict[str, str]:
        """What was asked of each document, in that order."""
        assert all(len({f.passage.document for f in found}) == 1 for _, found in self.asked)
        return {found[0].passage.document: question for question, found in self.asked}


@pytest.fixture(scope="module")
def retriever(assistant: Assistant) -> HybridRetriever:
    return assistant.retriever


@pytest.fixture(scope="module")
def reader(index: Index) -> TrainedReader:
    matcher = Matcher(index.documents, index.analyzer, index.rarity)
    return TrainedReader(matcher, bundled_reader_model(), bundled_calibration())


@pytest.fixture
def ask(retriever: HybridRetriever, reader: TrainedReader) -> Callable[..., tuple[Evidence, ...]]:
    """Compares what is found, a passage of each of ``documents`` first."""

    def compared(
        question: str,
        listening: Reader = reader,
        documents: Sequence[str] = (),
        filters: Filters = Filters(),  # noqa: B008  frozen, so sharing the default is safe
    ) -> tuple[Evidence, ...]:
        found = retriever.search(question, filters, 10)
        for document in reversed(documents):
            found = [*retriever.search(question, Filters(documents=(document,)), 1), *found]
        return compare(question, found, retriever, listening, filters)

    return compared


@pytest.fixture
def sure(reader: TrainedReader) -> Listening:
    return Listening(reader, lambda _document: 1.0)


Ask = Callable[..., tuple[Evidence, ...]]


# Which documents are asked what


@pytest.mark.parametrize("names", [("GO!", "VVSG"), ("VVSG", "GO!"), ("go!", "vvsg")])
def test_each_named_agreement_is_asked_without_the_name_of_the_other(
    names: tuple[str, str], ask: Ask, sure: Listening
) -> None:
    sides = ask(START.format(*names), sure, documents=(GO, VVSG))
    of_go, of_vvsg = (sure.questions()[document].upper() for document in (GO, VVSG))
    assert "GO!" in of_go
    assert "VVSG" not in of_go
    assert "VVSG" in of_vvsg
    assert "GO!" not in of_vvsg
    assert len(sure.asked) == 2
    assert {side.passage.document for side in sides} == {GO, VVSG}


def test_a_name_that_both_share_is_kept(ask: Ask, sure: Listening) -> None:
    ask(START.format("GO!", "VVSG"), sure, documents=(GO, VVSG))
    assert all("VDAB" in question for question in sure.questions().values())


def test_a_name_inside_another_word_is_no_name(ask: Ask, sure: Listening) -> None:
    ask(START.format("GO!", "VVSG-leden en VVSGers"), sure, documents=(GO, VVSG))
    assert "VVSG-" not in sure.questions()[GO]
    assert "VVSGers" in sure.questions()[GO]


def test_the_named_agreements_go_before_what_was_found_first(ask: Ask, sure: Listening) -> None:
    ask(START.format("GO!", "VVSG"), sure, documents=(DUAAL, VVSG, GO))
    assert list(sure.questions()) == [VVSG, GO]


@pytest.mark.parametrize("question", [UNNAMED, UNNAMED.replace("?", " met VVSG?")])
def test_without_two_names_the_first_two_documents_found_are_asked(
    question: str, ask: Ask, sure: Listening
) -> None:
    sides = ask(question, sure, documents=(DUAAL, VVSG, GO))
    assert list(sure.questions()) == [DUAAL, VVSG]
    assert [side.passage.document for side in sides] == [DUAAL, VVSG]
    assert sure.questions()[VVSG] == question


def test_half_as_many_passages_are_read_of_each(ask: Ask, sure: Listening) -> None:
    ask(START.format("GO!", "VVSG"), sure)
    assert [len(found) for _, found in sure.asked] == [PASSAGES, PASSAGES]


# What comes back


def test_each_side_is_the_best_evidence_of_its_document(
    ask: Ask, sure: Listening, reader: TrainedReader
) -> None:
    sides = ask(START.format("GO!", "VVSG"), sure, documents=(GO, VVSG))
    best = [reader.read(question, found).evidence[0] for question, found in sure.asked]
    assert [(s.passage.document, s.start, s.end) for s in sides] == [
        (b.passage.document, b.start, b.end) for b in best
    ]


@pytest.mark.parametrize("unsure", [(GO,), (VVSG,), (GO, VVSG)])
def test_nothing_comes_back_when_one_side_is_unsure(
    unsure: tuple[str, ...], ask: Ask, reader: TrainedReader
) -> None:
    def just(document: str) -> float:
        return SURE_ENOUGH - 0.01 if document in unsure else 1.0

    assert ask(START.format("GO!", "VVSG"), Listening(reader, just), documents=(GO, VVSG)) == ()


def test_both_sides_may_be_just_sure_enough(ask: Ask, reader: TrainedReader) -> None:
    just = Listening(reader, lambda _document: SURE_ENOUGH)
    assert len(ask(START.format("GO!", "VVSG"), just, documents=(GO, VVSG))) == 2


def test_the_real_reader_finds_nothing_of_what_neither_holds(ask: Ask) -> None:
    assert ask("Wat is het verschil in rentevoet tussen GO! en VVSG op de hypotheek?") == ()


def test_one_document_alone_is_not_compared(ask: Ask, sure: Listening) -> None:
    assert ask(START.format("GO!", "VVSG"), sure, filters=Filters(documents=(GO,))) == ()


def test_a_named_document_that_the_filters_leave_out_is_not_asked(
    ask: Ask, sure: Listening
) -> None:
    filters = Filters(documents=(GO, "vlaams-partnerschap-duaal-leren"))
    sides = ask(START.format("GO!", "VVSG"), sure, filters=filters)
    assert {side.passage.document for side in sides} <= set(filters.documents)


def test_the_other_filters_hold_for_both_sides(retriever: HybridRetriever, sure: Listening) -> None:
    question = START.format("GO!", "VVSG")
    found = retriever.search(question, Filters(), 10)
    filters = Filters(parties=("VVSG",))
    assert compare(question, found, retriever, sure, filters) == ()
    read = {item.passage.document for _, passages in sure.asked for item in passages}
    assert read <= {VVSG}


def test_without_passages_there_is_nothing_to_compare(
    retriever: HybridRetriever, sure: Listening
) -> None:
    assert compare(UNNAMED, [], retriever, sure, Filters()) == ()
    assert sure.asked == []
