"""RFM: the cut points of frequency and monetary, by fifths of the active customers.

A score is 1 + floor(5 * below / n), which is 1 + the number of cut points not above the value.
Recency goes by bands of days. `assess` puts the three together.
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.domain.pyramid import NOWHERE

_FIFTHS = (1, 2, 3, 4)


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
