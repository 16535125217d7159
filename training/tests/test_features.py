"""Labels stay on their tokens, and batches on their sentences."""

import torch
from tokenizers import Tokenizer

from training.features import batches, collate, encode, pool_sentences
from training.readings import Pair

PAIR = Pair("test", "Wie?", "Karel Maes", "Het is Karel Maes.", True, ((0, 18),), (7, 17))
TWO = Pair("test", "Wie?", "", "Een zin. Nog een zin.", False, (), None)


def test_encode_never_labels_the_heading(tokenizer: Tokenizer) -> None:
    features = encode(tokenizer, PAIR)
    start, end = features.offsets[features.start][0], features.offsets[features.end][1]
    assert PAIR.text[start:end].strip(" .") == "Karel Maes"
    assert features.labels == [1]


def test_an_answer_beyond_the_longest_input_is_left_out(tokenizer: Tokenizer) -> None:
    text = "woord " * 300 + "Karel Maes."
    pair = Pair("test", "Wie?", "", text, True, ((0, len(text)),), (1800, 1810))
    features = encode(tokenizer, pair)
    assert (features.start, features.end, len(features.ids)) == (-1, -1, 256)


def test_pooling_takes_means_per_sentence(tokenizer: Tokenizer) -> None:
    batch = collate([encode(tokenizer, TWO)] * 2)
    pooled, sizes = pool_sentences(batch.sentences.float(), batch)
    assert pooled[1:].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert bool((sizes[1:] > 0).all())


def test_collate_pads_to_the_longest(tokenizer: Tokenizer) -> None:
    features = [encode(tokenizer, PAIR), encode(tokenizer, TWO)]
    batch = collate(features)
    assert batch.mask.sum(dim=1).tolist() == [len(f.ids) for f in features]
    assert torch.equal(batch.answerable, torch.tensor([1.0, 0.0]))


def test_batches_hold_every_feature_once(tokenizer: Tokenizer) -> None:
    features = [encode(tokenizer, PAIR), encode(tokenizer, TWO)] * 10
    groups = list(batches(features, 60, None))
    assert sorted(index for group in groups for index in group) == list(range(20))
    assert all(len(g) * max(len(features[i].ids) for i in g) <= 60 for g in groups)
