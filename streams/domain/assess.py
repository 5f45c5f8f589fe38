"""Where a customer stands on a day: figures of the window, tier, scores, stage, next due day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgspec

from streams.domain.customer import NEVER, NO_DAY, UNKNOWN, Customer
from streams.domain.dormancy import DORMANT, INACTIVE, NONE, SLIPPING, Gap, stage_begins
from streams.domain.packed import Ranked
from streams.domain.pyramid import (
    EXACT,
    OTHER,
    PROSPECT,
    SMALL,
    SUSPECT,
    Borders,
    damped_tier,
    rank_code,
    rank_of,
)
from streams.domain.pyramid import INACTIVE as INACTIVE_TIER
from streams.domain.rules import Rules


class Standing(msgspec.Struct, frozen=True, gc=False):
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
    last_order_day: int  # NO_DAY: no order stands
    gap: Gap  # the usual gap


def assess(  # noqa: C901, PLR0915 - one pass, see below
    customer: Customer, today: int, borders: Borders, rules: Rules
) -> Standing:
    """The customer's standing on the day `today` (a day number).

    One pass over the days, for this is done for every order: 2.5 µs, 6 in separate passes.
    """
    window = rules.window_days
    begin = today - window
    revenue = profit = frequency = order_days = 0
    leaves = NEVER
    newest = oldest = gap_begin = NO_DAY
    for day in reversed(customer.days):
        number = day.day
        if day.orders >= 1:
            if newest == NO_DAY:
                newest, gap_begin = number, number - window
            if number > gap_begin:
                oldest = number
                order_days += 1
        if number > begin:
            revenue += day.revenue
            profit += day.profit
            frequency += day.orders
            leaves = number + window
        elif number <= gap_begin:
            break
    rank = 0
    if frequency >= 1:
        by_revenue = rules.rank_by == "revenue"
        rank = revenue if by_revenue else rank_of(rules, revenue, profit, frequency)
    tier, due = _tier(customer, frequency, rank, today, borders, rules)
    if leaves < due:
        due = leaves
    if newest == NO_DAY:
        newest = customer.last_let_go
    if newest == NO_DAY or customer.lifetime_orders < 1:
        return Standing(
            revenue, profit, frequency, rank, tier, 0, None, NONE, due, NO_DAY, Gap(0, 0)
        )
    recency = today - newest
    stage, begins = _stage(today, stage_begins(newest, newest - oldest, order_days, rules))
    if begins < due:
        due = begins
    bands = rules.recency_days
    band = bisect_left(bands, recency)
    if band < len(bands):
        next_band = newest + bands[band] + 1
        if next_band < due:
            due = next_band
    rfm = 511 - 100 * band
    if frequency >= 1:
        code = frequency if frequency < EXACT else rank_code(frequency)
        rfm += 10 * bisect_right(borders.frequency_cuts, code)
        rfm += bisect_right(borders.monetary_cuts, rank_code(revenue))
    gap = Gap(newest - oldest, order_days)
    return Standing(revenue, profit, frequency, rank, tier, rfm, recency, stage, due, newest, gap)


def _stage(today: int, begins: tuple[int, int, int]) -> tuple[int, int]:
    """The stage that holds, and the day on which the next one begins (NEVER: none)."""
    slipping, dormant, inactive = begins
    if today >= inactive:
        return INACTIVE, NEVER
    if today >= dormant:
        return DORMANT, inactive
    next_begins = dormant if dormant < inactive else inactive
    if today >= slipping:
        return SLIPPING, next_begins
    return NONE, slipping if slipping < next_begins else next_begins


def tier_moves(held: Ranked, borders: Borders, rules: Rules) -> bool:
    """Whether borders alone may change the tier of someone active: a quick look before `assess`.

    With days of grace anyone under a border has to be looked at.
    """
    if rules.demotion_grace_days:
        return True
    return damped_tier(rank_code(held.rank), held.tier, [], 0, borders, rules) != held.tier


def scores_move(held: Ranked, borders: Borders) -> bool:
    """Whether the cut points alone change the F or M score of someone active."""
    f = bisect_right(borders.frequency_cuts, rank_code(held.frequency))
    m = bisect_right(borders.monetary_cuts, rank_code(held.revenue))
    return held.rfm != 0 and held.rfm % 100 != 11 + 10 * f + m


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
        return INACTIVE_TIER, NEVER
    return (PROSPECT if customer.contacted else SUSPECT), NEVER
