"""The embedded log for the worker: transactions with a fence, and reading beside the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from streams.engine import fault_points
from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.embedded.tail import Tail
from streams.engine.log import FencedError, LogError
from streams.engine.records import Batch, TopicPartition, Write


class EmbeddedWorkerLog:
    """A `WorkerLog` on the file at `path`, for the application `group`.

    SQLite runs on the loop's own thread: a call takes microseconds, a commit of thousands of
    rows some milliseconds, and beside a busy thread every row would wait for the GIL.
    """

    def __init__(self, path: Path, group: str) -> None:
        self._path = Path(path)
        self._group = group
        self._open: _Open | None = None

    @property
    def uuid(self) -> str:
        """Names this log for ever; a log made anew at the same path has another."""
        return self._opened().reader.uuid

    async def start(self) -> None:
        self._open = _Open(self._path)
        self._open.tail.start()

    async def stop(self) -> None:
        if self._open is not None:
            opened, self._open = self._open, None
            await opened.close()

    def transactions(self, role: str, partition: int) -> EmbeddedTransactions:
        opened = self._opened()
        return EmbeddedTransactions(opened.writer, opened.catalogue, (self._group, role, partition))

    async def read(self, topic: str, partition: int, start: int) -> AsyncIterator[Batch]:
        opened, place = self._opened(), TopicPartition(topic, partition)
        table = opened.catalogue.table(place)
        end = rows.end_offsets(opened.reader)[table]
        while start < end:
            batch = rows.read(opened.reader, table, place, start, end)
            start = batch.next_offset
            yield batch
            await asyncio.sleep(0)  # a long read is no reason for others to stand still

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        opened, place = self._opened(), TopicPartition(topic, partition)
        table = opened.catalogue.table(place)
        while True:
            seen = opened.tail.count
            end = rows.end_offsets(opened.reader)[table]
            while start < end:
                batch = rows.read(opened.reader, table, place, start, end)
                start = batch.next_offset
                yield batch
                await asyncio.sleep(0)
            yield Batch(topic, partition, start, start, [])
            await opened.tail.wait(seen)

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        opened = self._opened()
        ends = rows.end_offsets(opened.reader)
        return {place: ends[opened.catalogue.table(place)] for place in partitions}

    async def append(self, writes: Sequence[Write]) -> None:
        opened = self._opened()
        planned = rows.plan(opened.catalogue, writes)
        await opened.writer.write_async(
            lambda: rows.append(opened.writer, opened.catalogue, planned)
        )

    def _opened(self) -> _Open:
        if self._open is None:
            raise LogError(f"the log {self._path} is not open: start it first")
        return self._open


class EmbeddedTransactions:
    """`Transactions` of one owner (group, role, partition).

    The owner's epoch is kept in the log itself and checked inside every transaction, so whoever
    took over later is the only one who can write.
    """

    def __init__(
        self, database: Database, catalogue: Catalogue, owner: tuple[str, str, int]
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._owner = owner
        self._epoch: int | None = None

    async def take_over(self) -> None:
        self._epoch = await self._database.write_async(self._next_epoch)

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        planned = rows.plan(self._catalogue, writes)

        def work() -> dict[TopicPartition, int]:
            fault_points.after("begin")
            self._check_epoch()
            last_offsets = rows.append(self._database, self._catalogue, planned)
            fault_points.before("commit")
            return last_offsets

        fault_points.before("begin")
        last_offsets = await self._database.write_async(work)
        fault_points.after("commit")
        return last_offsets

    async def close(self) -> None:
        self._epoch = None

    def _next_epoch(self) -> int:
        ((epoch,),) = self._database.query(
            "INSERT INTO owners VALUES (?, ?, ?, 1) "
            "ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
            self._owner,
        )
        return int(epoch)

    def _check_epoch(self) -> None:
        found = self._database.query(
            "SELECT epoch FROM owners WHERE (consumer_group, role, partition) = (?, ?, ?)",
            self._owner,
        )
        if self._epoch is None or found != [(self._epoch,)]:
            group, role, partition = self._owner
            raise FencedError(
                f"another worker of {group!r} has taken {role}[{partition}] over: "
                "this one must stop writing to it"
            )


class _Open:
    """What is open between start and stop. Two connections: a reader never waits for a writer,
    and is told of its commits."""

    def __init__(self, path: Path) -> None:
        self.reader = Database(path)
        self.writer = Database(path)
        self.catalogue = Catalogue(self.reader)
        self.tail = Tail(self.reader)

    async def close(self) -> None:
        await self.tail.stop()
        self.writer.close()
        self.reader.close()
