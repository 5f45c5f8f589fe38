"""Reading one partition from an offset on, committed records only, outside any consumer group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition as KafkaPartition

from streams.engine.ending import to_its_end
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import kafka_errors_as_log_errors
from streams.engine.kafka.raw_fetch import FETCH_BYTES, RawFetch
from streams.engine.log import LogError
from streams.engine.records import Batch, TopicPartition

_FETCH_WAIT_MS = 250  # how long the broker holds back an answer that would be empty
_LOOK_AGAIN_SECONDS = 1.0  # for an error of the connection


def reading_consumer(connection: KafkaConnection, **settings: Any) -> AIOKafkaConsumer:
    """A consumer as the raw path wants it, not started; `settings` are added or replace."""
    chosen = {
        "isolation_level": "read_committed",
        "auto_offset_reset": "none",
        "enable_auto_commit": False,
        "max_partition_fetch_bytes": FETCH_BYTES,
        "fetch_max_wait_ms": _FETCH_WAIT_MS,
        **connection.for_aiokafka(),
        **settings,
    }
    return AIOKafkaConsumer(**chosen)


async def start_consumer(consumer: AIOKafkaConsumer) -> None:
    await consumer.start()
    # aiokafka's `stop` raises CancelledError where its tasks have not had their first turn.
    await asyncio.sleep(0)


async def read(
    connection: KafkaConnection, partition: TopicPartition, start: int, end: int
) -> AsyncGenerator[Batch, None]:
    """The batches of [start, end); `end` is a committed end (see `WorkerLog.read`)."""
    if start > end:
        raise LogError(
            f"offset {start} of {partition.topic}[{partition.partition}] lies behind its end "
            f"{end}: was the topic deleted and made anew?"
        )
    if start == end:
        return
    async with _following(connection, partition, start) as fetch:
        while fetch.position < end:
            yield _before(end, await fetch.next_batch())


async def follow(
    connection: KafkaConnection, partition: TopicPartition, start: int
) -> AsyncGenerator[Batch, None]:
    """The batches from `start` on, for ever (see `WorkerLog.follow`)."""
    async with _following(connection, partition, start) as fetch:
        end = await fetch.end_offset()
        while True:
            if fetch.position >= end:
                yield Batch(*partition, fetch.position, fetch.position, [])
            yield await fetch.next_batch()
            end = fetch.known_end()


class _PartitionFetch:
    """One partition, read batch by batch."""

    def __init__(self, consumer: AIOKafkaConsumer, partition: TopicPartition, start: int) -> None:
        self.position = start
        self._consumer = consumer
        self._partition = partition
        self._raw = RawFetch(consumer)
        self._raw.seek(partition, start)
        assignment = consumer._subscription.subscription.assignment
        self._state = assignment.state_value(KafkaPartition(*partition))

    async def end_offset(self) -> int:
        """The committed end, asked for now."""
        key = KafkaPartition(*self._partition)
        ends: dict[KafkaPartition, int] = await self._consumer.end_offsets([key])
        return ends[key]

    def known_end(self) -> int:
        """The committed end as of the last fetch."""
        return self._state.lso or 0

    async def next_batch(self) -> Batch:
        """The next batch, waited for."""
        while True:
            waiter = self._raw.waiter([self._partition])
            try:
                await asyncio.wait([waiter], timeout=_LOOK_AGAIN_SECONDS)
            finally:
                waiter.cancel()
            for batch in await self._raw.take([self._partition]):
                self.position = batch.next_offset
                return batch


@asynccontextmanager
async def _following(
    connection: KafkaConnection, partition: TopicPartition, start: int
) -> AsyncIterator[_PartitionFetch]:
    place = f"{partition.topic}[{partition.partition}]"
    with kafka_errors_as_log_errors(connection, f"reading {place}"):
        consumer = reading_consumer(connection)
        starting = asyncio.create_task(start_consumer(consumer))
        try:
            await asyncio.shield(starting)
            consumer.assign([KafkaPartition(*partition)])
            yield _PartitionFetch(consumer, partition, start)
        finally:
            await to_its_end(_stop(consumer, starting))


async def _stop(consumer: AIOKafkaConsumer, starting: asyncio.Task[None]) -> None:
    """Also one whose start nobody waits for any more: half a start would leave connections."""
    await asyncio.wait([starting])
    if not starting.cancelled():
        starting.exception()  # whoever waited for it has it
    await consumer.stop()


def _before(end: int, batch: Batch) -> Batch:
    """`batch` without what lies at or behind `end`."""
    if batch.next_offset <= end:
        return batch
    kept = [record for record in batch.records if record.offset < end]
    return Batch(batch.topic, batch.partition, batch.first_offset, end, kept)
