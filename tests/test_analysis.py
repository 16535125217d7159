"""Search terms: stems, compounds and learnt abbreviations."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from assistant.documents import Corpus
from assistant.dutch.analysis import STOPWORDS, Analyzer, stem, words


@pytest.fixture(scope="module")
def learnt(corpus: Corpus) -> Analyzer:
    return Analyzer.learn(document.text for document in corpus.documents)


@pytest.fixture
def small() -> Analyzer:
    return Analyzer(["stuurgroep", "vergadering", "partner", "overeenkomst"], {})


def test_words_are_folded_and_numbers_stay_whole() -> None:
    assert words("I.s.m. VDAB: één co-creatie, 1.500,50 euro!") == [
        "ism",
        "vdab",
        "een",
        "co",
        "creatie",
        "1.500,50",
        "euro",
    ]


def test_the_last_stop_of_a_number_is_no_part_of_it() -> None:
    assert words("Het dateert van 2013.") == ["het", "dateert", "van", "2013"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VDAB", "vdab"),
        ("efficiëntie", "EFFICIENTIE"),
        ("partnerschap", "partnerschappen"),
        ("stuurgroep", "stuurgroepen"),
        ("overeenkomst", "overeenkomsten"),
        ("‘warme overdracht’", "warme overdracht"),
    ],
)
def test_spellings_and_inflections_share_their_terms(
    learnt: Analyzer, one: str, other: str
) -> None:
    assert learnt.terms(one) == learnt.terms(other)


def test_function_and_question_words_are_no_terms(learnt: Analyzer) -> None:
    assert learnt.terms("Wie is de van het en wanneer waren er") == []


def test_terms_keep_their_repeats(small: Analyzer) -> None:
    assert small.terms("partner en partner") == [stem("partner")] * 2


def test_a_compound_also_gives_the_terms_of_its_parts(small: Analyzer) -> None:
    terms = small.terms("stuurgroepvergadering")
    assert set(small.terms("stuurgroep vergadering")) < set(terms)
    assert stem("stuurgroepvergadering") in terms


def test_a_linking_letter_is_dropped() -> None:
    analyzer = Analyzer(["samenwerking", "overeenkomst"], {})
    assert analyzer.split_compound("samenwerkingsovereenkomst") == ("samenwerking", "overeenkomst")


def test_a_compound_of_three_parts_is_split_throughout() -> None:
    analyzer = Analyzer(["arbeid", "markt", "beleid"], {})
    assert analyzer.split_compound("arbeidsmarktbeleid") == ("arbeid", "markt", "beleid")


@pytest.mark.parametrize("word", ["partnerschap", "partnerschappen", "partner", "vergadering"])
def test_a_derived_or_simple_word_is_not_split(
    small: Analyzer, learnt: Analyzer, word: str
) -> None:
    assert small.split_compound(word) == ()
    assert learnt.split_compound(word) == ()


def test_nothing_is_split_without_a_vocabulary() -> None:
    assert Analyzer([], {}).split_compound("stuurgroepvergadering") == ()


def test_the_corpus_explains_a_compound_that_it_does_not_hold(learnt: Analyzer) -> None:
    assert "stuurgroepvergadering" not in learnt.vocabulary
    assert learnt.split_compound("stuurgroepvergadering")[0] == "stuurgroep"


def test_letters_and_digits_in_one_word_are_also_terms(learnt: Analyzer) -> None:
    assert learnt.terms("HBO5") == ["hbo5", "hbo", "5"]


@pytest.mark.parametrize("short", ["TKO", "SPOC", "VDAB", "VVSG"])
def test_an_abbreviation_and_its_long_form_find_each_other(learnt: Analyzer, short: str) -> None:
    long = learnt.abbreviations[short]
    forms = frozenset(learnt.terms(short)), frozenset(learnt.terms(long))
    assert forms in learnt.query(f"Wie is {short}?").alternatives
    assert forms[::-1] in learnt.query(f"Wat doet de {long}?").alternatives


def test_a_question_with_both_forms_needs_no_alternative() -> None:
    analyzer = Analyzer([], {"SPOC": "single point of contact"})
    assert analyzer.query("de SPOC of single point of contact").alternatives == ()


def test_the_vocabulary_holds_words_that_carry_meaning(learnt: Analyzer) -> None:
    assert "stuurgroep" in learnt.vocabulary
    assert learnt.vocabulary.isdisjoint(STOPWORDS)
    assert all(word.isalpha() and len(word) >= 4 for word in learnt.vocabulary)


def test_what_was_saved_is_loaded_again(learnt: Analyzer, corpus: Corpus, tmp_path: Path) -> None:
    learnt.save(tmp_path / "analyzer.json")
    loaded = Analyzer.load(tmp_path / "analyzer.json")
    assert loaded.vocabulary == learnt.vocabulary
    assert loaded.abbreviations == learnt.abbreviations
    for document in corpus.documents:
        assert loaded.terms(document.text) == learnt.terms(document.text)


def test_many_threads_stem_like_one(learnt: Analyzer) -> None:
    vocabulary = sorted(learnt.vocabulary)
    expected = [stem(word) for word in vocabulary]
    for _ in range(3):
        stem.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            runs = list(pool.map(lambda _: [stem(word) for word in vocabulary], range(8)))
        assert all(run == expected for run in runs)


@property_settings(derandomize=True, max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_terms_without_white_space(text: str) -> None:
    analyzer = Analyzer(["stuurgroep", "vergadering"], {"SPOC": "single point of contact"})
    terms = analyzer.query(text).terms
    assert list(terms) == analyzer.terms(text)
    assert all(term and not term.isspace() for term in terms)
