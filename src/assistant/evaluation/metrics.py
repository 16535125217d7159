"""Pure metrics. Ranks count from 1; ``None`` means not found."""

import math
import re
from collections.abc import Mapping, Sequence

from assistant.dutch.folding import fold
from assistant.dutch.mentions import MONTHS

_SPOKEN = (
    "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien "
    "zestien zeventien achttien negentien twintig"
).split()
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_SPOKEN) if number > 1}
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")


def canonical(text: str) -> str:
    """Text for comparing facts: folded, one kind of space, date and number in one spelling."""
    folded = _NUMERIC_DATE.sub(_spell_date, re.sub(r"\s+", " ", fold(text)))
    return re.sub(r"[a-z]+", lambda match: _NUMBER_WORDS.get(match[0], match[0]), folded)


def _spell_date(match: re.Match[str]) -> str:
    day, month, year = int(match[1]), int(match[2]), match[3]
    return f"{day} {MONTHS[month - 1]} {year}" if 1 <= month <= 12 else match[0]


def facts_found(facts: Sequence[Sequence[str]], texts: Sequence[str]) -> list[bool]:
    """For every nugget whether one of its spellings stands, as whole words, in one of ``texts``."""
    haystack = [canonical(text) for text in texts]
    return [any(_stands_in(canonical(s), h) for s in nugget for h in haystack) for nugget in facts]


def _stands_in(phrase: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


def recall_at(ranks: Sequence[int | None], k: int) -> float:
    """Share of questions whose right passage is among the first ``k``."""
    return _mean([rank is not None and rank <= k for rank in ranks])


def mean_reciprocal_rank(ranks: Sequence[int | None], k: int = 10) -> float:
    """MRR@k: mean of 1 / rank, 0 beyond ``k``."""
    return _mean([1 / rank if rank is not None and rank <= k else 0.0 for rank in ranks])


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], k: int = 10) -> float:
    """nDCG@k with gain 2^grade - 1 (Järvelin and Kekäläinen 2002; as in trec_eval's ndcg_cut)."""
    gains = [2 ** relevant.get(key, 0) - 1 for key in ranking[:k]]
    ideal = [2**grade - 1 for grade in sorted(relevant.values(), reverse=True)[:k]]
    best = _discounted(ideal)
    return _discounted(gains) / best if best else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie, by nearest rank."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
