"""Records to rows and back: what one append writes, and what one read takes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import msgspec

from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.log import LogError, TooLargeError
from streams.engine.records import Batch, Headers, Record, TopicPartition, Write

BATCH_RECORDS = 4_000
BATCH_BYTES = 4 << 20
# What Kafka counts beside the bytes given: the head of a batch, lengths, offset, time.
_FRAME_BYTES = 80
_HEADER_BYTES = 4
_SURELY_SMALL_BYTES = 10_000  # a record of so many fits every topic

Row = tuple[bytes | None, bytes | None, bytes | None, int]  # key, value, headers, timestamp_ms
_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode


def plan(catalogue: Catalogue, writes: Iterable[Write]) -> dict[TopicPartition, list[Row]]:
    """The rows of each partition, in order; LogError or TooLargeError for one that can't be."""
    now_ms = time.time_ns() // 1_000_000
    planned: dict[TopicPartition, list[Row]] = {}
    rows: list[Row] = []
    at: tuple[str, int | None] | None = None  # where the rows are for
    for write in writes:
        topic, partition, key, value, headers = write
        stored = _encode_headers(headers) if headers else None
        if len(value or b"") + len(key or b"") + len(stored or b"") > _SURELY_SMALL_BYTES:
            _check_size(catalogue, write)
        if partition is None or at != (topic, partition):
            at = topic, partition
            rows = planned.setdefault(catalogue.place(write), [])
        rows.append((key, value, stored, now_ms))
    for place in planned:
        catalogue.table(place)  # must exist before the transaction begins
    return planned


def append(
    database: Database, catalogue: Catalogue, planned: Mapping[TopicPartition, list[Row]]
) -> dict[TopicPartition, int]:
    """Inside a transaction: write the rows; the offset of the last one of each partition."""
    return {
        place: _append_rows(database, catalogue.table(place), rows)
        for place, rows in planned.items()
    }


def read(database: Database, table: int, partition: TopicPartition, start: int, end: int) -> Batch:
    """The batch from `start` on that ends at `end`, or before it where enough is read."""
    records: list[Record] = []
    size = 0
    rows = database.rows(
        f'SELECT "offset", "key", value, headers, timestamp_ms FROM records_{table} '
        'WHERE "offset" >= ? AND "offset" < ? ORDER BY "offset" LIMIT ?',
        (start, end, BATCH_RECORDS),
    )
    for offset, key, value, headers, timestamp_ms in rows:
        records.append(Record(offset, key, value, _headers(headers), timestamp_ms))
        size += len(value) if value is not None else 0
        if size >= BATCH_BYTES:
            rows.close()
            break
    cut = len(records) == BATCH_RECORDS or size >= BATCH_BYTES
    return Batch(*partition, start, records[-1].offset + 1 if cut else end, records)


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


def _append_rows(database: Database, table: int, rows: list[Row]) -> int:
    ((first,),) = database.query("SELECT next_offset FROM partitions WHERE id = ?", (table,))
    database.run_many(
        f"INSERT INTO records_{table} VALUES (?, ?, ?, ?, ?)",
        ((offset, *row) for offset, row in enumerate(rows, first)),
    )
    database.query("UPDATE partitions SET next_offset = ? WHERE id = ?", (first + len(rows), table))
    return int(first) + len(rows) - 1


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


def _headers(stored: bytes | None) -> Headers:
    if stored is None:
        return ()
    try:
        return _decode_headers(stored)
    except msgspec.MsgspecError as exc:
        raise LogError(f"headers of a record can't be read ({exc}): the log is damaged") from exc
