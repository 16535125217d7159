"""Readings to pairs."""

from training.sampling import Lookalikes, Sampler, Source
from training.tests.samples import reading


def test_an_epoch_is_deterministic_and_spoils() -> None:
    readings = {"test": [reading(question="Wie was voorzitter in 2014?")] * 30}
    sampler = Sampler(readings, {"test": Source(30, negative=0.5)})
    first, second = sampler.epoch(1), sampler.epoch(1)
    assert first == second
    assert {pair.answerable for pair in first} == {True, False}
    assert first != sampler.epoch(2)


def test_answers_of_pairs_are_those_of_their_readings() -> None:
    sampler = Sampler({"test": [reading()] * 40}, {"test": Source(40, negative=0.3)})
    pairs = [pair for pair in sampler.epoch(1) if pair.answer is not None]
    assert pairs
    assert {pair.text[slice(*pair.answer)] for pair in pairs if pair.answer} == {"Karel Maes"}


def test_lookalikes_ranks_by_rare_words() -> None:
    texts = ["de stuurgroep vergadert", "de stuurgroep evalueert in Gent", "het budget daalt"]
    assert Lookalikes(texts).find("evaluatie stuurgroep Gent", 1) == [texts[1]]
