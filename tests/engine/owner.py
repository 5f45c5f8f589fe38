"""An owner of a partition whose changelog is a real one, on an embedded log; and what a recovery
of that partition finds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from streams.domain.rules import parse_rules
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.keys import MARKER
from streams.engine.log import LogError, NewTopic
from streams.engine.marker import encode_marker
from streams.engine.partition import Partition
from streams.engine.records import Batch, TopicPartition, Write
from streams.engine.recovery import recover
from streams.engine.replica import Place, Replica
from streams.engine.segments import encode_segments
from streams.engine.store import StoreMemory
from tests.engine.comparing import feed_all
from tests.engine.machine import Machine
from tests.oracle.sending import Sent, lay

CHANGELOG = TopicPartition("tierstream-customers-changelog", 0)
RULES = parse_rules("", "test")
MEMORY = StoreMemory()


class Owner(Machine):
    """One partition, run by hand: what `told` doesn't cover yet of its changelog, `tell` commits.

    Markers lie in the changelog like on a real log, so that offsets are the same as there.
    """

    def __init__(self, log: EmbeddedWorkerLog, state_id: str = "test") -> None:
        super().__init__(None, RULES)
        self._log = log
        self._told = 0
        self._sent: list[Sent] = []
        self._fed = 0
        self.partitions[0].marker.state_id = state_id

    def commit(self, partition: Partition) -> None:
        super().commit(partition)
        partition.marker.segments = encode_segments(partition.table.segments)
        changelog = self.changelogs[0]
        changelog.append((MARKER, encode_marker(partition.marker)))
        partition.marker.changelog_offset = len(changelog) - 1

    async def take(self, *sent: Sent) -> None:
        """Fold records in, one batch a topic, do what there is to do, and commit it all."""
        self._sent += sent
        laid = lay(self._sent, 1)
        feed_all(self, laid[self._fed :], batch=5000)
        self._fed = len(laid)
        self.rest()
        await self.tell()

    async def tell(self) -> None:
        """Commit to the log what it has not got yet."""
        untold = self.changelogs[0][self._told :]
        self._told += len(untold)
        transactions = self._log.transactions("customers", 0)
        await transactions.take_over()
        await transactions.commit([Write(*CHANGELOG, key, value) for key, value in untold])
        await transactions.close()


class Found(NamedTuple):
    """What a recovery finds, and how many records it reads for it."""

    stored: dict[bytes, bytes]  # without what the store says of itself
    counts: object
    segments: object
    pending: set[bytes]
    offset: int
    read: int


async def recovered(log: EmbeddedWorkerLog, place: Place, standby: Replica | None = None) -> Found:
    """Take the partition over, look, and give it back."""
    read = 0

    def count(records: int) -> None:
        nonlocal read
        read += records

    found = await recover(log, place, MEMORY, RULES, count, standby)
    table = found.table
    stored = dict(table.store.scan(b"\x01", b"\xff"))
    table.store.close()
    offset = found.marker.changelog_offset
    return Found(stored, table.counts.cells, table.segments, {*found.pending}, offset, read)


def place_in(folder: Path) -> Place:
    """The partition's place in a data folder."""
    return Place(CHANGELOG, folder / "tierstream-0", 1)


class Log(EmbeddedWorkerLog):
    """Notes from which offsets it is followed; fails as often as it is told."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "tierstream")
        self.starts: list[int] = []
        self.failures = 0

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        """See `WorkerLog.follow`."""
        self.starts.append(start)
        if self.failures:
            self.failures -= 1
            raise LogError("the broker has gone")
        async for batch in super().follow(topic, partition, start):
            yield batch


@asynccontextmanager
async def open_log(folder: Path) -> AsyncIterator[Log]:
    """An embedded log with an empty changelog."""
    client = EmbeddedClient(folder / "log.db")
    client.create([NewTopic(CHANGELOG.topic, 1, compacted=True)])
    client.close()
    log = Log(folder / "log.db")
    await log.start()
    try:
        yield log
    finally:
        await log.stop()
