"""Verdicts, flags and ranks of single answers over two tiny documents, worked out by hand."""

import math
from collections.abc import Mapping, Sequence

import pytest

from assistant.documents import (
    Answer,
    Citation,
    Document,
    Kind,
    Metadata,
    Passage,
    Quoted,
    Section,
    Status,
    Timings,
)
from assistant.evaluation.cases import Case, Source
from assistant.evaluation.outcomes import Outcome, Place, Retrieved
from assistant.evaluation.scoring import HYBRID, Gold, Ranking, ShortAnswer, Verdict, score

LASTS = "De overeenkomst loopt vijf jaar."
NOTICE = "De opzegtermijn bedraagt 6 maanden."
SIGNED = "Getekend op 17 januari 2013 te Brussel."
COSTS = "De bijdrage is 1.500 euro."
PARTS = (
    f"Duur\n\n{LASTS} {NOTICE}\n\n",
    "Leden\n\nVDAB en VVSG.\n\n",
    f"Slot\n\n{NOTICE} {SIGNED}\n",
)


def document(name: str, *parts: str) -> Document:
    starts = [sum(map(len, parts[:number])) for number in range(len(parts))]
    sections = tuple(
        Section((part.split("\n")[0],), start, start + part.index("\n\n") + 2, start + len(part))
        for part, start in zip(parts, starts, strict=True)
    )
    return Document(name, "".join(parts), sections, Metadata(name, Kind.ANDERE))


def passages(of: Document) -> list[Passage]:
    return [Passage(of.id, s, s.start, s.end, of.text[s.start : s.end]) for s in of.sections]


NOTA = document("nota", *PARTS)
BIJLAGE = document("bijlage", f"Kosten\n\n{COSTS}\n")
DUUR, LEDEN, SLOT = passages(NOTA)
(KOSTEN,) = passages(BIJLAGE)
GOLD = Gold.of({"nota": NOTA, "bijlage": BIJLAGE}, [DUUR, LEDEN, SLOT, KOSTEN])


def case(name: str, kind: str, facts: Sequence[str], *sources: str, style: str = "") -> Case:
    """A case; without facts an unanswerable one. A fact may hold spellings, parted by ``|``."""
    return Case(
        id=name,
        question=f"Vraag {name}?",
        type=kind,
        answerable=bool(facts),
        facts=tuple(tuple(fact.split("|")) for fact in facts),
        sources=tuple(
            Source(document="bijlage" if quote == COSTS else "nota", quote=quote)
            for quote in sources
        ),
        style=(style,) if style else (),
    )


WHEN = case("ondertekening", "date", ["17/01/2013|januari 2013"], SIGNED)
HOW_LONG = case("termijn", "number", ["6 maanden"], NOTICE)
TERMS = case("voorwaarden", "what", ["5 jaar|een lustrum", "1.500"], LASTS, COSTS)
OFF = case("hoofdstad", "off_topic", [])


def cite(quote: str, occurrence: int = 0) -> Citation:
    of = BIJLAGE if quote == COSTS else NOTA
    start = -1
    for _ in range(occurrence + 1):
        start = of.text.index(quote, start + 1)
    return Citation(
        document=of.id,
        title=of.id,
        version=of.version,
        section="",
        quote=quote,
        start=start,
        end=start + len(quote),
        url="",
        marker=1,
    )


def answered(*citations: Citation, text: str = "", short: str = "", sure: float = 0.9) -> Answer:
    return Answer(
        id="1",
        question="Vraag?",
        standalone_question="Hele vraag?",
        status=Status.ANSWERED,
        answer=text,
        short_answer=short,
        confidence=sure,
        citations=citations,
    )


def abstained(*related: Quoted, text: str = "Dat weet ik niet.", sure: float = 0.2) -> Answer:
    empty = answered(text=text, sure=sure)
    return empty.model_copy(update={"status": Status.ABSTAINED, "related": related})


def outcome(
    asked: Case,
    answer: Answer,
    *found: Passage,
    unguarded: Answer | None = None,
    legs: Mapping[str, Sequence[Passage]] | None = None,
    total: float = 0.0,
) -> Outcome:
    retrieved = tuple(
        Retrieved(document=p.document, start=p.start, end=p.end, text=p.text) for p in found
    )
    timed = answer.model_copy(update={"timings_ms": Timings(total=total)})
    places = {
        name: tuple(Place(document=p.document, start=p.start, end=p.end) for p in leg)
        for name, leg in (legs or {}).items()
    }
    return Outcome(case=asked, answer=timed, retrieved=retrieved, legs=places, unguarded=unguarded)


@pytest.mark.parametrize(
    ("asked", "answer", "verdict"),
    [
        (WHEN, answered(cite(SIGNED)), Verdict.RIGHT),
        (WHEN, answered(cite(LASTS)), Verdict.WRONG),
        (WHEN, abstained(), Verdict.ABSTAINED),
        (TERMS, answered(cite(LASTS), cite(COSTS)), Verdict.RIGHT),
        (TERMS, answered(cite(LASTS)), Verdict.WRONG),
        (OFF, abstained(), Verdict.RIGHT),
        (OFF, answered(cite(LASTS)), Verdict.FALSE),
    ],
)
def test_what_became_of_a_case(asked: Case, answer: Answer, verdict: Verdict) -> None:
    assert score(outcome(asked, answer), GOLD).verdict is verdict


def test_a_partial_answer_is_judged_as_an_answer() -> None:
    partial = answered(cite(SIGNED)).model_copy(update={"status": Status.PARTIAL})
    assert score(outcome(WHEN, partial), GOLD).verdict is Verdict.RIGHT
    assert score(outcome(OFF, partial), GOLD).verdict is Verdict.FALSE


def test_a_nugget_counts_in_the_quote_or_in_the_answer() -> None:
    scored = score(outcome(TERMS, answered(cite(LASTS), text="Het kost 1500 euro.")), GOLD)
    assert scored.nuggets == (True, True)
    assert score(outcome(TERMS, answered(cite(COSTS))), GOLD).nuggets == (False, True)


def test_an_abstention_holds_no_nugget_although_it_repeats_the_question() -> None:
    answer = abstained(cite(LASTS), text="Gezocht naar ‘vijf jaar’.")
    assert score(outcome(TERMS, answer), GOLD).nuggets == (False, False)


def test_a_short_answer_is_compared_with_the_nugget() -> None:
    # "17 januari 2013 te Brussel" and "17 januari 2013": 5 and 3 tokens, 3 shared
    answer = answered(cite(SIGNED), short="17 januari 2013 te Brussel")
    found = score(outcome(WHEN, answer), GOLD).short_answer
    assert found == ShortAnswer(exact=False, f1=2 * 3 / (5 + 3), holds_fact=True)


def test_a_short_answer_in_another_spelling_is_exact() -> None:
    found = score(outcome(WHEN, answered(cite(SIGNED), short="17 jan. 2013")), GOLD).short_answer
    assert found == ShortAnswer(exact=True, f1=1.0, holds_fact=True)


def test_a_missing_short_answer_is_wrong() -> None:
    found = score(outcome(WHEN, answered(cite(SIGNED))), GOLD).short_answer
    assert found == ShortAnswer(exact=False, f1=0.0, holds_fact=False)


@pytest.mark.parametrize(
    "asked",
    [
        TERMS,
        OFF,
        case("twee", "date", ["2013", "januari"], SIGNED),
        case("uitleg", "what", ["2013"], SIGNED),
    ],
    ids=lambda asked: asked.id,
)
def test_several_nuggets_or_another_type_have_no_short_answer(asked: Case) -> None:
    assert score(outcome(asked, answered(cite(SIGNED), short="2013")), GOLD).short_answer is None


def test_citations_and_sources_are_flagged_one_by_one() -> None:
    scored = score(outcome(TERMS, answered(cite(SIGNED), cite(LASTS))), GOLD)
    assert scored.citations == (False, True)
    assert scored.sources == (True, False)


def test_an_abstention_covers_no_source() -> None:
    scored = score(outcome(TERMS, abstained(cite(LASTS))), GOLD)
    assert scored.citations == ()
    assert scored.sources == (False, False)


@pytest.mark.parametrize("occurrence", [0, 1])
def test_a_repeated_quote_is_covered_wherever_it_is_cited(occurrence: int) -> None:
    scored = score(outcome(HOW_LONG, answered(cite(NOTICE, occurrence))), GOLD)
    assert scored.citations == (True,)
    assert scored.sources == (True,)


def test_all_places_of_a_repeated_quote_are_known() -> None:
    (places,) = GOLD.spans(HOW_LONG)
    assert [NOTA.text[place.start : place.end] for place in places] == [NOTICE, NOTICE]
    assert places[0].start < places[1].start


def test_a_quote_that_does_not_stand_in_its_document_is_reported() -> None:
    misquoted = case("fout", "date", ["2013"], SIGNED.replace("17", "18"))
    assert GOLD.missing_quotes([WHEN, misquoted, HOW_LONG, OFF]) == ["fout"]


def test_a_verbatim_answer_has_no_faults() -> None:
    scored = score(outcome(WHEN, answered(cite(SIGNED), cite(COSTS))), GOLD)
    assert (scored.faults, scored.quotes) == ((), 2)


def test_an_altered_quote_is_a_fault() -> None:
    good = cite(SIGNED)
    altered = good.model_copy(update={"quote": SIGNED.replace("17", "18")})
    scored = score(outcome(WHEN, answered(good, altered)), GOLD)
    place = f"nota[{good.start}:{good.end}]"
    assert scored.faults == (f"not verbatim at {place}: {altered.quote}",)


def test_an_altered_quote_beside_an_abstention_is_a_fault() -> None:
    moved = cite(SIGNED).model_copy(update={"start": 0})
    scored = score(outcome(OFF, abstained(cite(LASTS), moved)), GOLD)
    assert (len(scored.faults), scored.quotes) == (1, 2)


def test_a_citation_of_an_unknown_document_is_a_fault() -> None:
    invented = cite(SIGNED).model_copy(update={"document": "verzonnen"})
    scored = score(outcome(WHEN, answered(invented)), GOLD)
    assert scored.faults == ("cites the unknown document 'verzonnen'",)


def test_an_answer_without_a_citation_is_a_fault_and_an_abstention_is_not() -> None:
    claimed = score(outcome(WHEN, answered(text="Op 17 januari 2013.")), GOLD)
    assert claimed.faults == ("answers without a citation",)
    assert score(outcome(WHEN, abstained()), GOLD).faults == ()


def test_the_rank_is_that_of_the_first_passage_with_a_source() -> None:
    assert score(outcome(TERMS, abstained(), LEDEN, KOSTEN, DUUR), GOLD).rank == 2
    assert score(outcome(HOW_LONG, abstained(), SLOT, DUUR), GOLD).rank == 1
    assert score(outcome(WHEN, abstained(), LEDEN, DUUR), GOLD).rank is None
    assert score(outcome(OFF, abstained(), DUUR), GOLD).rank is None


def test_passages_are_ranked_by_every_source() -> None:
    # the sources stand in DUUR, found first, and in KOSTEN, found third
    found = score(outcome(TERMS, abstained(), DUUR, LEDEN, KOSTEN), GOLD).rankings
    gained, best = 1 + 1 / math.log2(4), 1 + 1 / math.log2(3)
    assert found["passage", HYBRID] == Ranking({1: 1 / 2, 5: 1.0, 10: 1.0}, 1.0, gained / best)


def test_a_repeated_source_is_found_at_its_first_place() -> None:
    # both DUUR and SLOT hold it; one of them, at rank 2, is enough for recall but not for nDCG
    found = score(outcome(HOW_LONG, abstained(), LEDEN, SLOT), GOLD).rankings
    gained, best = 1 / math.log2(3), 1 + 1 / math.log2(3)
    assert found["passage", HYBRID] == Ranking({1: 0.0, 5: 1.0, 10: 1.0}, 1 / 2, gained / best)


def test_documents_are_ranked_at_their_best_passage() -> None:
    # bijlage, nota, nota, nota: the document is second
    found = score(outcome(WHEN, abstained(), KOSTEN, DUUR, LEDEN, SLOT), GOLD).rankings
    assert found["document", HYBRID] == Ranking({1: 0.0, 5: 1.0, 10: 1.0}, 1 / 2, 1 / math.log2(3))
    assert found["passage", HYBRID] == Ranking({1: 0.0, 5: 1.0, 10: 1.0}, 1 / 4, 1 / math.log2(5))


def test_every_leg_is_ranked_beside_the_hybrid() -> None:
    asked = outcome(WHEN, abstained(), LEDEN, legs={"bm25": [SLOT], "dense": []})
    found = score(asked, GOLD).rankings
    perfect, nothing = Ranking({1: 1, 5: 1, 10: 1}, 1.0, 1.0), Ranking({1: 0, 5: 0, 10: 0}, 0, 0)
    assert found == {
        ("passage", "bm25"): perfect,
        ("document", "bm25"): perfect,
        ("passage", "dense"): nothing,
        ("document", "dense"): nothing,
        ("passage", HYBRID): nothing,
        ("document", HYBRID): perfect,
    }


def test_a_passage_without_its_heading_ranks_as_the_passage() -> None:
    whole = outcome(WHEN, abstained(), LEDEN, SLOT)
    bodies = tuple(
        place.model_copy(update={"start": passage.body_start, "end": passage.end - 1})
        for place, passage in zip(whole.retrieved, (LEDEN, SLOT), strict=True)
    )
    trimmed = whole.model_copy(update={"retrieved": bodies})
    assert score(trimmed, GOLD).rankings == score(whole, GOLD).rankings


def test_an_unanswerable_question_has_no_rankings() -> None:
    assert score(outcome(OFF, abstained(), DUUR), GOLD).rankings == {}


@pytest.mark.parametrize(
    ("asked", "held_back", "is_error"),
    [
        (WHEN, answered(cite(SIGNED)), False),
        (WHEN, answered(cite(LASTS)), True),
        (OFF, answered(cite(LASTS)), True),
        (OFF, abstained(), False),
    ],
)
def test_an_abstention_is_an_error_when_what_it_held_back_is(
    asked: Case, held_back: Answer, is_error: bool
) -> None:
    scored = score(outcome(asked, abstained(), unguarded=held_back), GOLD)
    assert scored.is_error is is_error


def test_an_answer_is_an_error_when_it_is_not_right() -> None:
    assert score(outcome(WHEN, answered(cite(LASTS))), GOLD).is_error
    assert not score(outcome(WHEN, answered(cite(SIGNED))), GOLD).is_error
