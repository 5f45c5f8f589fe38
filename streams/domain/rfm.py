"""RFM: the cut points of frequency and monetary, by fifths of the active customers.

A score is 1 + floor(5 * below / n), which is 1 + the number of cut points not above the value.
Recency goes by bands of days. `assess` puts the three together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from streams.domain.pyramid import NOWHERE

_FIFTHS = (1, 2, 3, 4)


def score_cuts(counts: Sequence[tuple[int, int]]) -> list[int]:
    """The smallest code with 5 * below >= k * n, for k = 1 to 4; NOWHERE where there is none.

    `counts`: (code, customers) in rising order of code.
    """
    below = [0, *accumulate(customers for _, customers in counts)]
    total = below[-1]
    firsts = [bisect_left(below, -(-k * total // 5)) for k in _FIFTHS]
    return [counts[first][0] if first < len(counts) else NOWHERE for first in firsts]
