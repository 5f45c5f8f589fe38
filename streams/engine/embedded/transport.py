"""Faust on the embedded log: `embedded:///absolute/path` as the broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import apsw
from faust.transport import base
from faust.types import TP
from mode import Service

from streams.engine import fault_points
from streams.engine.consumer import BatchConsumer
from streams.engine.embedded import rows
from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.embedded.lock import WorkerLock
from streams.engine.embedded.producer import EmbeddedProducer
from streams.engine.embedded.tail import Tail
from streams.engine.embedded.upkeep import Upkeep
from streams.engine.log import LogError
from streams.engine.records import Batch, TopicPartition, Write

_CHECKPOINT_SECONDS = 0.5
_CLEAN_EVERY = 120  # checkpoints: a minute


class EmbeddedConsumer(BatchConsumer):
    """The one worker of its application: every partition of the topics subscribed is its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._assignment: set[TP] = set()
        self._positions: dict[TP, int] = {}
        self._ends: dict[int, int] = {}
        self._seen = 0
        super().__init__(*args, **kwargs)
        self._path = self.transport.path
        self._resources = AsyncExitStack()

    async def on_start(self) -> None:
        """Take the lock, before anything of the log is touched, and open the log."""
        lock = WorkerLock(self._path, self.app.conf.id)
        lock.take()
        self._resources.callback(lock.free)
        self._reader, self._writer = Database(self._path), Database(self._path)
        self._resources.callback(self._reader.close)
        self._resources.callback(self._writer.close)
        self._catalogue = Catalogue(self._reader)
        self._tail = Tail(self._reader)
        self._tail.start()
        self._resources.push_async_callback(self._tail.stop)
        await super().on_start()

    async def on_shutdown(self) -> None:
        """Everything has stopped: close the log, and let another worker have it."""
        await super().on_shutdown()
        await self._resources.aclose()

    # -- membership

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Take every partition of these topics; LogError where one does not exist."""
        wanted = {
            TP(name, number)
            for name in topics
            for number in range(self._catalogue.topic(name).partitions)
        }
        if wanted != self._assignment:
            # Faust's callbacks wait for this method to return.
            self.add_future(self._rebalance(wanted))

    async def _rebalance(self, wanted: set[TP]) -> None:
        self.app.on_rebalance_start()
        if self._assignment:
            await self.on_partitions_revoked(set(self._assignment))
        self._assignment = wanted
        self.app.consumer_generation_id += 1
        await self.on_partitions_assigned(set(wanted), self.app.consumer_generation_id)

    def assignment(self) -> set[TP]:
        return set(self._assignment)

    def topic_partitions(self, topic: str) -> int | None:
        found = self._catalogue.topics().get(topic)
        return None if found is None else found.partitions

    def key_partition(
        self, topic: str, key: bytes | None, partition: int | None = None
    ) -> int | None:
        return self._catalogue.place(Write(topic, partition, key, None)).partition

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        await self.app.producer.create_topic(*args, **kwargs)

    # -- offsets

    async def position(self, tp: TP) -> int | None:
        return self._positions.get(tp)

    def highwater(self, tp: TP) -> int:
        return self._ends.get(self._table(tp), 0)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        self._ends = rows.end_offsets(self._reader)
        return {tp: self.highwater(tp) for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        return {tp: rows.earliest_offset(self._reader, self._table(tp)) for tp in partitions}

    async def _committed(self, tps: set[TP]) -> Mapping[TP, int]:
        found = self._reader.query(
            "SELECT topic, partition, next_offset FROM commits WHERE consumer_group = ?",
            (self.app.conf.id,),
        )
        return {TP(t, p): offset for t, p, offset in found if TP(t, p) in tps}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """What the log is told is a hint: where that fails, the next commit tells it."""
        group = self.app.conf.id
        entries = [(group, tp.topic, tp.partition, offset) for tp, offset in offsets.items()]
        fault_points.before("source offset commit")
        try:
            await self._writer.write_async(
                lambda: self._writer.run_many(
                    "INSERT INTO commits VALUES (?, ?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset",
                    entries,
                )
            )
        except LogError as error:
            self.log.warning("the log could not be told how far the group is: %s", error)
            return False
        fault_points.after("source offset commit")
        return True

    # -- fetching: on the loop's own thread, see EmbeddedWorkerLog

    def _start_fetching(self, tp: TP, offset: int) -> None:
        end = rows.end_offsets(self._reader)[self._table(tp)]
        if not 0 <= offset <= end:
            raise LogError(
                f"{tp.topic}[{tp.partition}] can't be read from offset {offset}: the log "
                f"{self._path} ends at {end}, so it lost its newest records or is another log; "
                "restore it, or remove the state that was made from it"
            )
        self._positions[tp] = offset

    def _stop_fetching(self, tp: TP) -> None:
        self._positions.pop(tp, None)

    async def _fetch(self, tps: set[TP]) -> list[Batch]:
        self._seen = self._tail.count
        self._ends = rows.end_offsets(self._reader)
        return [self._read(tp) for tp in tps if self._positions[tp] < self.highwater(tp)]

    def _read(self, tp: TP) -> Batch:
        partition = TopicPartition(*tp)
        batch = rows.read(
            self._reader, self._table(tp), partition, self._positions[tp], self.highwater(tp)
        )
        self._positions[tp] = batch.next_offset
        return batch

    async def _wait_for_records(self, tps: set[TP]) -> None:
        await self._tail.wait(self._seen)

    def _table(self, tp: TP) -> int:
        return self._catalogue.table(TopicPartition(*tp))

    # -- upkeep

    @Service.task
    async def _keep_up(self) -> None:
        """Checkpoints, and compaction once all partitions are recovered and flow."""
        with ThreadPoolExecutor(1, "log-upkeep") as thread:
            loop = asyncio.get_running_loop()
            database = Database(self._path)
            upkeep = Upkeep(database, lambda: self.should_stop)
            rounds = 0
            try:
                while not self.should_stop:
                    await self.sleep(_CHECKPOINT_SECONDS)
                    rounds += 1
                    await loop.run_in_executor(thread, upkeep.checkpoint)
                    if rounds % _CLEAN_EVERY == 0 and self._assignment and not self.held():
                        now_ms = time.time_ns() // 1_000_000
                        await loop.run_in_executor(thread, upkeep.clean, now_ms)
            finally:
                thread.submit(database.close)


class Transport(base.Transport):
    """Registered by `streams.engine.transports.register`."""

    Consumer = EmbeddedConsumer
    Producer = EmbeddedProducer
    driver_version = f"sqlite={apsw.sqlite_lib_version()}"
    default_port = 0

    @property
    def path(self) -> Path:
        """The file of the log."""
        return Path(self.url[0].path)
