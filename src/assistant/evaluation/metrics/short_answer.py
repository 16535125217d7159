"""Exact match and token F1 of a short answer (Rajpurkar et al. 2016), with Dutch articles."""

import re
from collections import Counter
from collections.abc import Sequence

from assistant.evaluation.metrics.canonical import canonical

_ARTICLES = {"de", "het", "een", "'t", "'n"}


def _tokens(text: str) -> list[str]:
    return [word for word in re.findall(r"'[tn]\b|\w+", canonical(text)) if word not in _ARTICLES]


def exact_match(answer: str, accepted: Sequence[str]) -> bool:
    """Whether the answer equals an accepted spelling but for articles and punctuation."""
    return any(_tokens(answer) == _tokens(spelling) for spelling in accepted)


def token_f1(answer: str, accepted: Sequence[str]) -> float:
    """Harmonic mean of token precision and recall, against the spelling that fits best."""
    return max((_f1(_tokens(answer), _tokens(spelling)) for spelling in accepted), default=0.0)


def _f1(given: Sequence[str], expected: Sequence[str]) -> float:
    shared = sum((Counter(given) & Counter(expected)).values())
    return 2 * shared / (len(given) + len(expected)) if shared else 0.0
