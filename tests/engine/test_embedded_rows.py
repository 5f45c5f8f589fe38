"""What one read of the embedded log takes: many small records, few large ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.log import NewTopic
from streams.engine.records import Batch, TopicPartition, Write

PLACE = TopicPartition("orders", 0)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "log.db")
    Catalogue(opened).create([NewTopic("orders", 1)])
    yield opened
    opened.close()


def append(database: Database, values: list[bytes]) -> None:
    catalogue = Catalogue(database)
    planned = rows.plan(catalogue, [Write("orders", 0, b"k", value) for value in values])
    database.write(lambda: rows.append(database, catalogue, planned))


def batches(database: Database, end: int) -> list[Batch]:
    """All up to `end`, batch by batch."""
    table = Catalogue(database).table(PLACE)
    read: list[Batch] = []
    while not read or read[-1].next_offset < end:
        start = read[-1].next_offset if read else 0
        read.append(rows.read(database, table, PLACE, start, end))
    return read


def test_a_batch_has_no_more_records_than_are_folded_at_once(database: Database) -> None:
    append(database, [b"x"] * 9_000)
    assert [len(batch.records) for batch in batches(database, 9_000)] == [4_000, 4_000, 1_000]


def test_a_batch_of_large_records_has_few_of_them(database: Database) -> None:
    append(database, [b"x" * 1_000_000] * 20)
    found = batches(database, 20)
    assert max(len(batch.records) for batch in found) == 5
    assert [record.offset for batch in found for record in batch.records] == list(range(20))


def test_a_batch_covers_what_was_deleted(database: Database) -> None:
    append(database, [b"x"] * 2_000)
    table = Catalogue(database).table(PLACE)
    gone = f"""DELETE FROM records_{table} WHERE "offset" % 3 > 0 OR "offset" > 1500"""
    database.write(lambda: database.query(gone))
    (batch,) = batches(database, 2_000)
    assert (batch.first_offset, batch.next_offset) == (0, 2_000)
    assert [record.offset for record in batch.records] == list(range(0, 1_501, 3))
