"""call-logs: what was said, promised and heard; whoever is called is known."""

from __future__ import annotations

from datetime import datetime

from schemas.calls import Call, parse_call
from schemas.invalid import InvalidRecord
from streams import topics
from streams.domain.contact_fold import fold_call
from streams.domain.contact_room import would_pile_up
from streams.domain.customer import Customer
from streams.domain.orders_fold import newest_order_day
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn


def when(call: Call) -> datetime:
    """A call's own time."""
    return call.called_at


def fold(partition: Partition, turn: Turn, call: Call) -> Customer:
    """Add the call to its customer's tables; it moves no time."""
    held, calendar = partition.table.get(turn.name), partition.scene.calendar
    if would_pile_up(held, call, calendar, partition.window_begin):
        reason = f"there is no room for one more follow-up promised to {turn.customer_id!r}"
        raise InvalidRecord("too_large", reason)
    customer = partition.open(turn)
    fold_call(customer, call, calendar, partition.window_begin)
    return partition.close(turn, customer, newest_order_day(customer), "contact")


INPUT = Input(topics.CALL_LOGS.name, parse_call, when, fold)
