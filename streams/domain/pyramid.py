"""The revenue pyramid: rank values at 12 significant bits, borders, and who stands where.

Source of the rule: above / n < 1 %, 5 %, 20 %, where `above` counts the active customers with a
strictly greater rank value. Kept as counts per rank value, the tier is a threshold: the *border*
of a tier is the smallest rank value among the customers that the rule puts in it or higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from streams.domain.customer import SUM_LIMIT
from streams.domain.rules import Rules

TIERS = ("super", "large", "medium", "small", "inactive", "prospect", "suspect", "other")
SUPER, LARGE, MEDIUM, SMALL, INACTIVE, PROSPECT, SUSPECT, OTHER = range(8)

_BITS = 12
EXACT = 1 << _BITS  # smaller values are their own codes
NOWHERE = 1 << 62  # a border that nobody reaches


def rank_code(value: int) -> int:
    """A dense number that orders values as their top 12 bits do; values <= 0 are 0.

    >>> rank_code(4095), rank_code(4096), rank_code(4097), rank_code(4098)
    (4095, 4096, 4096, 4097)
    """
    if value < EXACT:
        return value if value > 0 else 0
    shift = value.bit_length() - _BITS
    return (shift << (_BITS - 1)) + (value >> shift)


def rank_value(code: int) -> int:
    """The value, with all but its top 12 bits cleared, that has this code."""
    if code < EXACT:
        return code
    shift = (code - (1 << (_BITS - 1))) >> (_BITS - 1)
    return (code - (shift << (_BITS - 1))) << shift


def rank_of(rules: Rules, revenue: int, profit: int, frequency: int) -> int:
    """The value by which the rules rank a customer: money in minor units."""
    if rules.rank_by == "revenue":
        return revenue
    if rules.rank_by == "profit":
        return profit
    blend = (
        Fraction(rules.blend_revenue) * revenue
        + Fraction(rules.blend_profit) * profit
        + Fraction(rules.blend_frequency) * frequency * 100
    )
    return max(-SUM_LIMIT, min(round(blend), SUM_LIMIT))  # a rank value is kept in 64 bits


@dataclass(frozen=True, slots=True)
class Borders:
    """Thresholds as codes: a customer is in a tier or higher from its border on.

    `falls`: below this code the margin no longer keeps a customer in the tier.
    `frequency_cuts`, `monetary_cuts`: from the k-th on the score is at least k + 2.
    """

    version: int
    tiers: tuple[int, int, int]
    falls: tuple[int, int, int]
    frequency_cuts: tuple[int, ...]
    monetary_cuts: tuple[int, ...]


NO_BORDERS = Borders(0, (NOWHERE,) * 3, (NOWHERE,) * 3, (NOWHERE,) * 4, (NOWHERE,) * 4)


def tier_borders(counts: Sequence[tuple[int, int]], shares: Iterable[Decimal]) -> list[int]:
    """The border (as a code) of each share, from (code, customers) in rising order of code."""
    total = sum(customers for _, customers in counts)
    borders = []
    for share in shares:
        limit = ceil(Fraction(share) * total)  # whole: customers are
        above, border = 0, NOWHERE
        for code, customers in reversed(counts):
            if above >= limit:
                break
            border = code
            above += customers
        borders.append(border)
    return borders


def fall_border(border: int, margin: Decimal) -> int:
    """The smallest code whose value is not more than `margin` under the border's value."""
    if border == NOWHERE or margin == 0:
        return border
    least = Fraction(rank_value(border)) * (1 - Fraction(margin))
    code = rank_code(int(least))
    return code if rank_value(code) >= least else code + 1


def tier_by_rule(code: int, borders: Borders) -> int:
    """The tier of an active customer with this rank code, without damping."""
    top, large, medium = borders.tiers
    if code >= top:
        return SUPER
    if code >= large:
        return LARGE
    return MEDIUM if code >= medium else SMALL


def damped_tier(
    code: int, held: int, under: list[int], today: int, borders: Borders, rules: Rules
) -> int:
    """The tier of an active customer who holds `held`, with damping.

    A fall goes to the highest tier whose own condition keeps the customer. `under`: see
    `_mark_under`; it is brought up to date here, where the rules give days of grace.
    """
    by_rule = tier_by_rule(code, borders)
    grace = rules.demotion_grace_days
    if grace:
        _mark_under(under, code, held, today, borders)
    elif by_rule <= held:
        return by_rule
    margin = rules.demotion_margin
    for tier in range(held, by_rule):
        fell = code < borders.falls[tier] if margin else not grace
        if not fell and not (grace and today - under[tier] >= grace):
            return tier
    return by_rule


def _mark_under(under: list[int], code: int, held: int, today: int, borders: Borders) -> None:
    """`under[t]`: the day since which a customer in tier t or higher has been under its border,
    or -1."""
    for tier in (SUPER, LARGE, MEDIUM):
        if tier < held or code >= borders.tiers[tier]:
            under[tier] = -1
        elif under[tier] < 0:
            under[tier] = today
