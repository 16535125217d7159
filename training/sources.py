"""All readings of a run by source."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from training.agreements import Agreements
from training.dekamer import load_dekamer
from training.handwritten import load_contexts, load_handwritten
from training.invented import load_invented
from training.paths import OWN_DATA, Paths
from training.readings import Reading
from training.squad import held_out, load_squad

FAMILIES = 150
"""Families of sibling documents that the templates make, about 70 questions each."""


@dataclass(frozen=True, slots=True)
class Data:
    """What a run trains on, and the Dutch questions that it is validated with.

    ``texts`` are the dekamer answers that may serve as lookalikes.
    """

    train: dict[str, list[Reading]]
    validation: list[Reading]
    texts: Sequence[str]


def load_data(paths: Paths, train_parts: Sequence[str], validation_parts: Sequence[str]) -> Data:
    """All sources; hand-written parts that validate are kept out of every other source.

    Raises ``OSError`` when a file is missing, ``ValueError`` when the hand-written questions are
    over another corpus.
    """
    closed = load_contexts(OWN_DATA, validation_parts, paths.dekamer)
    dekamer = load_dekamer(paths.dekamer, paths.vectors, closed)
    train: dict[str, list[Reading]] = defaultdict(list)
    for reading in load_squad(paths.reader):
        if not held_out(reading):
            train[reading.source].append(reading)
    train["agreements"] = Agreements(seed=1).readings(FAMILIES)
    train["dekamer"] = list(dekamer.train)
    train["handwritten"] = load_handwritten(OWN_DATA, train_parts, paths.dekamer)
    train["invented"] = load_invented(OWN_DATA)
    validation = load_handwritten(OWN_DATA, validation_parts, paths.dekamer)
    return Data(dict(train), validation, dekamer.texts)
