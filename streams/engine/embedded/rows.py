"""Records to rows and back: what one append writes, and what one read takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import count, repeat
from typing import NamedTuple

import msgspec

from streams.engine import fault_points
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.log import LogError, TooLargeError
from streams.engine.records import BATCH_RECORDS, Batch, Headers, Record, TopicPartition, Write

BATCH_BYTES = 2 << 20
_ROWS_AT_ONCE = 125
_FIRST_ROWS = 5  # at once; how many are next depends on their size
# What Kafka counts beside the bytes given: the head of a batch, lengths, offset, time.
_FRAME_BYTES = 80
_HEADER_BYTES = 4
_SURELY_SMALL_BYTES = 10_000  # a record of so many fits every topic

_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


class Rows(NamedTuple):
    """What is to be appended to one partition, column by column."""

    keys: list[bytes | None]
    values: list[bytes | None]
    headers: list[bytes | None]
    timestamp_ms: int


def plan(catalogue: Catalogue, writes: Iterable[Write]) -> dict[TopicPartition, Rows]:
    """The rows of each partition, in order; LogError or TooLargeError for one that can't be."""
    now_ms = time.time_ns() // 1_000_000
    planned: dict[TopicPartition, Rows] = {}
    rows, at = Rows([], [], [], now_ms), None  # those of the write before, and where it goes
    for write in writes:
        topic, partition, key, value = write.topic, write.partition, write.key, write.value
        stored = _encode_headers(write.headers) if write.headers else None
        if len(value or b"") + len(key or b"") + len(stored or b"") > _SURELY_SMALL_BYTES:
            _check_size(catalogue, write)
        if partition is None or at != (topic, partition):
            at = topic, partition
            place = catalogue.place(write)
            rows = planned.get(place) or planned.setdefault(place, Rows([], [], [], now_ms))
        rows.keys.append(key)
        rows.values.append(value)
        rows.headers.append(stored)
    for place in planned:
        catalogue.table(place)  # must exist before the transaction begins
    return planned


def append(
    database: Database, catalogue: Catalogue, planned: Mapping[TopicPartition, Rows]
) -> dict[TopicPartition, int]:
    """Inside a transaction: write the rows; the offset of the last one of each partition."""
    last_offsets: dict[TopicPartition, int] = {}
    for place, rows in planned.items():
        fault_points.before("send")
        last_offsets[place] = _append_rows(database, catalogue.table(place), rows)
        fault_points.after("send")
    return last_offsets


def read(database: Database, table: int, partition: TopicPartition, start: int, end: int) -> Batch:
    """The batch from `start` on that ends at `end`, or before it where enough is read."""
    records: list[Record] = []
    size, position, wanted = 0, start, _FIRST_ROWS
    while position < end and wanted > 0:
        rows = database.query(
            f'SELECT "offset", "key", value, headers, timestamp_ms FROM records_{table} '
            'WHERE "offset" >= ? AND "offset" < ? ORDER BY "offset" LIMIT ?',
            (position, end, wanted),
        )
        records += [
            Record(offset, key, value, () if headers is None else _headers(headers), timestamp_ms)
            for offset, key, value, headers, timestamp_ms in rows
        ]
        size += sum(len(row[2] or b"") + len(row[3] or b"") + _FRAME_BYTES for row in rows)
        position = rows[-1][0] + 1 if len(rows) == wanted else end
        fitting = (BATCH_BYTES - size) * len(records) // max(size, 1)  # as large as those so far
        wanted = min(_ROWS_AT_ONCE, fitting, BATCH_RECORDS - len(records))
    return Batch(*partition, start, position, records)


def end_offsets(database: Database) -> dict[int, int]:
    """Per table the offset of the record to come."""
    return dict(database.query("SELECT id, next_offset FROM partitions"))


def earliest_offset(database: Database, table: int) -> int:
    """The first offset still kept; the end where nothing is."""
    ((first,),) = database.query(
        f'SELECT coalesce((SELECT min("offset") FROM records_{table}), next_offset) '
        "FROM partitions WHERE id = ?",
        (table,),
    )
    return int(first)


def _append_rows(database: Database, table: int, rows: Rows) -> int:
    ((first,),) = database.query("SELECT next_offset FROM partitions WHERE id = ?", (table,))
    database.run_many(
        f"INSERT INTO records_{table} VALUES (?, ?, ?, ?, ?)",
        zip(count(first), rows.keys, rows.values, rows.headers, repeat(rows.timestamp_ms)),
    )
    end = int(first) + len(rows.keys)
    database.query("UPDATE partitions SET next_offset = ? WHERE id = ?", (end, table))
    return end - 1


def _check_size(catalogue: Catalogue, write: Write) -> None:
    size = _FRAME_BYTES + len(write.key or b"") + len(write.value or b"")
    for name, value in write.headers:
        size += _HEADER_BYTES + len(name) + len(value)
    limit = catalogue.topic(write.topic).max_record_bytes
    if size > limit:
        raise TooLargeError(
            f"a record of {size} bytes is too large for topic {write.topic!r}, which takes "
            f"{limit}: send it in parts"
        )


def _headers(stored: bytes) -> Headers:
    try:
        return _decode_headers(stored)
    except msgspec.MsgspecError as exc:
        raise LogError(f"headers of a record can't be read ({exc}): the log is damaged") from exc
