"""call-logs: what was said, promised and heard; whoever is called is known."""

from __future__ import annotations

from datetime import datetime

from schemas.calls import Call, parse_call
from streams import topics
from streams.domain.contact_fold import fold_call
from streams.domain.customer import Customer
from streams.domain.orders_fold import newest_order_day
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn


def when(call: Call) -> datetime:
    """A call's own time."""
    return call.called_at


def fold(partition: Partition, turn: Turn, call: Call) -> Customer:
    """Add the call to its customer's tables; it moves no time."""
    customer = partition.open(turn)
    fold_call(customer, call, partition.scene.calendar, partition.window_begin)
    return partition.close(turn, customer, newest_order_day(customer), "contact")


INPUT = Input(topics.CALL_LOGS.name, parse_call, when, fold)
