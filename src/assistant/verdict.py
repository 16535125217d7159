"""Whether one sentence answers a yes/no question with "ja".

A second upper half of the reader's network, trained for this alone (see the model card), reads the
question with the sentence and its heading: what the user is shown must settle the question by
itself. Its "nee" is too often wrong to be used; ``dutch.negation`` decides there.
"""

from functools import lru_cache
from typing import Protocol

from assistant.embedding import open_session
from assistant.reader_model import MODEL_FOLDER, BundledReaderModel, bundled_reader_model, verified

VERDICT_FILE = "verdict.onnx"
VERDICT_SHA256 = "7920617d6b2c9d2e296d1d495e7eccc5db81929a9cb25341c5257f636f8c9e77"

SURE_YES = 0.85
"""Probability from which "ja" is said: 17 of the 450 held-out invented questions pass, 16 of them
rightly and one where "nee" is right. They are hard: most sentences have a question a verdict.
"""

_YES = 0


class YesModel(Protocol):
    """Judges yes/no questions. Thread safe."""

    def says_yes(self, question: str, heading: str, sentence: str) -> bool:
        """Whether the sentence under its heading surely answers the question with "ja"."""
        ...


class BundledYesModel:
    """The network that ships with the package, on top of the bundled reader's lower layers.

    Raises ``reader_model.ModelError``.
    """

    def __init__(self, reader: BundledReaderModel) -> None:
        self._reader = reader
        self._session = open_session(verified(MODEL_FOLDER / VERDICT_FILE, VERDICT_SHA256), {})

    def probability(self, question: str, heading: str, sentence: str) -> float:
        """The probability of "ja"."""
        states, mask = self._reader.states(question, f"{heading}\n{sentence}")
        (chances,) = self._session.run(["verdict"], {"states": states, "attention_mask": mask})
        return float(chances[0, _YES])

    def says_yes(self, question: str, heading: str, sentence: str) -> bool:
        """See ``YesModel.says_yes``."""
        return self.probability(question, heading, sentence) >= SURE_YES


@lru_cache(maxsize=1)
def bundled_yes_model() -> BundledYesModel:
    """The bundled network, loaded once a process. Raises ``reader_model.ModelError``."""
    return BundledYesModel(bundled_reader_model())
