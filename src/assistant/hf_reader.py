"""Any Hugging Face extractive question-answering model as the reader's network."""

from collections.abc import Sequence

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedTokenizerFast

from assistant.reader_model import (
    LONGEST_QUESTION,
    STRIDE,
    Floats,
    TokenScores,
    Window,
    WindowModel,
)

LONGEST_INPUT = 384
"""Tokens of question and text together; what models trained on SQuAD saw."""

_LEAST = 1e-6


class HuggingFaceReaderModel(WindowModel):
    """A model with start and end scores, whose first token stands for "no answer".

    Such models know spans only. The probability that the answer starts in a sentence is its
    evidence; that it starts anywhere but at the first token makes a text answerable.
    """

    def __init__(self, name: str) -> None:
        """Load a model by name or folder. Raises ``OSError`` or ``ValueError`` when it cannot."""
        super().__init__()
        try:
            tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True)
            model, loading = AutoModelForQuestionAnswering.from_pretrained(
                name, output_loading_info=True
            )
        except (OSError, ValueError):
            raise
        except Exception as error:  # damaged files make the libraries raise nearly any type
            raise ValueError(f"its files are damaged ({type(error).__name__}: {error})") from error
        if loading["missing_keys"]:
            raise ValueError("it has no trained question-answering head")
        if not isinstance(tokenizer, PreTrainedTokenizerFast):
            raise ValueError("its tokenizer has no fast version, which offsets need")
        self._tokenizer = tokenizer
        self._model = model.eval()

    def windows(self, question: str, text: str) -> list[Window]:
        """See ``WindowModel.windows``."""
        asked = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
        read = asked["offset_mapping"][:LONGEST_QUESTION]
        encoded = self._tokenizer(
            question[: read[-1][1] if read else 0],
            text,
            truncation="only_second",
            max_length=min(LONGEST_INPUT, self._tokenizer.model_max_length),
            stride=STRIDE,
            return_overflowing_tokens=True,
        )
        return [
            Window(
                ids=encoding.ids,
                places=[
                    place if part == 1 else None
                    for place, part in zip(encoding.offsets, encoding.sequence_ids, strict=True)
                ],
            )
            for encoding in encoded.encodings or []
        ]

    def score(self, windows: Sequence[Window]) -> list[TokenScores]:
        """See ``WindowModel.score``."""
        batch = self._tokenizer.pad(
            {"input_ids": [window.ids for window in windows]}, return_tensors="pt"
        )
        with torch.inference_mode():
            output = self._model(**batch)
        return [
            _token_scores(start[: len(window.ids)], end[: len(window.ids)])
            for window, start, end in zip(
                windows, output.start_logits.numpy(), output.end_logits.numpy(), strict=True
            )
        ]

    def pool(self, evidence: Floats) -> float:
        """The logit of the summed probabilities that the answer starts at these tokens."""
        return _logit(float(evidence.sum()))


def _token_scores(start: Floats, end: Floats) -> TokenScores:
    chances = np.exp(start - start.max())
    chances /= chances.sum()
    return TokenScores(start, end, evidence=chances, answerable=_logit(1 - float(chances[0])))


def _logit(chance: float) -> float:
    bounded = min(max(chance, _LEAST), 1 - _LEAST)
    return float(np.log(bounded / (1 - bounded)))
