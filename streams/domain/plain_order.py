"""The common case made short: an order placed today, by someone who never ordered or by an active
customer who is not silent and has never complained, after which nobody falls and no reason for an
alert can begin. It is what most orders are.

Works on the packed state, in 4 µs instead of 30: no object is made of it. What `fold_order` and
`decide_on_event` would make of the order is the same; a test holds them together.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

import msgspec

from streams.domain.churn_facts import QUARTER_DAYS
from streams.domain.customer import MOST_EVENTS, NO_DAY, SUM_LIMIT, UNKNOWN
from streams.domain.dormancy import SLIPPING_ORDER_DAYS
from streams.domain.packed import CONTACTED, FLAGS_AT, HEAD, NO_TIME, QUIET, VERSION, place_of
from streams.domain.pyramid import EXACT, Borders, damped_tier, rank_code, tier_by_rule
from streams.domain.scene import Scene

_R5 = 511  # ordered today: R is 5; F and M are added to it
_HEAD_BYTES = HEAD.size

_encode = msgspec.msgpack.Encoder().encode
_unpack = HEAD.unpack_from
_pack = HEAD.pack


class PlainOrder(NamedTuple):
    """An order placed on the day `day`, which is that of stream time once it has come in, and
    that instant; money in minor units of the base currency, the profit None where unknown.

    `event`: the hash of its event_id, and the oldest instant as of which events are remembered.
    """

    event: int
    day: int
    now_us: int
    remembered_us: int
    amount: int
    profit: int | None


class Folded(NamedTuple):
    """The state with an order in it, the tier before and now, and the cause if they differ."""

    state: bytes
    tier_was: int
    tier: int
    cause: str


def fold_plain_order(  # noqa: C901, PLR0915 - a hot loop's body
    state: bytes | None, order: PlainOrder, scene: Scene
) -> Folded | None:
    """The state with one more order in it; None: the case is not so simple, `fold_order` and
    `decide_on_event` have to look.

    As long as no day has left the window the figures of the last look and the order make the new
    ones. Whatever falls due next does so no earlier than before, or than the first day on which an
    order of today can matter. Of who is due already it is made sure that time alone says nothing.
    """
    if state is None:
        return _fold_first_order(None, order, scene)
    (
        version, stage, due, tier, _, frequency, revenue, _,
        flags, best_tier, severity, until_us,
        profit, lifetime_revenue, lifetime_orders, turnover,
        first, newest, day_revenue, day_profit, day_orders, day_unknown, others, older, seen,
    ) = _unpack(state)  # fmt: skip
    event, today, now_us, remembered_us, amount, gain = order
    rules, borders = scene.rules, scene.borders
    if frequency < 1:
        return _fold_first_order(state, order, scene)
    if (
        stage
        or flags & ~QUIET != CONTACTED
        or newest > today
        or day_orders < 1
        or first <= today - rules.window_days
        or seen >= MOST_EVENTS
        or not scene.plain
    ):
        return None
    if due <= today:
        recency = today - newest
        if (
            recency > rules.dormant_days
            or (recency > rules.slipping_min_days and others + 1 >= SLIPPING_ORDER_DAYS)
            or severity
            or (flags & QUIET and first <= today - QUARTER_DAYS)
            or damped_tier(rank_code(revenue), tier, [], 0, borders, rules) != tier
        ):
            return None
        due = first + (QUARTER_DAYS if flags & QUIET else rules.window_days)
    revenue += amount
    code = rank_code(revenue)
    tier_was, tier = tier, tier_by_rule(code, borders)
    if tier > tier_was:
        tier = damped_tier(code, tier_was, [], 0, borders, rules)
        if tier > tier_was:
            return None
    quiet = today + scene.quiet_days
    lowest = scene.lowest_tier
    best = tier if newest < today or not flags & QUIET else min(tier, best_tier)
    if best <= lowest:
        if not flags & QUIET or best_tier > lowest:  # becomes important
            if first <= today - QUARTER_DAYS:
                return None  # revenue may have dropped
            flags |= QUIET
            quiet = min(quiet, first + QUARTER_DAYS)
        best_tier = best
    if flags & QUIET:
        best_tier = best
        if severity and now_us >= until_us:
            severity, until_us = 0, NO_DAY
        if best > lowest and not severity:
            flags, best_tier = CONTACTED, UNKNOWN
    begin = _HEAD_BYTES + older
    times = begin + 8 * seen
    rest = times + 8 * seen
    taken = event.to_bytes(8, "little")
    if state.find(taken, begin, times) >= 0:
        return None
    forgotten = 0
    while forgotten < seen:
        at = times + 8 * forgotten
        taken_us = int.from_bytes(state[at : at + 8], "little", signed=True)
        if taken_us >= remembered_us:
            break
        if taken_us == NO_TIME:
            return None
        forgotten += 1
    older_days = state[_HEAD_BYTES:begin]
    if newest < today:
        older_days += _encode((newest, day_revenue, day_profit, day_orders, day_unknown))
        others += 1
        newest, day_revenue, day_profit, day_orders, day_unknown = today, 0, 0, 0, 0
    if gain is None:
        gain = 0
        day_unknown += 1
    turnover += amount + abs(gain)
    if turnover >= SUM_LIMIT:
        return None
    frequency += 1
    head = _pack(
        version, stage, due if due < quiet else quiet,
        tier, _rfm(frequency, code, borders), frequency, revenue, revenue,
        flags, best_tier, severity, until_us,
        profit + gain, lifetime_revenue + amount, lifetime_orders + 1, turnover,
        first, newest, day_revenue + amount, day_profit + gain, day_orders + 1, day_unknown,
        others, len(older_days), seen - forgotten + 1,
    )  # fmt: skip
    after = b"".join((
        head, older_days,
        state[begin + 8 * forgotten : times], taken,
        state[times + 8 * forgotten : rest], now_us.to_bytes(8, "little", signed=True),
        state[rest:],
    ))  # fmt: skip
    return Folded(after, tier_was, tier, "order" if amount else "overtaken")


def _fold_first_order(state: bytes | None, order: PlainOrder, scene: Scene) -> Folded | None:
    """The same for a first order, of someone nobody has heard of (None) or of whom nothing but the
    file has come."""
    event, today, now_us, _, amount, gain = order
    tier_was, rest = UNKNOWN, b""
    if state is not None:
        if state[FLAGS_AT]:  # in contact already
            return None
        tier_was, rest = place_of(state).tier, state[_HEAD_BYTES:]
    if not scene.plain:
        return None
    tier = tier_by_rule(rank_code(amount), scene.borders)
    important = tier <= scene.lowest_tier
    profit, unknown = (0, 1) if gain is None else (gain, 0)
    head = _pack(
        VERSION, 0, today + scene.quiet_days,
        tier, _rfm(1, rank_code(amount), scene.borders), 1, amount, amount,
        CONTACTED | QUIET if important else CONTACTED, tier if important else UNKNOWN, 0, NO_DAY,
        profit, amount, 1, amount + abs(profit),
        today, today, amount, profit, 1, unknown, 0, 0, 1,
    )  # fmt: skip
    taken_at = now_us.to_bytes(8, "little", signed=True)
    taken = event.to_bytes(8, "little")
    return Folded(head + taken + taken_at + rest, tier_was, tier, "order")


def _rfm(frequency: int, money: int, borders: Borders) -> int:
    f = frequency if frequency < EXACT else rank_code(frequency)
    return (
        _R5
        + 10 * bisect_right(borders.frequency_cuts, f)
        + bisect_right(borders.monetary_cuts, money)
    )
