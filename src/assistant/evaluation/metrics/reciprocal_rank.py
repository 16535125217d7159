"""Reciprocal rank; its mean over questions is MRR@k."""

from collections.abc import Sequence


def reciprocal_rank(ranks: Sequence[int | None], k: int = 10) -> float:
    """1 / the best rank, 0 when nothing is found among the first ``k``."""
    return max((1 / rank for rank in ranks if rank is not None and rank <= k), default=0.0)
