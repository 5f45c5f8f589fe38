"""Where a customer stands on a day: figures of the window, tier, scores, stage, next due day."""

from __future__ import annotations

from typing import NamedTuple

from streams.domain import dormancy
from streams.domain.customer import NEVER, NO_DAY, UNKNOWN, Customer
from streams.domain.orders_fold import newest_order_day
from streams.domain.pyramid import (
    INACTIVE,
    OTHER,
    PROSPECT,
    SMALL,
    SUSPECT,
    Borders,
    damped_tier,
    rank_code,
    rank_of,
)
from streams.domain.rfm import fifth_score, recency_score
from streams.domain.rules import Rules


class Standing(NamedTuple):
    """Where a customer stands on a day. Money in minor units of the base currency."""

    revenue: int
    profit: int
    frequency: int
    rank: int
    tier: int
    rfm: int  # such as 545; 0: none
    recency_days: int | None
    stage: int
    due: int  # the next day on which time alone changes something; NEVER: none


def assess(customer: Customer, today: int, borders: Borders, rules: Rules) -> Standing:
    """The customer's standing on the day `today` (a day number)."""
    window = rules.window_days
    begin = today - window
    revenue = profit = frequency = 0
    leaves = NEVER
    for day in reversed(customer.days):
        if day.day <= begin:
            break
        revenue += day.revenue
        profit += day.profit
        frequency += day.orders
        leaves = day.day + window
    rank = rank_of(rules, revenue, profit, frequency) if frequency >= 1 else 0
    tier, due = _tier(customer, frequency, rank, today, borders, rules)
    if leaves < due:
        due = leaves
    newest = newest_order_day(customer) if customer.lifetime_orders >= 1 else NO_DAY
    if newest == NO_DAY:
        return Standing(revenue, profit, frequency, rank, tier, 0, None, dormancy.NONE, due)
    recency = today - newest
    rfm = rfm_of(recency, frequency, revenue, borders, rules)
    stage = dormancy.NONE
    gap = dormancy.usual_gap(customer.days, window)
    for begins, later in dormancy.stage_days(newest, gap, rules):
        if begins > today:
            due = min(due, begins)
            break
        stage = later
    due = min(due, _next_band(newest, recency, rules))
    return Standing(revenue, profit, frequency, rank, tier, rfm, recency, stage, due)


def tier_moves(customer: Customer, borders: Borders, rules: Rules) -> bool:
    """Whether borders alone may change the tier of someone active: a quick look before `assess`.

    With days of grace anyone under a border has to be looked at.
    """
    if rules.demotion_grace_days:
        return True
    code = rank_code(customer.rank)
    return damped_tier(code, customer.tier, customer.under, 0, borders, rules) != customer.tier


def scores_move(customer: Customer, borders: Borders) -> bool:
    """Whether the cut points alone change the F or M score of someone active."""
    f = fifth_score(rank_code(customer.frequency), borders.frequency_cuts)
    m = fifth_score(rank_code(customer.revenue), borders.monetary_cuts)
    return customer.rfm % 100 != 10 * f + m and customer.rfm != 0


def _tier(
    customer: Customer, frequency: int, rank: int, today: int, borders: Borders, rules: Rules
) -> tuple[int, int]:
    """The tier, and the day on which grace runs out (NEVER: it doesn't run)."""
    if frequency >= 1:
        held = customer.tier if customer.tier != UNKNOWN else SMALL
        under = customer.under
        tier = damped_tier(rank_code(rank), held, under, today, borders, rules)
        if not rules.demotion_grace_days:
            return tier, NEVER
        ends = [since + rules.demotion_grace_days for since in under if since >= 0]
        return tier, min((day for day in ends if day > today), default=NEVER)
    customer.under = [-1, -1, -1]
    if customer.disqualified:
        return OTHER, NEVER
    if customer.lifetime_orders >= 1:
        return INACTIVE, NEVER
    return (PROSPECT if customer.contacted else SUSPECT), NEVER


def rfm_of(recency: int, frequency: int, revenue: int, borders: Borders, rules: Rules) -> int:
    """The RFM cell as a number such as 545; F and M are 1 where not active."""
    score = 100 * recency_score(recency, rules.recency_days)
    if frequency < 1:
        return score + 11
    f = fifth_score(rank_code(frequency), borders.frequency_cuts)
    m = fifth_score(rank_code(revenue), borders.monetary_cuts)
    return score + 10 * f + m


def _next_band(newest: int, recency: int, rules: Rules) -> int:
    for band in rules.recency_days:
        if recency <= band:
            return newest + band + 1
    return NEVER
