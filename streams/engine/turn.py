"""One record's turn: what an agent knows of its topic, and what is known of the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.invalid import InvalidRecord
from schemas.keys import check_key, customer_id_of
from schemas.outputs import Source
from streams.domain.days import micros
from streams.engine.records import Record

if TYPE_CHECKING:
    from streams.engine.partition import Partition

_LATEST_STAMP_MS = 253_000_000_000_000  # in the year 9987


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One record being folded in. `name` is the key: the customer's id in UTF-8."""

    topic: str  # without prefix
    source: Source
    record: Record
    customer_id: str
    name: bytes
    at_us: int  # the event's own time


class Input(NamedTuple):
    """What an agent knows of its topic: how bytes become an event and how it is folded in.

    `when` gives an event's own time; `fold` returns the customer's state. Without `keyed` records
    belong to no customer (`clock`); without `once` they have no event_id (`customers`). `in_short`
    gives, for one batch of a topic with this full name, what folds in a record that needs no turn,
    if it can, and tells whether it did; None where none is like that.
    """

    topic: str
    parse: Callable[[bytes | None, datetime], Any]
    when: Callable[[Any], datetime | None]
    fold: Callable[[Partition, Turn, Any], Any]
    keyed: bool = True
    once: bool = True
    in_short: Callable[[Partition, str], Callable[[Record, Any], bool] | None] | None = None


def read_event(topic: Input, record: Record, latest: datetime) -> Any:
    """The event that a record holds, or the InvalidRecord that says why it holds none.

    `latest`: the wall clock + 24 h.
    """
    try:
        return topic.parse(record.value, latest)
    except InvalidRecord as why:
        return why


def stamp_us(record: Record) -> int:
    """When the log got a record, within the years of a calendar: producers may write anything."""
    return min(max(record.timestamp_ms, 0), _LATEST_STAMP_MS) * 1000


def turn_of(topic: Input, source: Source, record: Record, event: Any) -> Turn:
    """The turn of an event. Raises InvalidRecord where key and event don't go together."""
    when = topic.when(event)
    at_us = stamp_us(record) if when is None else micros(when)
    if not topic.keyed:
        return Turn(topic.topic, source, record, "", b"", at_us)
    if event is None:  # a tombstone: the key alone says whose
        customer_id = customer_id_of(record.key)
    else:
        customer_id = event.customer_id
        if record.key != customer_id.encode():
            check_key(record.key, customer_id)
    assert record.key is not None
    return Turn(topic.topic, source, record, customer_id, record.key, at_us)
