"""The log for the worker, on Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition as KafkaPartition

from streams.engine.kafka import reader
from streams.engine.kafka.batching import Batcher, Batches, collect, known_topics
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import KAFKA_ERRORS, kafka_errors_as_log_errors
from streams.engine.kafka.producers import plain_producer, stop_producer
from streams.engine.kafka.refusal import connecting_error
from streams.engine.kafka.sending import outside_transactions, send_batches
from streams.engine.kafka.transactions import KafkaTransactions
from streams.engine.log import LogError, Transactions
from streams.engine.records import Batch, TopicPartition, Write

TRANSACTION_TIMEOUT_MS = 10_000
_MARKER_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 0.002

_Part = TypeVar("_Part")


class KafkaWorkerLog:
    """See `streams.engine.log.WorkerLog`.

    Transactional ids are `{transactional_prefix}-{role}-{partition}`; the prefix has the topics'
    prefix and the application in it, so that two of them never fence each other. A transaction
    that is left open is aborted by the broker after `transaction_timeout_ms`.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        transactional_prefix: str,
        transaction_timeout_ms: int = TRANSACTION_TIMEOUT_MS,
    ) -> None:
        self._connection = connection
        self._prefix = transactional_prefix
        self._timeout_ms = transaction_timeout_ms
        self._producer: AIOKafkaProducer | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._committed: dict[TopicPartition, int] = {}

    async def start(self) -> None:
        producer = self._producer = plain_producer(self._connection)
        consumer = self._consumer = reader.reading_consumer(self._connection)
        try:
            await producer.start()
            await reader.start_consumer(consumer)
        except KAFKA_ERRORS as error:
            raise await connecting_error(error, self._connection) from error

    async def stop(self) -> None:
        """May be called whether `start` succeeded or not."""
        producer, self._producer = self._producer, None
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()
        if producer is not None:
            await stop_producer(producer)

    def transactions(self, role: str, partition: int) -> Transactions:
        transactional_id = f"{self._prefix}-{role}-{partition}"
        return KafkaTransactions(
            self._connection, transactional_id, self._timeout_ms, self._note_commit
        )

    async def read(self, topic: str, partition: int, start: int) -> AsyncIterator[Batch]:
        where = TopicPartition(topic, partition)
        end = (await self.end_offsets([where]))[where]
        async for batch in self.read_to(where, start, end):
            yield batch

    def read_to(
        self, partition: TopicPartition, start: int, end: int
    ) -> AsyncGenerator[Batch, None]:
        """Like `read`, up to an end that is known."""
        return reader.read(self._connection, partition, start, end)

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        where = TopicPartition(topic, partition)
        async with aclosing(reader.follow(self._connection, where, start)) as batches:
            async for batch in batches:
                yield batch

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """See `WorkerLog.end_offsets`; what this log has committed is always before them."""
        consumer = _started(self._consumer)
        keys = [KafkaPartition(*where) for where in partitions]
        with kafka_errors_as_log_errors(self._connection, "asking for end offsets"):
            await known_topics(consumer._client, {where.topic for where in partitions})
            async with asyncio.timeout(_MARKER_SECONDS):
                while True:
                    ends: dict[KafkaPartition, int] = await consumer.end_offsets(keys)
                    if all(end > self._committed.get(_plain(k), -1) for k, end in ends.items()):
                        return {_plain(key): end for key, end in ends.items()}
                    # A commit is acknowledged a moment before its markers stand everywhere.
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def append(self, writes: Sequence[Write]) -> None:
        producer = _started(self._producer)
        await self.send(await collect(producer, writes))

    def batcher(self, partitions: Mapping[str, Sequence[int]]) -> Batcher:
        """Collects writes to these topics for `send`; it needs no event loop."""
        return Batcher(_started(self._producer), partitions)

    async def send(self, batches: Batches) -> None:
        """Append record batches that were collected; not again before the last send is done."""
        with kafka_errors_as_log_errors(self._connection, "appending"):
            producer = _started(self._producer)
            await send_batches(producer, batches, outside_transactions(producer))

    def _note_commit(self, last_offsets: Mapping[TopicPartition, int]) -> None:
        self._committed.update(last_offsets)


def _plain(key: KafkaPartition) -> TopicPartition:
    return TopicPartition(key.topic, key.partition)


def _started(part: _Part | None) -> _Part:
    if part is None:
        raise LogError("the log has to be started first")
    return part
