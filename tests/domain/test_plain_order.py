"""The short way of the common case decides as the long way does, wherever it decides at all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.customer import Customer
from streams.domain.days import DAY_US, Calendar
from streams.domain.decide import Said, TierChanged, decide_on_event, decide_on_time
from streams.domain.orders_fold import fold_order, newest_order_day
from streams.domain.plain_order import PlainOrder, decide_on_plain_order
from streams.domain.pyramid import Borders
from streams.domain.rules import parse_rules
from streams.domain.scene import Scene

RULES = [
    parse_rules(text, "test")
    for text in (
        "[pyramid]\ndemotion_margin = 0",
        "",
        '[churn]\nmin_tier = "small"\ncooldown_days = 3',
        "[business]\nwindow_days = 30\n[dormancy]\ndormant_days = 12\nslipping_min_days = 0",
        "[rfm]\nrecency_days = [200, 210, 220, 230]\n[dormancy]\nslipping_min_days = 300",
    )
]
FIRST_DAY = 20_000

steps = st.tuples(
    st.sampled_from(["placed", "placed", "placed", "placed", "cancelled", "returned", "borders"]),
    st.sampled_from([0, 0, 0, 1, 2, 5, 8, 20, 47, 95, 130]),  # days later
    st.sampled_from([0, 0, 0, 0, 1, 30]),  # days late
    st.sampled_from([0, 10, 100, 250, 1000, 5000]),
    st.sampled_from([None, 0, 40]),
)


def borders_at(scale: int) -> Borders:
    tiers = (4 * scale, 2 * scale, scale)
    return Borders(scale, tiers, tiers, (2, 3, 4, 9), (50, scale, 2 * scale, 4 * scale))


def copied(customer: Customer) -> Customer:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(customer), type=Customer)


@given(st.sampled_from(RULES), st.lists(steps, min_size=1, max_size=25))
def test_one_more_order_of_today_is_decided_alike(rules, given_steps) -> None:  # type: ignore[no-untyped-def]
    scene = Scene(rules, Calendar("UTC"), borders_at(200))
    customer, today = Customer(), FIRST_DAY
    for kind, later, late, amount, profit in given_steps:
        today += later
        at_us = today * DAY_US
        if customer.due <= today:
            decide_on_time(customer, today, at_us, scene, "expiry")
        if kind == "borders":
            scene.borders = borders_at(200 + amount)
            continue
        newest = newest_order_day(customer)
        fold_order(customer, kind, today - late, amount, profit, rules.window_days)
        if kind != "placed":
            decide_on_event(customer, today, at_us, newest, "order", scene)
            continue
        order = PlainOrder(today - late, amount, profit or 0, newest < today - late)
        both_ways_alike(customer, order, today, newest, scene)


def both_ways_alike(
    customer: Customer, order: PlainOrder, today: int, newest: int, scene: Scene
) -> None:
    """And `customer` is left as the short way leaves it, or else the long one."""
    untouched, at_us = copied(customer), today * DAY_US
    said = decide_on_plain_order(customer, order, today, at_us, scene)
    if said is None:
        assert customer == untouched
        decide_on_event(customer, today, at_us, newest, "order", scene)
        return
    expected = decide_on_event(untouched, today, at_us, newest, "order", scene)
    assert told(said) == told(expected)
    assert today < customer.due <= untouched.due
    due, customer.due = customer.due, untouched.due
    assert customer == untouched
    customer.due = due


def told(said: Sequence[Said]) -> list[tuple[int, int, str, int | None] | str]:
    return [
        (one.from_tier, one.to_tier, one.cause, one.recency_days)
        if isinstance(one, TierChanged)
        else type(one).__name__
        for one in said
    ]
