"""Borders get versions that no others ever had: what partitions stand by is told apart by them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from schemas.encoding import encode
from schemas.internal import Borders, CountsChunk, Progress
from streams.domain.rules import parse_rules
from streams.engine.borders import BorderKeeper
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import NewTopic, WorkerLog
from streams.engine.records import TopicPartition, Write
from tests.engine.log_contract import LogUnderTest

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BORDERS, COUNTS, PROGRESS = "pyramid-borders", "pyramid-counts", "progress"


@pytest.fixture
def log(tmp_path: Path) -> LogUnderTest:
    path = tmp_path / "log.db"
    client = EmbeddedClient(path)
    client.create([NewTopic(BORDERS, 1), NewTopic(COUNTS, 1), NewTopic(PROGRESS, 2)])
    return LogUnderTest(client, lambda: EmbeddedWorkerLog(path, "tierstream"), lambda name: name)


def counts(version: int, active: int) -> list[Write]:
    """Counts of partition 0: so many customers of one value."""
    chunk = CountsChunk(kind="rank", partition=0, chunk=0, version=version, counts=[(9, active, 9)])
    head = msgspec.structs.replace(chunk, kind="head", counts=[])
    return [Write(COUNTS, 0, f"0/{one.kind}/0".encode(), encode(one)) for one in (chunk, head)]


def progress(partition: int, borders: int, scores: int) -> Write:
    said = Progress(
        at=AT, partition=partition, inputs={}, stream_time=None, days_done=None, due_pending=False,
        rules="", counts=1, counts_pending=False, borders=borders, scores=scores,
        standings_pending=0, web=None,
    )  # fmt: skip
    return Write(PROGRESS, partition, b"%d" % partition, encode(said))


def keep(log: LogUnderTest) -> list[int]:
    """A keeper takes over and reads what counts there are; the versions in the topic then."""

    async def one_keeper(worker_log: WorkerLog) -> None:
        places = [TopicPartition(PROGRESS, number) for number in (0, 1)]
        rules = parse_rules("", "the test's rules")
        transactions = worker_log.transactions("borders", 0)
        keeper = BorderKeeper(transactions, BORDERS, COUNTS, places, rules, lambda: AT)
        await keeper.take_over(worker_log)
        async for batch in worker_log.read(COUNTS, 0, 0):
            await keeper.take(batch)
        await keeper.close()

    log.run(one_keeper)
    values = [value for value in log.values(BORDERS) if value is not None]
    return [msgspec.json.decode(value, type=Borders).version for value in values]


def test_versions_rise_by_one_from_keeper_to_keeper(log: LogUnderTest) -> None:
    log.client.append(counts(1, active=3))
    assert keep(log) == [1]
    assert keep(log) == [1]
    log.client.append(counts(2, active=4))
    assert keep(log) == [1, 2]


@pytest.mark.parametrize(("tiers", "scores"), [(17, 12), (12, 17)])
def test_a_topic_made_anew_begins_above_what_partitions_stand_by(
    log: LogUnderTest, tiers: int, scores: int
) -> None:
    log.client.append([progress(0, 3, 3), progress(1, tiers, scores), *counts(1, active=3)])
    assert keep(log) == [18]
