"""Writes, grouped by partition into the record batches that Kafka stores whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.engine.log import LogError
from streams.engine.records import TopicPartition, Write

# Kafka's limit of a topic (1,048,588 bytes by default) is that of a record batch. A record that is
# larger makes a batch of its own, which topics with a higher limit take.
MAX_BATCH_BYTES = 1_000_000
_METADATA_SECONDS = 2.5  # a topic made a moment ago takes a moment to be known everywhere
_LOOKS = 2  # a process that was stopped finds the time of one over as it wakes up

Batches = Mapping[TopicPartition, Sequence[BatchBuilder]]

_partition_of_key = DefaultPartitioner()


async def collect(producer: AIOKafkaProducer, writes: Sequence[Write]) -> Batches:
    """`writes` as record batches; LogError where a topic or partition doesn't exist."""
    batcher = Batcher(producer, await known_topics(producer.client, {w.topic for w in writes}))
    for write in writes:
        batcher.add(write)
    return batcher.take()


async def known_topics(client: AIOKafkaClient, topics: Iterable[str]) -> dict[str, list[int]]:
    """The partitions of each topic, sorted; LogError names a topic that doesn't exist."""
    return {topic: await _partitions(client, topic) for topic in topics}


async def _partitions(client: AIOKafkaClient, topic: str) -> list[int]:
    unknown: Exception | None = None
    for _ in range(_LOOKS):
        try:
            async with asyncio.timeout(_METADATA_SECONDS):
                return sorted(await client._wait_on_metadata(topic))
        except (UnknownTopicOrPartitionError, TimeoutError) as error:
            unknown = error
    raise LogError(f"Kafka knows no topic {topic}: the worker creates it at start") from unknown


class Batcher:
    """Collects writes into full record batches, in order for each partition."""

    def __init__(self, producer: AIOKafkaProducer, partitions: Mapping[str, Sequence[int]]) -> None:
        self._producer = producer
        self._partitions = partitions
        self._batches: dict[TopicPartition, list[BatchBuilder]] = {}

    def add(self, write: Write) -> None:
        """LogError where the partition does not exist."""
        where = self._place(write)
        batches = self._batches.get(where)
        if batches is None:
            batches = self._batches[where] = [self._producer.create_batch()]
        if not _append(batches[-1], write):
            batches.append(self._producer.create_batch())
            _append(batches[-1], write)

    def take(self) -> Batches:
        """What was collected, and begin anew."""
        taken, self._batches = self._batches, {}
        return taken

    def _place(self, write: Write) -> TopicPartition:
        partitions = self._partitions[write.topic]
        if write.partition is None:
            return TopicPartition(write.topic, _partition_of_key(write.key, partitions, partitions))
        if write.partition not in partitions:
            raise LogError(
                f"{write.topic} has no partition {write.partition}, only {len(partitions)}"
            )
        return TopicPartition(write.topic, write.partition)


def _append(batch: BatchBuilder, write: Write) -> Any:
    return batch.append(
        timestamp=None, key=write.key, value=write.value, headers=list(write.headers)
    )
