"""The pyramid and the scores, for all customers at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.rules import Rules


@dataclass(frozen=True, slots=True)
class Figures:
    """One customer's sums over the window at the end, and what else decides the tier."""

    revenue: int
    profit: int
    unknown_profit: int
    frequency: int
    lifetime_orders: int
    recency_days: int | None
    has_contact: bool
    is_disqualified: bool

    @property
    def is_active(self) -> bool:
        return self.frequency >= 1


def top_bits(value: int) -> int:
    """A value with all but its 12 most significant bits cleared; values up to 0 as 0."""
    if value <= 0:
        return 0
    cut = max(value.bit_length() - 12, 0)
    return value >> cut << cut


def rank_value(figures: Figures, rules: Rules) -> int:
    """What the pyramid ranks by, at 12 significant bits."""
    if rules.rank_by == "revenue":
        return top_bits(figures.revenue)
    if rules.rank_by == "profit":
        return top_bits(figures.profit)
    weights = rules.blend
    blended = (
        weights["revenue"] * figures.revenue
        + weights["profit"] * figures.profit
        + weights["frequency"] * figures.frequency * 100
    )
    return top_bits(round(blended))


class Ranking:
    """Where each active customer stands among all active customers."""

    def __init__(self, everyone: Mapping[str, Figures], rules: Rules) -> None:
        active = [figures for figures in everyone.values() if figures.is_active]
        self._rules = rules
        self._ranks = sorted(rank_value(figures, rules) for figures in active)
        self._revenues = sorted(top_bits(figures.revenue) for figures in active)
        self._frequencies = sorted(top_bits(figures.frequency) for figures in active)

    def share(self, figures: Figures) -> Fraction:
        """above / n."""
        n = len(self._ranks)
        return Fraction(n - bisect_right(self._ranks, rank_value(figures, self._rules)), n)

    def tier(self, figures: Figures) -> str:
        """The tier by the rule, without damping."""
        if figures.is_active:
            share = self.share(figures)
            return next((tier for tier, limit in self._rules.shares if share < limit), "small")
        if figures.is_disqualified:
            return "other"
        if figures.lifetime_orders >= 1:
            return "inactive"
        return "prospect" if figures.has_contact else "suspect"

    def rfm(self, figures: Figures) -> str | None:
        """The cell; None when no order stands."""
        if figures.recency_days is None:
            return None
        f = m = 1
        if figures.is_active:
            f = self._fifth(self._frequencies, figures.frequency)
            m = self._fifth(self._revenues, figures.revenue)
        return f"{self._recency_score(figures.recency_days)}{f}{m}"

    def _recency_score(self, recency_days: int) -> int:
        scores = zip(self._rules.recency_bands, (5, 4, 3, 2), strict=True)
        return next((score for band, score in scores if recency_days <= band), 1)

    def _fifth(self, ranked: list[int], value: int) -> int:
        below = bisect_left(ranked, top_bits(value))
        return 1 + 5 * below // len(ranked)
