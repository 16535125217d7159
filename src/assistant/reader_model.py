"""The network of the reader: a question and texts to sentence evidence, answerability and spans.

``ReaderModel`` is the interface. ``BundledReaderModel`` is the trained reader that ships with the
package (see its model card); ``assistant.hf_reader`` puts any Hugging Face extractive
question-answering model behind the same interface.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from assistant.dutch.sentences import sentences
from assistant.embedding import bundled_model, open_session, pad

LONGEST_INPUT = 256
"""Tokens of question, heading and text together, as in training; longer texts go in windows."""

STRIDE = 64
"""Tokens that two windows of one text share."""

LONGEST_QUESTION = 80
"""Tokens of a question that are read; the rest of a longer one is left out."""

LONGEST_SPAN = 30
"""Tokens of a short answer."""

BATCH_TOKENS = 1024
"""Tokens, padding included, that go through the network at once."""

CACHED_READINGS = 256
"""Questions whose passages are kept as read: people try again, evaluation looks behind refusals."""

MODEL_FOLDER = Path(__file__).parent / "model"
MODEL_FILE = "reader.onnx"
MODEL_SHA256 = "926cfccf3596b6a7704ecb09033d805a220f684bc01eb88ee87051f6c8aa2c43"

_REPAIR = "reinstall the package, or in a clone run `git checkout` on the file."
_OUTPUTS = ("start", "end", "evidence", "answerable")
_BOS_ID, _EOS_ID = 0, 2

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]


class ModelError(Exception):
    """The bundled model is missing or damaged; the message says what to do."""


@dataclass(frozen=True, slots=True)
class HeadedText:
    """What is read: ``body`` with the heading that says what it belongs to."""

    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence ``[start, end)`` of a body.

    ``evidence`` is the logit that it proves the answer. ``[span_start, span_end)`` is the likeliest
    short answer in it, of probability ``span``.
    """

    start: int
    end: int
    evidence: float
    span_start: int
    span_end: int
    span: float


@dataclass(frozen=True, slots=True)
class ReadText:
    """One text as read; ``answerable`` is the logit that it answers the question."""

    answerable: float
    sentences: tuple[ReadSentence, ...]


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Logits of the tokens of one window (padding may follow), and of the window as a whole.

    What ``evidence`` holds is the model's affair: see ``WindowModel.pool``.
    """

    start: Floats
    end: Floats
    evidence: Floats
    answerable: float


class ReaderModel(Protocol):
    """Reads texts for one question. Loading takes seconds; thread safe."""

    def read(self, question: str, texts: Sequence[HeadedText]) -> list[ReadText]:
        """One ``ReadText`` a text, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """Question and (part of) a text as tokens; ``places`` holds, per token, its characters of the
    text, or ``None`` for a token of the question or between the two.
    """

    ids: list[int]
    places: list[tuple[int, int] | None]


class WindowModel:
    """A model that sees a limited number of tokens: cuts texts in windows and joins its scores.

    A subclass tells how text becomes tokens (``windows``) and tokens become scores (``score``).
    """

    def __init__(self) -> None:
        self._cached = lru_cache(CACHED_READINGS)(self._read)

    def windows(self, question: str, text: str) -> list[Window]:
        """The windows of a question with a text."""
        raise NotImplementedError

    def score(self, windows: Sequence[Window]) -> list[TokenScores]:
        """The scores of windows that go through the network together."""
        raise NotImplementedError

    def pool(self, evidence: Floats) -> float:
        """The evidence logit of a sentence, from the ``TokenScores.evidence`` of its tokens."""
        return float(evidence.mean())

    def read(self, question: str, texts: Sequence[HeadedText]) -> list[ReadText]:
        """See ``ReaderModel.read``; what was read lately is not read again."""
        return list(self._cached(question, tuple(texts)))

    def _read(self, question: str, texts: tuple[HeadedText, ...]) -> tuple[ReadText, ...]:
        groups = [self.windows(question, f"{text.heading}\n{text.body}") for text in texts]
        windows = [window for group in groups for window in group]
        scores: dict[int, TokenScores] = {}
        for batch in _batches([len(window.ids) for window in windows]):
            scored = self.score([windows[number] for number in batch])
            scores.update(zip(batch, scored, strict=True))
        numbers = iter(range(len(windows)))
        return tuple(
            self._read_text(text, [(window, scores[next(numbers)]) for window in group])
            for text, group in zip(texts, groups, strict=True)
        )

    def _read_text(
        self, text: HeadedText, windows: Sequence[tuple[Window, TokenScores]]
    ) -> ReadText:
        tokens = _joined(windows, skipped=len(text.heading) + 1)
        answerable = max(scores.answerable for _, scores in windows)
        if not tokens.spans:
            return ReadText(answerable, ())
        starts, ends = _log_softmax(tokens.start), _log_softmax(tokens.end)
        read = []
        for start, end in sentences(text.body):
            inside = [i for i, span in enumerate(tokens.spans) if start < span[1] and span[0] < end]
            if inside:
                first, here = inside[0], slice(inside[0], inside[-1] + 1)
                (opening, closing), chance = _best_span(starts[here], ends[here])
                read.append(
                    ReadSentence(
                        start,
                        end,
                        evidence=self.pool(tokens.evidence[here]),
                        span_start=max(start, tokens.spans[first + opening][0]),
                        span_end=min(end, tokens.spans[first + closing][1]),
                        span=chance,
                    )
                )
        return ReadText(answerable, tuple(read))


class BundledReaderModel(WindowModel):
    """The trained reader on onnxruntime; tokenizer and embeddings are those of the bundled e5.

    Raises ``ModelError``.
    """

    def __init__(self) -> None:
        super().__init__()
        shared = bundled_model()
        self._tokenizer = shared.tokenizer
        self._embeddings = shared.embeddings
        model = verified(MODEL_FOLDER / MODEL_FILE, MODEL_SHA256)
        self._session = open_session(model, self._embeddings)

    def windows(self, question: str, text: str) -> list[Window]:
        """``<s> question </s></s> text </s>``, see ``WindowModel.windows``."""
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:LONGEST_QUESTION]
        opening = [_BOS_ID, *asked, _EOS_ID, _EOS_ID]
        read = self._tokenizer.encode(text, add_special_tokens=False)
        room = LONGEST_INPUT - len(opening) - 1
        return [
            Window(
                ids=[*opening, *read.ids[start : start + room], _EOS_ID],
                places=[*[None] * len(opening), *read.offsets[start : start + room], None],
            )
            for start in range(0, max(1, len(read.ids) - STRIDE), room - STRIDE)
        ]

    def score(self, windows: Sequence[Window]) -> list[TokenScores]:
        """See ``WindowModel.score``."""
        ids, mask = pad([window.ids for window in windows])
        start, end, evidence, answerable = self._session.run(
            list(_OUTPUTS), {"input_ids": ids, "attention_mask": mask}
        )
        return [
            TokenScores(start[row], end[row], evidence[row], float(answerable[row]))
            for row in range(len(windows))
        ]

    def states(self, question: str, text: str) -> tuple[Floats, Ids]:
        """What the lower half of the network makes of a question with a short text, and its mask.

        Of a text that is longer than a window only the first window is read.
        """
        ids, mask = pad([self.windows(question, text)[0].ids])
        (states,) = self._session.run(["states"], {"input_ids": ids, "attention_mask": mask})
        return states, mask


@lru_cache(maxsize=1)
def bundled_reader_model() -> BundledReaderModel:
    """The bundled model, loaded once a process. Raises ``ModelError``."""
    return BundledReaderModel()


def verified(path: Path, sha256: str) -> bytes:
    """The content of a model file. Raises ``ModelError`` unless it has this SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); {_REPAIR}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise ModelError(f"{path} is damaged: its SHA-256 is {digest}, not {sha256}; {_REPAIR}")
    return content


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of windows of like length, at most ``BATCH_TOKENS`` a batch."""
    batch: list[int] = []
    for number in np.argsort(lengths, kind="stable").tolist():
        if batch and (len(batch) + 1) * lengths[number] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens of a body, each as scored in the window that shows most around it."""

    spans: list[tuple[int, int]]
    start: Floats
    end: Floats
    evidence: Floats


def _joined(windows: Sequence[tuple[Window, TokenScores]], skipped: int) -> _Tokens:
    """Tokens beyond the first ``skipped`` characters of the text, by place."""
    best: dict[tuple[int, int], tuple[int, TokenScores, int]] = {}
    for window, scores in windows:
        for at, place in enumerate(window.places):
            if place and place[0] >= skipped and place[1] > place[0]:
                room = min(at, len(window.ids) - at)
                span = place[0] - skipped, place[1] - skipped
                if span not in best or room > best[span][0]:
                    best[span] = (room, scores, at)
    chosen = [best[span] for span in sorted(best)]
    return _Tokens(
        spans=sorted(best),
        start=np.array([scores.start[at] for _, scores, at in chosen], dtype=np.float32),
        end=np.array([scores.end[at] for _, scores, at in chosen], dtype=np.float32),
        evidence=np.array([scores.evidence[at] for _, scores, at in chosen], dtype=np.float32),
    )


def _best_span(starts: Floats, ends: Floats) -> tuple[tuple[int, int], float]:
    """First and last token of the likeliest span of at most ``LONGEST_SPAN`` tokens."""
    table = starts[:, None] + ends[None, :]
    size = len(starts)
    gap = np.arange(size)[None, :] - np.arange(size)[:, None]
    table = np.where((gap >= 0) & (gap < LONGEST_SPAN), table, -np.inf)
    first, last = divmod(int(table.argmax()), size)
    return (first, last), float(np.exp(table[first, last]))


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max()
    normalised: Floats = shifted - np.log(np.exp(shifted).sum())
    return normalised
