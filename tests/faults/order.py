"""The order in which the inputs were processed, as far as anything depends on it.

Topics are read one ahead of another. What is said of a customer who is erased depends on the
stream time at which that happens, so on how far `orders` has been read when the tombstone is:
`customer-erased` says it. All else comes to the same in any order that keeps each topic's own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from tests.oracle import InputRecord
from tests.oracle.records import CLOCK, CUSTOMERS, ORDERS

_TIMES = {ORDERS: "ordered_at", CLOCK: "now"}  # what moves stream time, and the field
Place = tuple[str, int, int]  # topic, partition, offset


class Appended(NamedTuple):
    """A record, and when it was appended."""

    timestamp_ms: int
    record: InputRecord


def processed(
    appended: Iterable[Appended],
    dead: frozenset[Place],
    erased_at: Mapping[tuple[int, int], datetime],
) -> list[InputRecord]:
    """The records as they were processed. `erased_at`: partition and offset of a tombstone, and
    the stream time at which it was read."""
    partitions: dict[int, list[Appended]] = defaultdict(list)
    # The sort is stable: within a topic and a partition the offsets decide.
    for one in sorted(appended, key=lambda one: one.timestamp_ms):
        partitions[one.record.partition].append(one)
    for number, line in partitions.items():
        for (partition, offset), at in erased_at.items():
            if partition == number:
                _put_where_it_was_read(line, offset, at, dead)
    return [one.record for line in partitions.values() for one in line]


def _put_where_it_was_read(
    line: list[Appended], offset: int, at: datetime, dead: frozenset[Place]
) -> None:
    """Move a tombstone to just before the order that took stream time further than `at`.

    Everything of the customer that was sent before it was read before it, and what was sent after
    it, after it: that is how the load sends.
    """
    sent = next(
        n
        for n, one in enumerate(line)
        if (one.record.topic, one.record.offset) == (CUSTOMERS, offset)
    )
    key = line[sent].record.key
    own = [n for n, (_, r) in enumerate(line) if r.key == key and place_of(r) not in dead]
    read = min([_first_past(line, at, dead), *(n for n in own if n > sent)])
    before = {*range(read), *(n for n in own if n < sent)} - {sent}
    line[:] = [
        *(line[n] for n in sorted(before)),
        line[sent],
        *(one for n, one in enumerate(line) if n not in before and n != sent),
    ]


def place_of(record: InputRecord) -> Place:
    return record.topic, record.partition, record.offset


def _first_past(line: list[Appended], at: datetime, dead: frozenset[Place]) -> int:
    """Where in the line stream time first goes past `at`; the end of it where it never does."""
    for number, (_, record) in enumerate(line):
        named = _TIMES.get(record.topic)
        if named is None or record.value is None or place_of(record) in dead:
            continue
        if datetime.fromisoformat(json.loads(record.value)[named]) > at:
            return number
    return len(line)
