"""complaints: the steps of each, from opened to the customer's word on it."""

from __future__ import annotations

from datetime import datetime

from schemas.complaints import Complaint, parse_complaint
from schemas.invalid import InvalidRecord
from streams import topics
from streams.domain.contact_fold import fold_complaint
from streams.domain.contact_room import would_pile_up
from streams.domain.customer import Customer
from streams.domain.orders_fold import newest_order_day
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn


def when(complaint: Complaint) -> datetime:
    """The time of this step."""
    return complaint.occurred_at


def fold(partition: Partition, turn: Turn, complaint: Complaint) -> Customer:
    """Add the step to its customer's tables; it moves no time."""
    held, calendar = partition.table.get(turn.name), partition.scene.calendar
    if would_pile_up(held, complaint, calendar, partition.window_begin):
        reason = f"there is no room for more of the complaints of {turn.customer_id!r}"
        raise InvalidRecord("too_large", reason)
    customer = partition.open(turn)
    fold_complaint(customer, complaint, calendar, partition.window_begin)
    return partition.close(turn, customer, newest_order_day(customer), "contact")


INPUT = Input(topics.COMPLAINTS.name, parse_complaint, when, fold)
