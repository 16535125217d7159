"""Crops keep their labels; near misses and noise change what they say they change."""

import random

import pytest

from training.augment import crop, keywords, near_miss, with_noise, without_diacritics
from training.tests.samples import CONTEXT, reading


@pytest.mark.parametrize("seed", range(20))
def test_crop_keeps_answer_and_evidence(seed: int) -> None:
    pair = crop(reading(), random.Random(seed), "Titel")
    assert pair is not None and pair.answer is not None and pair.evidence
    assert pair.text[slice(*pair.answer)] == "Karel Maes"
    assert pair.text[slice(*pair.evidence[0])] == "De voorzitter is sinds 2014 Karel Maes."


def test_near_miss_changes_year() -> None:
    changed = near_miss("Wie was voorzitter in 2014?", CONTEXT, random.Random(1))
    assert changed and changed.startswith("Wie was voorzitter in ") and "2014" not in changed


def test_near_miss_finds_nothing_to_swap() -> None:
    assert near_miss("wie is dat?", CONTEXT, random.Random(1)) is None


def test_keywords_drops_function_words() -> None:
    assert keywords("Wie is de voorzitter van de stuurgroep?") == "voorzitter stuurgroep"


@pytest.mark.parametrize("seed", range(20))
def test_noise_leaves_the_labels_on_their_text(seed: int) -> None:
    pair = crop(reading(), random.Random(seed), "Titel")
    assert pair is not None
    noisy = with_noise(pair, random.Random(seed))
    assert noisy.answer == pair.answer and len(noisy.text) == len(pair.text)


def test_without_diacritics() -> None:
    assert without_diacritics("coördinatie één") == "coordinatie een"
