"""Faust apps on Kafka: whole batches of committed records, positions, rebalancing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import faust
import pytest

from streams.engine.consumer import BatchSchema
from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Batch, TopicPartition, Write
from streams.engine.transports import KAFKA_SCHEME, register
from tests.engine.kafka_logs import connection, unused

PATIENCE_SECONDS = 30


class Setting:
    """Topics and a group of their own on the session's node."""

    def __init__(self, servers: str, folder: Path) -> None:
        self.servers = servers
        self.folder = folder
        self.client = KafkaClient(connection(servers))
        self.group = unused("group")
        self.orders = unused("orders")
        self.calls = unused("calls")
        self.client.create([NewTopic(self.orders, 4), NewTopic(self.calls, 4)])

    def append(self, topic: str, partition: int, *values: bytes) -> None:
        self.client.append(Write(topic, partition, b"k", value) for value in values)

    def everything(self) -> set[TopicPartition]:
        return {TopicPartition(topic, p) for topic in (self.orders, self.calls) for p in range(4)}


class Worker:
    """An app with one agent that notes the batches it is given. What it is assigned is released
    from `positions`, as far as they are known; they stand for the partitions' states."""

    def __init__(
        self,
        setting: Setting,
        name: str,
        positions: dict[TopicPartition, int] | None = None,
    ) -> None:
        register()
        self.faust = faust.App(
            setting.group,
            broker=f"{KAFKA_SCHEME}://{setting.servers}",
            store="memory://",
            datadir=str(setting.folder / name),
            topic_disable_leader=True,
            stream_buffer_maxsize=16,
            stream_wait_empty=False,
            broker_heartbeat_interval=0.3,
            broker_session_timeout=6.0,
            web_enabled=False,
            set_as_current=False,
        )
        self.faust.lifecycle = self
        self.positions = {} if positions is None else positions
        self.batches: list[Batch] = []
        self.mine: set[TopicPartition] = set()
        topic = self.faust.topic(
            setting.orders, setting.calls, schema=BatchSchema(), acks=False, maxsize=16
        )
        self.faust.agent(topic)(self._take)

    async def _take(self, stream: Any) -> None:
        async for batch in stream:
            where = TopicPartition(batch.topic, batch.partition)
            self.batches.append(batch)
            self.positions[where] = batch.next_offset
            self.faust.consumer.mark_done(where, batch.next_offset)

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        self.mine = set(partitions)
        self.consumer.release({w: self.positions[w] for w in partitions & self.positions.keys()})

    async def revoked(self, partitions: set[TopicPartition]) -> None:
        self.mine -= partitions

    def of(self, where: TopicPartition) -> list[Batch]:
        return [batch for batch in self.batches if (batch.topic, batch.partition) == where]

    def values(self) -> list[bytes | None]:
        return [record.value for batch in self.batches for record in batch.records]

    @property
    def consumer(self) -> Any:
        return self.faust.consumer


@pytest.fixture
def setting(kafka: str, tmp_path: Path) -> Iterator[Setting]:
    setting = Setting(kafka, tmp_path)
    yield setting
    setting.client.close()


@asynccontextmanager
async def _running(worker: Worker) -> AsyncIterator[Worker]:
    worker.faust.finalize()
    await worker.faust.start()
    try:
        yield worker
    finally:
        await worker.faust.stop()


async def _until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not met():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


def test_a_partition_is_held_until_it_is_released_at_a_position(setting: Setting) -> None:
    setting.append(setting.orders, 0, b"1", b"2", b"3")
    setting.append(setting.calls, 0, b"call")

    async def use() -> None:
        async with _running(Worker(setting, "one")) as worker:
            await _until(lambda: worker.mine == setting.everything())
            assert worker.consumer.held() == setting.everything()
            worker.consumer.release({TopicPartition(setting.calls, 0): 0})
            await _until(lambda: bool(worker.batches))
            assert worker.values() == [b"call"]
            worker.consumer.release({TopicPartition(setting.orders, 0): 2})
            await _until(lambda: len(worker.batches) == 2)
            assert worker.values() == [b"call", b"3"]
            assert (worker.batches[1].first_offset, worker.batches[1].next_offset) == (2, 3)

    asyncio.run(use())


def test_a_position_that_moves_without_records_is_told(setting: Setting) -> None:
    where = TopicPartition(setting.orders, 1)

    async def use() -> None:
        log = KafkaWorkerLog(connection(setting.servers), setting.group)
        await log.start()
        mine = log.transactions("test", 1)
        await mine.take_over()
        async with _running(Worker(setting, "one", {where: 0})) as worker:
            await mine.commit([Write(*where, b"k", b"1")])
            await _until(lambda: worker.positions[where] == 2)  # the record and its marker
            assert worker.values() == [b"1"]
            assert worker.batches[-1].next_offset == 2
        await mine.close()
        await log.stop()

    asyncio.run(use())


def test_a_backlog_comes_in_a_chain_of_bounded_batches(setting: Setting) -> None:
    where = TopicPartition(setting.orders, 2)
    values = [b"%d" % number for number in range(20_000)]
    setting.append(*where, *values)

    async def use() -> None:
        async with _running(Worker(setting, "one", {where: 0})) as worker:
            await _until(lambda: worker.positions[where] == 20_000)
            assert worker.values() == values
            assert max(len(batch.records) for batch in worker.batches) <= 4_000
            ends = [batch.next_offset for batch in worker.batches]
            assert [batch.first_offset for batch in worker.batches] == [0, *ends[:-1]]

    asyncio.run(use())


def test_what_is_marked_done_reaches_the_group(setting: Setting) -> None:
    where = TopicPartition(setting.orders, 0)
    setting.append(*where, b"1", b"2", b"3")

    async def use() -> None:
        async with _running(Worker(setting, "one", {where: 0})) as worker:
            await _until(lambda: len(worker.values()) == 3)
        async with _running(Worker(setting, "two")) as worker:
            await _until(lambda: worker.mine == setting.everything())
            assert dict(await worker.consumer._committed({where})) == {where: 3}

    asyncio.run(use())


def test_a_position_behind_the_end_stops_the_worker(setting: Setting) -> None:
    where = TopicPartition(setting.orders, 0)

    async def use() -> None:
        async with _running(Worker(setting, "one", {where: 7})) as worker:
            await _until(lambda: worker.faust.crashed)
            assert isinstance(worker.faust.crash_reason, LogError)
            assert "offset 7" in str(worker.faust.crash_reason)
            assert worker.batches == []

    asyncio.run(use())


def test_two_workers_share_partitions_and_no_record_is_skipped_or_taken_twice(
    setting: Setting,
) -> None:
    sent: dict[TopicPartition, list[bytes]] = {where: [] for where in setting.everything()}

    async def send(first: int) -> None:
        fresh = [b"%d" % number for number in range(first, first + 500)]
        for where, values in sent.items():
            values.extend(fresh)
            await asyncio.to_thread(setting.append, where.topic, where.partition, *fresh)

    def arrived(*workers: Worker) -> bool:
        return sum(len(w.values()) for w in workers) >= sum(map(len, sent.values()))

    async def use() -> None:
        positions = dict.fromkeys(setting.everything(), 0)
        one = Worker(setting, "one", positions)
        two = Worker(setting, "two", positions)
        async with _running(one):
            await send(0)
            await _until(lambda: arrived(one))
            async with _running(two):
                await send(500)
                await _until(lambda: len(one.mine) == len(two.mine) == 4)
                assert one.mine | two.mine == setting.everything()
                of_two = {where.partition for where in two.mine}
                assert len(of_two) == 2  # the same partitions of every topic
                await send(1_000)
                await _until(lambda: arrived(one, two))
                assert two.values()
            await send(1_500)
            await _until(lambda: arrived(one, two))
            assert one.mine == setting.everything()
        for where, values in sent.items():
            taken = sorted(one.of(where) + two.of(where), key=lambda batch: batch.first_offset)
            ends = [batch.next_offset for batch in taken]
            assert [batch.first_offset for batch in taken] == [0, *ends[:-1]]
            assert [record.value for batch in taken for record in batch.records] == values

    asyncio.run(use())
