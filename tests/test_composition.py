"""Which pieces an answer gets: quotes, short answers, whole lists, counts and a plain no."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.composition import AS_LIKELY, MOST_QUOTES, Composer, Composition, Form
from assistant.documents import Document, Evidence, Kind, Metadata, Passage, Section
from assistant.dutch.sentences import sentences
from assistant.grounding import cite
from assistant.passages import split_document

SURE = 0.6
BEST = 0.9
LIKELY, UNLIKELY = AS_LIKELY * BEST, AS_LIKELY * BEST - 0.01
"""Just likely enough to be quoted beside the best sentence, and just not."""

MEMBERS = "De raad telt volgende leden:\n\n- VDAB\n- Syntra Vlaanderen\n- GO!"
COUNTED = MEMBERS.replace("volgende", "3")
LONG_ITEM = "Het vierde lid. " + "Het overlegt met de andere leden over de werking. " * 40
TWO_PASSAGES = MEMBERS + "".join(f"\n- Lid {n}, {'met een lange naam ' * 8}" for n in range(8))


def says_yes(question: str, heading: str, sentence: str) -> bool:
    """A judge whose verdict can be read off: tests/test_verdict.py has the real one."""
    assert heading.startswith("Nota")
    return sentence.startswith("Zeker")


class Library:
    """Documents of one section each, their passages, and evidence in them."""

    def __init__(self, *texts: str) -> None:
        self.documents = {
            f"nota-{number}": Document(
                f"nota-{number}",
                text,
                (Section((), 0, 0, len(text)),),
                Metadata(f"Nota {number}", Kind.ANDERE),
            )
            for number, text in enumerate(texts)
        }
        self.passages = [p for d in self.documents.values() for p in split_document(d)]

    def passage_at(self, document: str, offset: int) -> Passage | None:
        holders = (p for p in self.passages if p.document == document and p.start <= offset < p.end)
        return next(holders, None)

    def evidence(self, text: str, confidence: float = BEST, short: str = "") -> Evidence:
        """The first occurrence of ``text`` as evidence."""
        document = next(d for d in self.documents.values() if text in d.text)
        start = document.text.index(text)
        passage = self.passage_at(document.id, start)
        assert passage is not None
        return Evidence(passage, start, start + len(text), text, confidence, short)

    def compose(self, question: str, *evidence: Evidence) -> Composition:
        """What is composed, proven to be fit for citation."""
        composed = Composer(self.documents, self.passage_at, says_yes).compose(
            question, evidence, SURE
        )
        for marker, item in enumerate(composed.evidence, 1):
            assert cite(item, self.documents[item.passage.document], marker).quote == item.text
        return composed


def quotes(composed: Composition) -> list[str]:
    return [item.text for item in composed.evidence]


# Quotes and short answers


@pytest.mark.parametrize(
    "question",
    ["Wanneer was het?", "Hoe lang duurt het?", "Wie is het?", "Waar is het?", "Hoe werkt het?"],
)
def test_a_short_answer_opens_where_one_can_be_given(question: str) -> None:
    library = Library("Het overleg was in Gent op 3 mei.")
    composed = library.compose(question, library.evidence("Het overleg was in Gent", short="Gent"))
    assert (composed.form, composed.short_answer) == (Form.SHORT, "Gent")


@pytest.mark.parametrize("question", ["Waarom was het?", "Zijn er leden?", "Geef de leden."])
def test_reasons_lists_and_yes_or_no_have_no_short_answer(question: str) -> None:
    library = Library("Het overleg was in Gent.")
    composed = library.compose(question, library.evidence("Het overleg was in Gent.", short="Gent"))
    assert (composed.form, composed.short_answer) == (Form.QUOTES, "")


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        ("Hoeveel leden telt de raad?", "De raad telt alle partners.", "alle partners"),
        ("Wie zit in de raad?", "In de raad zitten VDAB, Syntra, VVSG en GO!.", "VDAB, Syntra"),
        (
            "Wie zit in de raad?",
            "Lid zijn Werk, Onderwijs (voorzitter) en Zorg.",
            "Werk, Onderwijs",
        ),
    ],
)
def test_a_short_answer_that_says_too_little_is_left_to_the_sentence(
    question: str, sentence: str, short: str
) -> None:
    library = Library(sentence)
    composed = library.compose(question, library.evidence(sentence, short=short))
    assert (composed.form, composed.short_answer) == (Form.QUOTES, "")


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        (
            "Wanneer kwam men samen?",
            "Men kwam op 17 januari 2013, in Brussel, samen.",
            "17 januari 2013",
        ),
        ("Wie zit in de raad?", "In de raad zitten VDAB, VVSG en GO!.", "VDAB, VVSG en GO!"),
        ("Hoeveel leden telt de raad?", "De raad telt vijf leden, en een voorzitter.", "vijf"),
        ("Wie tekent?", "Tekenen An, lid en Jan, voorzitter van de raad.", "An, lid en Jan"),
        ("Wat levert het op?", "Het levert rust, tijd,… op.", "rust, tijd"),
    ],
)
def test_a_short_answer_that_is_whole_stands(question: str, sentence: str, short: str) -> None:
    library = Library(sentence)
    composed = library.compose(question, library.evidence(sentence, short=short))
    assert (composed.form, composed.short_answer) == (Form.SHORT, short)


def test_without_a_short_answer_there_are_only_quotes() -> None:
    library = Library("Het overleg was in Gent.")
    composed = library.compose("Wie is het?", library.evidence("Het overleg was in Gent."))
    assert composed == Composition(Form.QUOTES, composed.evidence)
    assert quotes(composed) == ["Het overleg was in Gent."]


TALK = "Een is dit. Twee is dat. Drie is zus. Vier is zo."


@pytest.mark.parametrize(
    "question",
    [
        "Hoe dan?",
        "Waarom?",
        "Wanneer was het?",
        "Wat is zus?",
        "Wie is het?",
        "Waar is het?",
        "Is er iets?",
        "Hoeveel zijn er?",
        "Wat is er besproken?",
    ],
)
def test_only_the_best_sentence_is_quoted_where_no_list_is_asked(question: str) -> None:
    library = Library(TALK)
    best, *others = [library.evidence(t) for t in ("Drie is zus.", "Twee is dat.", "Een is dit.")]
    assert library.compose(question, best, *others).evidence == (best,)


def test_where_a_list_is_asked_the_quotes_are_in_the_order_of_the_text() -> None:
    library = Library(TALK)
    ranked = [library.evidence(text) for text in ("Drie is zus.", "Vier is zo.", "Een is dit.")]
    composed = library.compose("Geef de leden.", *ranked)
    assert (composed.form, composed.short_answer) == (Form.QUOTES, "")
    assert quotes(composed) == ["Een is dit.", "Drie is zus.", "Vier is zo."]


@pytest.mark.parametrize("best", [1.0, 0.9, SURE])
def test_sentences_far_less_likely_than_the_best_are_left_out(best: float) -> None:
    library = Library(TALK)
    composed = library.compose(
        "Geef de leden.",
        library.evidence("Een is dit.", best),
        library.evidence("Vier is zo.", best * AS_LIKELY),
        library.evidence("Twee is dat.", best * (AS_LIKELY - 0.01)),
    )
    assert quotes(composed) == ["Een is dit.", "Vier is zo."]


def test_sentences_of_other_documents_are_left_out() -> None:
    library = Library(TALK, "Elders staat iets anders.")
    ranked = [library.evidence(t) for t in ("Een is dit.", "Elders staat iets anders.")]
    assert quotes(library.compose("Geef de leden.", *ranked)) == ["Een is dit."]


def test_a_list_in_sentences_has_at_most_ten_quotes() -> None:
    texts = [f"Lid {number} is aanwezig." for number in range(MOST_QUOTES + 3)]
    library = Library(" ".join(texts))
    composed = library.compose("Geef de leden.", *map(library.evidence, texts))
    assert quotes(composed) == texts[:10]


# Yes and no


def form_of(question: str, quote: str, confidence: float = BEST) -> Form:
    library = Library(quote)
    return library.compose(question, library.evidence(quote, confidence)).form


@pytest.mark.parametrize(
    "quote", ["Er is geen voorzitter.", "Er werd NIET gestemd.", "Niemand werd aangesteld."]
)
def test_a_plain_denial_is_answered_with_no(quote: str) -> None:
    assert form_of("Is er een voorzitter?", quote) is Form.NO


@pytest.mark.parametrize(
    "quote",
    [
        "Er is een voorzitter.",
        "Er wordt niet alleen met VDAB gewerkt.",
        "De overeenkomst kan zonder reden worden opgezegd.",
        "Er is geen voorzitter, tenzij de raad erom vraagt.",
        "Een nietige voorzitter werd genoemd.",
    ],
)
def test_what_leaves_room_for_doubt_is_only_quoted(quote: str) -> None:
    assert form_of("Is er een voorzitter?", quote) is Form.QUOTES


def test_no_is_not_said_to_a_question_that_denies() -> None:
    assert form_of("Is er geen voorzitter?", "Er is geen voorzitter.") is Form.QUOTES


def test_no_is_not_said_when_unsure() -> None:
    assert form_of("Is er een voorzitter?", "Er is geen voorzitter.", SURE - 0.01) is Form.QUOTES
    assert form_of("Is er een voorzitter?", "Er is geen voorzitter.", SURE) is Form.NO


def test_yes_is_said_where_the_sentence_settles_it() -> None:
    assert form_of("Is er een voorzitter?", "Zeker is er een voorzitter.") is Form.YES
    assert form_of("Is er een voorzitter?", "Er komt een voorzitter.") is Form.QUOTES
    assert form_of("Wie is voorzitter?", "Zeker is er een voorzitter.") is not Form.YES


def test_yes_is_only_said_when_the_reader_is_sure() -> None:
    sentence = "Zeker is er een voorzitter."
    assert form_of("Is er een voorzitter?", sentence, SURE) is Form.YES
    assert form_of("Is er een voorzitter?", sentence, SURE - 0.01) is Form.QUOTES


def test_yes_is_not_said_with_a_reserve() -> None:
    for reserve in ("behalve in juli", "mits akkoord", "m.u.v. de zomer", "maar niet altijd"):
        sentence = f"Zeker is er een voorzitter, {reserve}."
        assert form_of("Is er een voorzitter?", sentence) is Form.QUOTES


def test_a_denial_goes_before_yes() -> None:
    assert form_of("Is er een voorzitter?", "Zeker is er geen voorzitter.") is Form.NO


# Lists


def test_an_announced_list_is_given_whole() -> None:
    library = Library(MEMBERS)
    best = library.evidence("De raad telt volgende leden:", SURE)
    composed = library.compose("Welke leden telt de raad?", best)
    assert (composed.form, composed.short_answer) == (Form.LIST, "")
    assert quotes(composed) == ["VDAB", "Syntra Vlaanderen", "GO!"]
    assert {item.confidence for item in composed.evidence} == {SURE}


def test_a_list_is_given_whole_when_two_of_its_items_are_evidence() -> None:
    library = Library(MEMBERS)
    best, other = library.evidence("Syntra Vlaanderen"), library.evidence("GO!", LIKELY)
    assert library.compose("Welke leden?", best, other).form is Form.LIST


@pytest.mark.parametrize("others", [[], ["GO!"]])
def test_one_item_alone_is_only_quoted(others: list[str]) -> None:
    library = Library(MEMBERS)
    weak = [library.evidence(text, UNLIKELY) for text in others]
    composed = library.compose("Welke leden?", library.evidence("VDAB"), *weak)
    assert (composed.form, quotes(composed)) == (Form.QUOTES, ["VDAB"])


@pytest.mark.parametrize("best", ["De raad telt volgende leden:", "VDAB", "Ook VVSG is lid."])
def test_when_unsure_only_the_best_sentence_of_a_list_is_quoted(best: str) -> None:
    library = Library(f"Ook VVSG is lid.\n\n{MEMBERS}")
    others = [library.evidence(text, SURE - 0.01) for text in ("GO!", "Syntra Vlaanderen")]
    first = library.evidence(best, SURE - 0.01, short="VDAB")
    assert library.compose("Welke leden?", first, *others) == Composition(Form.QUOTES, (first,))


def test_one_item_is_quoted_with_what_is_likely_outside_its_list() -> None:
    library = Library(f"Ook VVSG is lid.\n\n{MEMBERS}")
    evidence = [library.evidence("VDAB"), library.evidence("Ook VVSG is lid.")]
    composed = library.compose("Welke leden?", *evidence)
    assert (composed.form, quotes(composed)) == (Form.QUOTES, ["Ook VVSG is lid.", "VDAB"])


def test_two_sentences_of_one_item_do_not_make_it_the_whole_list() -> None:
    library = Library("- Een is dit. Twee is dat.\n- Drie is zus.")
    evidence = [library.evidence("Een is dit."), library.evidence("Twee is dat.")]
    assert library.compose("Welke leden?", *evidence).form is Form.QUOTES


def test_a_question_for_one_thing_does_not_get_the_list() -> None:
    library = Library(MEMBERS)
    evidence = [library.evidence("VDAB"), library.evidence("GO!")]
    assert library.compose("Wie is het derde lid?", *evidence).form is Form.QUOTES


def test_a_list_over_two_passages_is_given_whole_each_item_in_its_own() -> None:
    library = Library(TWO_PASSAGES)
    assert len(library.passages) > 1
    composed = library.compose("Welke leden?", library.evidence("De raad telt volgende leden:"))
    assert len(composed.evidence) == 11
    assert {item.passage for item in composed.evidence} == set(library.passages)


def test_an_item_longer_than_its_passage_ends_with_it() -> None:
    library = Library(f"{MEMBERS}\n- {LONG_ITEM}\n- Syntra")
    composed = library.compose("Welke leden?", library.evidence("De raad telt volgende leden:"))
    assert len(composed.evidence) == 5
    cut = composed.evidence[3]
    assert cut.text.startswith("Het vierde lid.")
    assert len(cut.text) < len(LONG_ITEM.strip())
    assert cut.text.endswith("werking.")


# Counts


@pytest.mark.parametrize("question", ["Hoeveel leden zijn er?", "Wat is het aantal leden?"])
def test_the_number_that_the_text_gives_for_its_list_is_the_count(question: str) -> None:
    library = Library(COUNTED)
    for place in ("De raad telt 3 leden:", "GO!"):
        composed = library.compose(question, library.evidence(place, short="3"))
        assert (composed.form, composed.short_answer) == (Form.SHORT, "3")
        assert quotes(composed) == ["De raad telt 3 leden:"]


def test_without_a_number_the_items_are_counted_and_shown() -> None:
    library = Library(MEMBERS)
    composed = library.compose("Hoeveel leden zijn er?", library.evidence("Syntra Vlaanderen"))
    assert (composed.form, composed.short_answer) == (Form.COUNT, "3")
    assert quotes(composed) == [
        "De raad telt volgende leden:",
        "VDAB",
        "Syntra Vlaanderen",
        "GO!",
    ]


def test_a_number_in_words_is_given_as_the_text_has_it() -> None:
    library = Library(MEMBERS.replace("volgende", "drie"))
    composed = library.compose("Hoeveel leden zijn er?", library.evidence("GO!"))
    assert (composed.form, composed.short_answer) == (Form.SHORT, "drie")
    assert quotes(composed) == ["De raad telt drie leden:"]


def test_of_several_numbers_the_one_of_the_list_is_the_count() -> None:
    library = Library("Binnen 6 maanden na 3 jaar overleggen 2 raden met 3 leden:\n- A\n- X\n- C")
    composed = library.compose("Hoeveel leden zijn er?", library.evidence("X"))
    assert (composed.form, composed.short_answer) == (Form.SHORT, "3")


def test_a_list_without_intro_is_counted_too() -> None:
    library = Library("- VDAB\n- Syntra\n- GO!\n- VVSG")
    composed = library.compose("Hoeveel leden zijn er?", library.evidence("VVSG"))
    assert (composed.form, composed.short_answer) == (Form.COUNT, "4")
    assert len(composed.evidence) == 4


def test_a_number_outside_a_list_is_a_short_answer() -> None:
    library = Library("De raad telt 12 leden.")
    composed = library.compose(
        "Hoeveel leden?", library.evidence("De raad telt 12 leden.", short="12")
    )
    assert (composed.form, composed.short_answer) == (Form.SHORT, "12")


def test_a_number_in_the_best_item_is_the_answer() -> None:
    library = Library("De raad:\n\n- telt 12 leden;\n- vergadert elke maand;\n- zetelt in Gent.")
    best = library.evidence("telt 12 leden;", short="12")
    composed = library.compose("Hoeveel leden telt de raad?", best)
    assert (composed.form, composed.short_answer) == (Form.SHORT, "12")


@pytest.mark.parametrize(
    "intro",
    [
        "De overeenkomst duurt 5 jaar. De uitdagingen zijn:",
        "Binnen 6 maanden doen zij het volgende:",
        "De 2 partners nemen volgende verbintenissen op:",
        "Na 3 jaar doen zij het volgende:",
        "In 2003 werden de verbintenissen:",
    ],
)
def test_a_number_of_something_else_is_not_the_count_of_a_list(intro: str) -> None:
    library = Library(f"{intro}\n\n- overleg\n- toeleiding\n- meting")
    composed = library.compose("Hoeveel verbintenissen zijn er?", library.evidence("toeleiding"))
    assert (composed.form, composed.short_answer) == (Form.COUNT, "3")
    assert quotes(composed)[1:] == ["overleg", "toeleiding", "meting"]


# Whatever is asked


QUESTIONS = (
    "Welke leden telt de raad?",
    "Hoeveel leden zijn er?",
    "Is er een lijst?",
    "Wie is de voorzitter?",
    "Waarom?",
    "<b>" * 600,
    "\x00\u202e\ud800",
    "",
)
PIECES = ("De raad:", "Er is geen lijst.", "- een", "  - twee 2", "3. drie:", "", "Slot. Einde.")


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    question=st.sampled_from(QUESTIONS),
    lines=st.lists(st.sampled_from(PIECES), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
    confidences=st.lists(st.floats(0, 1), min_size=12, max_size=12),
)
def test_whatever_is_composed_can_be_cited(
    question: str, lines: Sequence[str], order: Random, confidences: list[float]
) -> None:
    text = "\n".join(lines)
    library = Library(text)
    spans = sentences(text)
    order.shuffle(spans)
    ranked = sorted(confidences, reverse=True)
    evidence = [library.evidence(text[s:e], c) for (s, e), c in zip(spans, ranked, strict=False)]
    if evidence:
        composed = library.compose(question, *evidence)
        assert composed.evidence
        if composed.form in (Form.QUOTES, Form.YES, Form.NO):
            assert len(composed.evidence) <= MOST_QUOTES
        if composed.form is Form.COUNT:
            assert int(composed.short_answer) <= len(composed.evidence)
        elif composed.short_answer:
            assert composed.short_answer in quotes(composed)[0]
