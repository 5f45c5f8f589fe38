"""customers: each record is the whole file; a null value erases the customer."""

from __future__ import annotations

from datetime import datetime

from schemas.customers import CustomerFile, parse_customer
from streams import topics
from streams.domain.contact_fold import fold_file
from streams.domain.orders_fold import newest_order_day
from streams.engine.partition import Partition
from streams.engine.turn import Input, Turn


def parse(value: bytes | None, _: datetime) -> CustomerFile | None:
    """The file, or None for a tombstone. Raises InvalidRecord."""
    return None if value is None else parse_customer(value)


def when(_: CustomerFile | None) -> None:
    """A file has no time of its own: its record's counts."""


def fold(partition: Partition, turn: Turn, file: CustomerFile | None) -> None:
    """Replace the customer's file, or erase the customer."""
    if file is None:
        partition.erase(turn)
        return
    assert turn.record.value is not None
    customer = partition.open(turn)
    fold_file(customer, file, turn.record.value)
    partition.close(turn, customer, newest_order_day(customer), "profile")


INPUT = Input(topics.CUSTOMERS.name, parse, when, fold, once=False)
