"""What flows through the engine: records read, batches of them, and writes to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

BATCH_RECORDS = 4_000  # of a `Batch` at most, as it is read; folding them takes some 100 ms

Headers = Sequence[tuple[str, bytes]]


class TopicPartition(NamedTuple):
    """One partition of a topic; the topic's full name, prefix included."""

    topic: str
    partition: int


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as the log holds it. (Structs without gc: thousands are alive at a time.)"""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(slots=True)
class Batch:
    """All that the log holds of one partition in the offsets [first_offset, next_offset).

    Offsets in between that have no record (compacted away, control records, aborted
    transactions) are covered all the same, so `records` may be empty: the position moved.
    """

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    records: list[Record]


def cut(batch: Batch, most: int) -> tuple[Batch, Batch]:
    """The first records of a batch that has more than `most`, and the rest."""
    at = batch.records[most].offset
    now, later = batch.records[:most], batch.records[most:]
    return (
        Batch(batch.topic, batch.partition, batch.first_offset, at, now),
        Batch(batch.topic, batch.partition, at, batch.next_offset, later),
    )


class Write(msgspec.Struct, frozen=True, gc=False):
    """A record to be appended. `partition` is given, or None: murmur2 of the key decides."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
