"""orders: each lands on its own day, moves stream time on, and may move its customer."""

from __future__ import annotations

from datetime import datetime

from schemas.invalid import InvalidRecord
from schemas.orders import Order, parse_order
from streams import topics
from streams.domain.days import micros
from streams.domain.money import UnknownCurrencyError
from streams.domain.orders_fold import fold_order, newest_order_day, would_overflow
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn

CAUSES = {"placed": "order", "cancelled": "cancellation", "returned": "return"}


def when(order: Order) -> datetime:
    """An order's own time, which is that of the order itself on corrections too."""
    return order.ordered_at


def fold(partition: Partition, turn: Turn, order: Order) -> None:
    """Add the order to its customer's tables and say what that changes."""
    amount, profit = _money(partition, order)
    if would_overflow(partition.table.get(turn.name), amount, profit):
        reason = f"amount {order.amount} takes the sums of {turn.customer_id!r} past 2^62"
        raise InvalidRecord("sum_overflow", reason)
    customer = partition.open(turn)
    newest = newest_order_day(customer)
    moment_us = micros(order.ordered_at)
    day = partition.scene.calendar.day_of(moment_us)
    if order.type == "placed" and _is_late(partition, moment_us, day):
        partition.late_orders += 1
    fold_order(customer, order.type, day, amount, profit, partition.rules.window_days)
    partition.move_time(moment_us)
    partition.close(turn, customer, newest, CAUSES[order.type])


def _is_late(partition: Partition, moment_us: int, day: int) -> bool:
    """Whether stream time had come to a later day than that of the order."""
    now = partition.stream_time_us
    return now is not None and moment_us < now and day < partition.scene.calendar.day_of(now)


def _money(partition: Partition, order: Order) -> tuple[int, int | None]:
    """Amount and profit in the base currency; the profit None where the cost is unknown."""
    amount, cost = order.amount, order.cost
    if order.currency is not None and order.currency != partition.rules.base_currency:
        try:
            amount = partition.exchange.to_base(amount, order.currency)
            cost = None if cost is None else partition.exchange.to_base(cost, order.currency)
        except UnknownCurrencyError:
            known = ", ".join(sorted({partition.rules.base_currency, *partition.rules.rates}))
            reason = f"currency must be one with a rate ({known}), got {order.currency!r}"
            raise InvalidRecord("unknown_currency", reason) from None
    return amount, None if cost is None else amount - cost


INPUT = Input(topics.ORDERS.name, parse_order, when, fold)
