"""The short way of the common case decides as the long way does, wherever it decides at all."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from streams.domain.customer import NEVER, NO_DAY, UNKNOWN, ComplaintRecord, Contact, Customer
from streams.domain.days import DAY_US, Calendar
from streams.domain.decide import Said, TierChanged, decide_on_event, decide_on_time
from streams.domain.orders_fold import fold_order, newest_order_day
from streams.domain.packed import decode_customer, encode_customer
from streams.domain.plain_order import PlainOrder, fold_plain_order
from streams.domain.pyramid import Borders
from streams.domain.rules import Rules, parse_rules
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
DEDUPE_US = 7 * DAY_US

WALKS, STEPS = 400, 30
FILE_FIRST = 0.3

KINDS = (
    ["placed"] * 28
    + ["time"] * 6
    + ["borders"] * 6
    + ["cancelled", "returned", "disqualified", "file", "complaint"]
)
DAYS_LATER = [0, 0, 0, 0, 1, 2, 4, 6, 8, 40, 95, 130]
DAYS_LATE = [0, 0, 0, 0, 0, 0, 1, 30]
SCALES = [200, 300, 1200, 5000, 20_000]
AMOUNTS = [0, 10, 100, 190, 250, 1000, 5000]


def borders_at(scale: int) -> Borders:
    tiers, falls = (4 * scale, 2 * scale, scale), (4 * scale - 80, 2 * scale - 40, scale - 20)
    return Borders(scale, tiers, falls, (2, 3, 4, 9), (50, scale, 2 * scale, 4 * scale))


@pytest.mark.parametrize("rules", RULES)
def test_one_more_order_of_today_is_folded_alike(rules: Rules) -> None:
    short = sum(walk(Random(seed), rules) for seed in range(WALKS))
    assert short > WALKS  # else it is not the common case that is tested


def walk(chance: Random, rules: Rules) -> int:
    """Some steps in the life of one customer; how often the short way was gone."""
    short = 0
    scene = Scene(rules, Calendar("UTC"), borders_at(chance.choice(SCALES)))
    customer, today = Customer(), FIRST_DAY
    if chance.random() < FILE_FIRST:
        send_file(customer, today * DAY_US, scene)
    for number in range(STEPS):
        kind, late, amount = chance.choice(KINDS), chance.choice(DAYS_LATE), chance.choice(AMOUNTS)
        today += chance.choice(DAYS_LATER)
        at_us = today * DAY_US + number
        profit = chance.choice((None, 0, 40))
        if kind == "borders":
            scene.borders = borders_at(chance.choice(SCALES))
        elif kind == "time":
            if customer.contacted:
                decide_on_time(customer, today, at_us, scene, "expiry")
        elif kind == "disqualified":
            customer.disqualified = not customer.disqualified
        elif kind == "file":
            send_file(customer, at_us, scene)
        elif kind == "complaint":
            complain(customer, at_us, scene)
        elif kind == "placed" and not late:
            event = number if chance.random() < 0.9 else 0
            order = PlainOrder(event, today, at_us, at_us - DEDUPE_US, amount, profit)
            before, customer = customer, both_ways_alike(customer, order, scene)
            short += customer is not before
        else:
            correction = PlainOrder(0, today - late, at_us, 0, amount, profit)
            fold_slowly(customer, kind, correction, scene)
    return short


def send_file(customer: Customer, at_us: int, scene: Scene) -> None:
    customer.file, customer.name = b"{}", "Ann"
    if customer.tier == UNKNOWN:
        decide_on_event(customer, at_us // DAY_US, at_us, NO_DAY, "profile", scene)


def complain(customer: Customer, at_us: int, scene: Scene) -> None:
    customer.contact = Contact(complaints={"k": ComplaintRecord(at_us, "product", 4, "opened")})
    today, newest = at_us // DAY_US, newest_order_day(customer)
    if customer.due <= today:
        decide_on_time(customer, today, at_us, scene, "expiry")
    customer.contacted = True
    decide_on_event(customer, today, at_us, newest, "contact", scene)


def both_ways_alike(customer: Customer, order: PlainOrder, scene: Scene) -> Customer:
    """What the short way makes of the customer, or else the long one."""
    state = None if customer == Customer() else encode_customer(customer)
    folded = fold_plain_order(state, order, scene)
    if folded is None:
        if order.event not in customer.seen:
            fold_slowly(customer, "placed", order, scene)
            remember(customer, order)
        return customer
    assert order.event not in customer.seen
    said = fold_slowly(customer, "placed", order, scene)
    remember(customer, order)
    found = decode_customer(folded.state)
    assert [(one.from_tier, one.to_tier, one.cause) for one in changes(said)] == (
        [(folded.tier_was, folded.tier, folded.cause)] if folded.tier != folded.tier_was else []
    )
    assert order.day < found.due <= falls_due(customer, order, scene)
    due, found.due = found.due, customer.due
    assert found == customer
    found.due = due
    return found


def changes(said: Sequence[Said]) -> list[TierChanged]:
    """And nothing else is said."""
    found = [one for one in said if isinstance(one, TierChanged)]
    assert len(found) == len(said)
    assert all(one.recency_days == 0 for one in found)
    return found


def falls_due(customer: Customer, order: PlainOrder, scene: Scene) -> int:
    """The first day on which time alone may change something."""
    looked_at = decode_customer(encode_customer(customer))
    looked_at.due = NEVER
    assert decide_on_event(looked_at, order.day, order.now_us, order.day, "order", scene) == []
    return looked_at.due


def fold_slowly(customer: Customer, kind: str, order: PlainOrder, scene: Scene) -> Sequence[Said]:
    today = order.now_us // DAY_US
    said: list[Said] = []
    if customer.due <= today:
        said += decide_on_time(customer, today, order.now_us, scene, "expiry")
    newest = newest_order_day(customer)
    fold_order(customer, kind, order.day, order.amount, order.profit, scene.rules.window_days)
    return [*said, *decide_on_event(customer, today, order.now_us, newest, "order", scene)]


def remember(customer: Customer, order: PlainOrder) -> None:
    while customer.seen_us and not is_remembered(customer.seen_us[0], order):
        del customer.seen[0], customer.seen_us[0]
    customer.seen.append(order.event)
    customer.seen_us.append(order.now_us)


def is_remembered(taken_us: int | None, order: PlainOrder) -> bool:
    return taken_us is None or taken_us >= order.remembered_us
