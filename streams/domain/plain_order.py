"""The common case made short: one more order, today, by a customer who is active and not silent.

What `decide_on_event` would decide, without a look at the customer's days; a test holds the two
together. It is what most orders are.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from streams.domain.customer import NO_DAY, Churn, Customer
from streams.domain.decide import TierChanged
from streams.domain.pyramid import EXACT, rank_code, tier_by_rule
from streams.domain.scene import Scene

_R5 = 511  # ordered today: R is 5; F and M are added to it


class PlainOrder(NamedTuple):
    """What a placed order adds to its day, in minor units of the base currency. `newer`: no other
    order that stands is of its day or a later one."""

    day: int
    revenue: int
    profit: int
    newer: bool


def decide_on_plain_order(
    customer: Customer, order: PlainOrder, today: int, at_us: int, scene: Scene
) -> list[TierChanged] | None:
    """What is said at an order on the day `today` that was folded in; None (and nothing is
    changed): the case is not so simple, and `decide_on_event` has to look.

    Nobody who is due later than today has had a day leave the window since the last look, so the
    figures of that look and the order make the new ones. Whatever falls due next does so no
    earlier than before, or than the first day on which an order of today can matter.
    """
    frequency = customer.frequency + 1
    days = customer.days
    if (
        frequency < 2
        or customer.stage
        or customer.due <= today
        or not customer.rfm
        or order.day != today
        or not days
        or days[-1].day != today
        or days[-1].orders < 1
        or not scene.plain
    ):
        return None
    revenue = customer.revenue + order.revenue
    code = rank_code(revenue)
    borders = scene.borders
    tier, before = tier_by_rule(code, borders), customer.tier
    if tier > before or not _alerts_stay(customer.churn, tier, order, at_us, scene):
        return None
    customer.revenue = customer.rank = revenue
    customer.profit += order.profit
    customer.frequency = frequency
    customer.tier = tier
    customer.due = min(customer.due, today + scene.quiet_days)
    f = frequency if frequency < EXACT else rank_code(frequency)
    customer.rfm = (
        _R5
        + 10 * bisect_right(borders.frequency_cuts, f)
        + bisect_right(borders.monetary_cuts, code)
    )
    if tier == before:
        return []
    return [TierChanged(before, tier, "order" if order.revenue else "overtaken", 0)]


def _alerts_stay(
    churn: Churn | None, tier: int, order: PlainOrder, at_us: int, scene: Scene
) -> bool:
    """Whether no reason for an alert holds or begins to, and what is remembered is up to date:
    one more order makes no reason begin."""
    lowest = scene.rules.churn.lowest_tier
    if churn is None:
        return tier > lowest
    if (
        tier > lowest
        or churn.best_tier > lowest
        or churn.stage
        or churn.held_back
        or churn.revenue_drop
        or churn.severe
        or churn.overdue
    ):
        return False
    if order.newer or tier < churn.best_tier:
        churn.best_tier = tier
    if churn.severity and at_us >= churn.until_us:
        churn.severity, churn.until_us = 0, NO_DAY
    return True
