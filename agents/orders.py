"""orders: each lands on its own day, moves stream time on, and may move its customer."""

from __future__ import annotations

from operator import attrgetter

from schemas.invalid import InvalidRecord
from schemas.orders import Order, parse_order
from streams import topics
from streams.domain.customer import Customer
from streams.domain.days import DAY_US
from streams.domain.money import UnknownCurrencyError
from streams.domain.orders_fold import fold_order, newest_order_day, would_overflow
from streams.engine.partition import Partition
from streams.engine.plainly import plain_orders
from streams.engine.turn import Input, Turn

CAUSES = {"cancelled": "cancellation", "returned": "return"}


def fold(partition: Partition, turn: Turn, order: Order) -> Customer:
    """Add the order to its customer's tables and say what that changes."""
    amount, profit = _money(partition, order)
    customer = partition.table.get(turn.name)
    if would_overflow(customer, amount, profit):
        reason = f"amount {order.amount} takes the sums of {turn.customer_id!r} past 2^62"
        raise InvalidRecord("sum_overflow", reason)
    placed = order.type == "placed"
    moment_us, now = turn.at_us, partition.marker.stream_time_us
    # One that lies in the window surely; of an older one the standing may show nothing.
    shows = placed and (now is None or now - moment_us < (partition.rules.window_days - 2) * DAY_US)
    customer = partition.open(turn, shows)
    newest = newest_order_day(customer)
    day_of = partition.scene.calendar.day_of
    day = day_of(moment_us)
    fold_order(customer, order.type, day, amount, profit, partition.rules.window_days)
    if now is None or moment_us > now:
        partition.move_time(moment_us)
    if not placed:
        return partition.close(turn, customer, newest, CAUSES[order.type])
    if now is not None and moment_us < now and day < day_of(now):
        partition.late_orders += 1
    return partition.close(turn, customer, newest, "order")


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


# The own time of a correction is that of its order.
INPUT = Input(
    topics.ORDERS.name, parse_order, attrgetter("ordered_at"), fold, in_short=plain_orders
)
