"""Compaction and retention: what may go, what must stay, and that offsets never move."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.database import Database
from streams.engine.embedded.upkeep import DAY_MS, LAG_MS, Upkeep
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import NewTopic
from streams.engine.records import Batch, TopicPartition, Write

CUSTOMERS = TopicPartition("customers", 0)
DAY_MINUTES = 1_440


class Log:
    """A log whose records were appended at chosen minutes, and its upkeep."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.client = EmbeddedClient(path)
        self.client.create([NewTopic("customers", 1, compacted=True)])
        self.client.create([NewTopic("orders", 1, retention_ms=DAY_MS)])
        self.database = Database(path)
        self.upkeep = Upkeep(self.database, lambda: False)

    def append(
        self, minute: int, *records: tuple[bytes | None, bytes | None], topic: str = "customers"
    ) -> None:
        start = self.client.end_offsets(topic)[0]
        self.client.append(Write(topic, 0, *record) for record in records)
        table = {"customers": 1, "orders": 2}[topic]
        self.database.query(
            f'UPDATE records_{table} SET timestamp_ms = ? WHERE "offset" >= ?',
            (minute * 60_000, start),
        )

    def compact(self, minute: int) -> None:
        self.upkeep.compact(CUSTOMERS, minute * 60_000)

    def kept(self, topic: str = "customers") -> list[tuple[int, bytes | None]]:
        return [(record.offset, record.value) for _, record in self.client.read(topic)]

    def commit(self, group: str, next_offset: int) -> None:
        self.database.query(
            "INSERT INTO commits VALUES (?, ?, ?, ?)", (group, *CUSTOMERS, next_offset)
        )


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "log.db")


def test_the_newest_of_each_key_stays_at_its_offset(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"b", b"b1"), (b"a", b"a2"), (b"c", b"c1"), (b"a", b"a3"))
    log.compact(60)
    assert log.kept() == [(1, b"b1"), (3, b"c1"), (4, b"a3")]
    log.append(61, (b"d", b"d1"))
    assert log.kept()[-1] == (5, b"d1")


def test_a_later_compaction_finds_what_an_earlier_one_kept(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"b", b"b1"))
    log.compact(60)
    log.append(61, (b"a", b"a2"))
    log.compact(120)
    assert log.kept() == [(1, b"b1"), (2, b"a2")]


def test_offsets_go_on_when_nothing_is_left(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"a", None))
    log.compact(DAY_MINUTES + 60)
    assert log.kept() == []
    assert log.client.end_offsets("customers") == {0: 2}
    log.append(DAY_MINUTES + 61, (b"b", b"b1"))
    assert log.kept() == [(2, b"b1")]


def test_a_record_stays_until_the_one_that_replaces_it_is_ten_minutes_old(log: Log) -> None:
    assert LAG_MS == 600_000
    log.append(0, (b"a", b"a1"))
    log.append(60, (b"a", b"a2"))
    log.compact(69)
    assert log.kept() == [(0, b"a1"), (1, b"a2")]
    log.compact(71)
    assert log.kept() == [(1, b"a2")]


def test_a_tombstone_stays_for_a_day(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"a", None))
    log.compact(DAY_MINUTES - 1)
    assert log.kept() == [(1, None)]
    log.compact(DAY_MINUTES + 1)
    assert log.kept() == []


def test_a_tombstone_stays_until_every_group_has_read_it(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"a", None), (b"b", None))
    log.commit("tierstream", 2)
    log.commit("another", 3)
    log.compact(3 * DAY_MINUTES)
    assert log.kept() == [(2, None)]


def test_records_without_a_key_stay(log: Log) -> None:
    log.append(0, (None, b"1"), (None, b"2"), (b"a", b"a1"))
    log.compact(60)
    assert log.kept() == [(0, b"1"), (1, b"2"), (2, b"a1")]


def test_a_chunk_more_makes_no_difference(log: Log) -> None:
    log.append(0, *((b"%d" % (i % 100), b"%d" % i) for i in range(5_000)))
    log.compact(60)
    assert log.kept() == [(i, b"%d" % i) for i in range(4_900, 5_000)]


def test_only_a_topic_that_has_grown_is_compacted(log: Log) -> None:
    log.append(0, *((b"a", b"1") for _ in range(9_999)))
    log.upkeep.clean(3_600_000)
    assert len(log.kept()) == 9_999
    log.append(0, (b"a", b"2"))
    log.upkeep.clean(3_600_000)
    assert log.kept() == [(9_999, b"2")]


def test_batches_cover_the_holes(log: Log) -> None:
    log.append(0, (b"a", b"a1"), (b"b", b"b1"), (b"a", b"a2"), (b"b", b"b2"), (b"a", b"a3"))
    log.append(0, (b"b", None))
    log.compact(DAY_MINUTES + 60)
    log.append(DAY_MINUTES + 61, (b"c", b"c1"), (b"c", None))
    log.compact(3 * DAY_MINUTES)
    assert log.kept() == [(4, b"a3")]

    async def read(start: int) -> list[Batch]:
        worker_log = EmbeddedWorkerLog(log.path, "tierstream")
        await worker_log.start()
        batches = [batch async for batch in worker_log.read("customers", 0, start)]
        await worker_log.stop()
        return batches

    (whole,) = asyncio.run(read(1))
    assert (whole.first_offset, whole.next_offset) == (1, 8)
    assert [record.offset for record in whole.records] == [4]
    assert asyncio.run(read(5)) == [Batch("customers", 0, 5, 8, [])]


def test_retention_takes_what_is_too_old_from_the_start(log: Log) -> None:
    log.append(0, (b"a", b"1"), (b"b", b"2"), topic="orders")
    log.append(60, (b"a", b"3"), topic="orders")
    log.upkeep.clean((DAY_MINUTES + 30) * 60_000)
    assert log.kept("orders") == [(2, b"3")]
    log.upkeep.clean((DAY_MINUTES + 90) * 60_000)
    assert log.kept("orders") == []
    assert log.client.end_offsets("orders") == {0: 3}


def test_an_erased_value_is_not_left_in_the_file(log: Log) -> None:
    log.append(0, (b"a", b"a secret of a customer"), (b"a", None))
    log.compact(60)
    log.database.checkpoint()
    assert b"a secret of a customer" not in log.path.read_bytes()


def test_a_checkpoint_takes_the_write_ahead_log_into_the_file(log: Log) -> None:
    log.append(0, (b"a", b"v" * 100_000))
    log.database.checkpoint()
    assert b"v" * 1_000 in log.path.read_bytes()
