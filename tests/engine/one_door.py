"""A door at work on an empty partition, on a real log, and what it has told.

Time jumps (see `tests.kills.virtual_time`): while there is anything to do it stands still.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agents import orders
from streams.domain.rules import parse_rules
from streams.engine import door, inbox
from streams.engine.door import Door, DoorSettings, Topics
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.landed import Landed
from streams.engine.records import Batch, Record, TopicPartition
from streams.provision import ensure_topics
from streams.settings import Settings
from tests.engine.machine import WALL_CLOCK, Machine
from tests.kills.virtual_time import run
from tests.oracle.sending import order

SETTINGS = Settings.from_env({"TIERSTREAM_PARTITIONS": "2"})
TOPICS = Topics(("orders",), SETTINGS.changelog.name, "progress", "pyramid-counts")
BACKLOG = 40  # records of a batch as large as batches are
SMALL_SLICE, LARGE_SLICE = 5, 10


@dataclass
class Seen:
    """A door, and what it has told."""

    door: Door = field(init=False)
    landed: list[Landed] = field(default_factory=list)
    marks: list[tuple[TopicPartition, int]] = field(default_factory=list)
    read_again: list[tuple[TopicPartition, int]] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    async def rest(self) -> None:
        """Return when there is nothing to do any more."""
        while self.door.waiting or self.door.to_do() or self.door.standings_pending:  # noqa: ASYNC110 - the clock jumps
            await asyncio.sleep(1)


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices and limits a fraction of the usual, so that few records are many."""
    monkeypatch.setattr(inbox, "BATCH_RECORDS", BACKLOG)
    sizes = {
        "_RECORDS_OF_A_COMMIT": 100, "_BACKLOG_RECORDS": 10,
        "BUSY_SLICE": SMALL_SLICE, "IDLE_SLICE": LARGE_SLICE,
    }  # fmt: skip
    for name, size in sizes.items():
        monkeypatch.setattr(door, name, size)


@asynccontextmanager
async def opened(path: Path, number: int) -> AsyncIterator[Seen]:
    """A door at work on an empty partition of this number, whose customers all are."""
    worker_log = EmbeddedWorkerLog(path, "tierstream")
    await worker_log.start()
    transactions = worker_log.transactions("customers", number)
    await transactions.take_over()
    seen = Seen()
    settings = DoorSettings(
        topics=TOPICS, standings_interval=5.0, web="",
        mark_done=lambda place, offset: seen.marks.append((place, offset)),
        read_again=lambda place, offset: seen.read_again.append((place, offset)),
        wall_clock=lambda: WALL_CLOCK, landed=seen.landed.append,
    )  # fmt: skip
    partition = Machine(None, parse_rules("", "the test's rules")).partitions[0]
    partition.identity = partition.identity._replace(number=number)
    partition.table.get(b"nobody")  # with nothing to go by it would begin with one record
    seen.door = Door(partition, transactions, worker_log, settings, seen.failures.append)
    seen.door.start()
    yield seen
    await seen.door.close()
    await worker_log.stop()


def told(
    tmp_path: Path, story: Callable[[Seen], Coroutine[Any, Any, None]], number: int = 0
) -> Seen:
    """What the door of a partition has told when the story is over and the door closed."""
    path = tmp_path / "log.db"
    left: list[Seen] = []
    client = EmbeddedClient(path)
    ensure_topics(client, SETTINGS)
    client.close()

    async def whole() -> None:
        async with opened(path, number) as seen:
            await story(seen)
            left.append(seen)

    run(whole())
    return left[0]


def batch(first: int, names: range, at: str = "2024-03-01") -> Batch:
    """An order of each of these customers, from an offset on."""
    records = []
    for offset, name in enumerate(names, first):
        sent = order(f"c{name}", at, event_id=f"e{offset}")
        records.append(Record(offset, sent.key, sent.value, (), 0))
    return Batch("orders", 0, first, first + len(names), records)


async def put(seen: Seen, *batches: Batch) -> None:
    for each in batches:
        await seen.door.put(each, orders.INPUT)
