"""Folding in an order placed, where it is of the common case, without unpacking its customer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.orders import Order
from schemas.outputs import Source
from streams import topics
from streams.domain.days import micros
from streams.domain.decide import TierChanged
from streams.domain.packed import decode_customer
from streams.domain.plain_order import PlainOrder, fold_plain_order
from streams.engine.dedupe import event_hash
from streams.engine.emit import Cause
from streams.engine.partition import Changed, Partition, identity_of
from streams.engine.records import Record
from streams.engine.table import BULKY


def plain_orders(partition: Partition, full_name: str) -> Callable[[Record, Any], bool] | None:
    """What folds in the orders of one batch of the topic, see `Input.in_short`; None where no order
    is of the common case. A function in a function: what is the same for all is looked up once,
    which takes 2 µs off 22 an order."""
    marker, rules, scene = partition.marker, partition.rules, partition.scene
    is_ours, number = partition.identity.is_ours, partition.identity.number
    if is_ours is None or marker.trusting or marker.rules != rules.digest or not scene.plain:
        return None
    day_of, today_at = scene.calendar.day_of, scene.calendar.today_at
    table, pending, kept_us = partition.table, partition.pending, partition.dedupe.kept_us
    packed, replace, currency = table.packed, table.replace, rules.base_currency

    def place(record: Record, order: Any) -> bool:
        name, now = record.key, marker.stream_time_us
        if (
            type(order) is not Order
            or order.type != "placed"
            or name != order.customer_id.encode()
            or (order.currency is not None and order.currency != currency)
            or now is None
        ):
            return False
        at_us = micros(order.ordered_at)
        day = day_of(at_us)
        at_us = at_us if at_us > now else now
        if day != today_at(at_us):
            return False
        state = packed(name)
        if state is BULKY or (state is None and not is_ours(name)):
            return False
        event = event_hash(topics.ORDERS.name, order.event_id)
        amount, cost = order.amount, order.cost
        profit = None if cost is None else amount - cost
        plain = PlainOrder(event, day, at_us, at_us - kept_us, amount, profit)
        folded = fold_plain_order(state, plain, scene)
        if folded is None:
            return False
        after, tier_was, tier, why = folded
        marker.stream_time_us = at_us
        replace(name, state, after)
        source = Source(full_name, number, record.offset)
        if tier != tier_was:
            cause = Cause(identity_of(source), at_us, source)
            said = [TierChanged(tier_was, tier, why, 0)]
            partition.say(name, decode_customer(after), said, cause)
        pending[name] = Changed(source, at_us)
        return True

    return place
