"""RFM: recency by bands of days, frequency and monetary by fifths of the active customers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from streams.domain.pyramid import NOWHERE

_FIFTHS = (1, 2, 3, 4)


def recency_score(recency_days: int, bands: Sequence[int]) -> int:
    """5 for the newest band down to 1: <= 7, <= 30, <= 60, <= 120 days, else 1."""
    return 5 - bisect_left(bands, recency_days)


def fifth_score(code: int, cuts: Sequence[int]) -> int:
    """1 + floor(5 * below / n), by the cut points of `score_cuts`."""
    return 1 + bisect_right(cuts, code)


def score_cuts(counts: Sequence[tuple[int, int]]) -> list[int]:
    """The smallest code with 5 * below >= k * n, for k = 1 to 4; NOWHERE where there is none.

    `counts`: (code, customers) in rising order of code.
    """
    total = sum(customers for _, customers in counts)
    cuts = [NOWHERE] * 4
    below = 0
    for code, customers in counts:
        for k in _FIFTHS:
            if cuts[k - 1] == NOWHERE and 5 * below >= k * total:
                cuts[k - 1] = code
        below += customers
    return cuts
