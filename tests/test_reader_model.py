"""The reader's network: one contract for the bundled model and for Hugging Face models."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from assistant.embedding import bundled_model
from assistant.hf_reader import HuggingFaceReaderModel
from assistant.reader_model import (
    LONGEST_INPUT,
    MODEL_FILE,
    MODEL_FOLDER,
    MODEL_SHA256,
    HeadedText,
    ModelError,
    ReaderModel,
    ReadText,
    bundled_reader_model,
    verified,
)

QUESTION = "Wie is de voorzitter van de stuurgroep?"
HEADING = "Overeenkomst tussen A en B. Artikel 3"
BODY = "De stuurgroep telt zes leden. Voorzitter is Ann Peeters. Zij vergadert elke maand."
TEXT = HeadedText(HEADING, BODY)
OTHER = HeadedText("Nota", "De opzegtermijn is zes maanden.")
LONG = HeadedText(HEADING, " ".join(f"Lid {n} van de raad heet Jan {n}." for n in range(300)))


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder as `save_pretrained` writes it: real architecture and tokenizer, random weights."""
    folder = tmp_path_factory.mktemp("model")
    config = BertConfig(
        vocab_size=250_037, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, type_vocab_size=2,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=bundled_model().tokenizer,
        bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
    ).save_pretrained(folder)  # fmt: skip
    return str(folder)


@pytest.fixture(scope="module", params=["bundled", "hugging face"])
def model(request: pytest.FixtureRequest, untrained: str) -> ReaderModel:
    is_bundled = request.param == "bundled"
    return bundled_reader_model() if is_bundled else HuggingFaceReaderModel(untrained)


def sentence_texts(read: ReadText, text: HeadedText) -> list[str]:
    return [text.body[s.start : s.end] for s in read.sentences]


def test_every_text_is_read_in_its_sentences(model: ReaderModel) -> None:
    first, second = model.read(QUESTION, [TEXT, OTHER])
    assert sentence_texts(first, TEXT) == [
        "De stuurgroep telt zes leden.",
        "Voorzitter is Ann Peeters.",
        "Zij vergadert elke maand.",
    ]
    assert sentence_texts(second, OTHER) == [OTHER.body]


def test_a_short_answer_lies_in_its_sentence_and_not_in_the_heading(model: ReaderModel) -> None:
    for read in model.read(QUESTION, [TEXT, OTHER, LONG]):
        for sentence in read.sentences:
            assert sentence.start <= sentence.span_start < sentence.span_end <= sentence.end
            assert 0 <= sentence.span <= 1


def test_all_of_a_text_longer_than_a_window_is_read(model: ReaderModel) -> None:
    (read,) = model.read(QUESTION, [LONG])
    assert len(read.sentences) == 300
    assert len(LONG.body) > 4 * LONGEST_INPUT


def test_the_other_texts_of_a_call_hardly_change_what_is_read(model: ReaderModel) -> None:
    """They share one int8 scale of the activations, so the logits move a little."""
    (alone,) = model.read(QUESTION, [TEXT])
    among = model.read(QUESTION, [LONG, TEXT, OTHER])[1]
    assert among.answerable == pytest.approx(alone.answerable, abs=0.5)
    for one, other in zip(alone.sentences, among.sentences, strict=True):
        assert one.evidence == pytest.approx(other.evidence, abs=0.5)


def test_a_question_longer_than_its_share_is_cut(model: ReaderModel) -> None:
    (read,) = model.read("waarom " * 280, [TEXT])
    assert len(read.sentences) == 3


@pytest.mark.parametrize("body", ["", "   ", "\n"])
def test_an_empty_text_has_no_sentences(body: str, model: ReaderModel) -> None:
    (read,) = model.read(QUESTION, [HeadedText(HEADING, body)])
    assert read.sentences == ()


def test_nothing_to_read_is_nothing_read(model: ReaderModel) -> None:
    assert model.read(QUESTION, []) == []


def test_odd_characters_do_not_shift_the_spans(model: ReaderModel) -> None:
    body = "Ma\u0301xime ﬁnanciert 😀😀 en ½ van \u200bGent. Ann is lid."
    (read,) = model.read(QUESTION, [HeadedText("", body)])
    assert [body[s.start : s.end] for s in read.sentences][-1] == "Ann is lid."


def test_eight_threads_read_the_same(model: ReaderModel) -> None:
    expected = model.read(QUESTION, [TEXT])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: model.read(QUESTION, [TEXT]), range(24)))
    for read in found:
        scores = [s.evidence for s in read[0].sentences]
        assert np.allclose(scores, [s.evidence for s in expected[0].sentences], atol=1e-3)


def test_the_bundled_model_finds_who(tmp_path: Path) -> None:
    first, second = bundled_reader_model().read(QUESTION, [TEXT, OTHER])
    best = max(first.sentences, key=lambda s: s.evidence)
    assert BODY[best.span_start : best.span_end].endswith("Ann Peeters")
    assert first.answerable > second.answerable


def test_the_model_file_is_the_released_one() -> None:
    content = verified(MODEL_FOLDER / MODEL_FILE, MODEL_SHA256)
    assert len(content) < 45_000_000


def test_a_damaged_or_missing_model_file_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / MODEL_FILE
    damaged.write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"damaged.*git checkout"):
        verified(damaged, MODEL_SHA256)
    with pytest.raises(ModelError, match="cannot be read"):
        verified(tmp_path / "none.onnx", MODEL_SHA256)
