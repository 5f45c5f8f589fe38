"""The log for commands, on Kafka.

Topics are looked up and created with kafka-python. Records go through aiokafka, on an event loop
in a thread: there they move as whole record batches, where kafka-python's producer and consumer
handle one record at a time (13,000 appended and 19,000 read a second, on two cores).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, for_code

from streams.engine.kafka.batching import Batches
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import KAFKA_ERRORS, kafka_errors_as_log_errors
from streams.engine.kafka.loop_thread import LoopThread
from streams.engine.kafka.refusal import connecting_error
from streams.engine.kafka.topics import creation
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Record, TopicPartition, Write

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 60.0  # for one chunk written, or one batch read
_CHUNK_WRITES = 8000
_CHUNK_BYTES = 8 << 20


class KafkaClient:
    """See `streams.engine.log.LogClient`. LogError where no broker answers."""

    def __init__(
        self, connection: KafkaConnection, connect_seconds: float = _CONNECT_SECONDS
    ) -> None:
        self._connection = connection
        try:
            self._admin = KafkaAdminClient(
                **connection.for_kafka_python(), bootstrap_timeout_ms=int(connect_seconds * 1000)
            )
        except KAFKA_ERRORS as error:
            raise asyncio.run(connecting_error(error, connection)) from error
        self._loop: LoopThread | None = None
        self._log = KafkaWorkerLog(connection, "")
        self._known: dict[str, list[int]] = {}  # topics written to, and their partitions

    def topics(self) -> dict[str, int]:
        """Every topic with its number of partitions; Kafka's own are left out."""
        with kafka_errors_as_log_errors(self._connection, "listing topics"):
            found = self._admin.describe_topics()
        return {t["name"]: len(t["partitions"]) for t in found if not t["is_internal"]}

    def create(self, topics: Iterable[NewTopic]) -> None:
        exist = self.topics()
        missing = [topic for topic in topics if topic.name not in exist]
        if not missing:
            return
        names = ", ".join(topic.name for topic in missing)
        with kafka_errors_as_log_errors(self._connection, f"creating {names}"):
            brokers = self._admin.describe_cluster()["brokers"]
            living = sum(not broker.get("is_fenced") for broker in brokers)
            described = {topic.name: creation(topic, living) for topic in missing}
            self._raise_refused(self._admin.create_topics(described, raise_errors=False))
            self._admin.wait_for_topics(list(described))

    def append(self, writes: Iterable[Write]) -> int:
        loop, sent, before = self._running(), 0, None
        with kafka_errors_as_log_errors(self._connection, "appending"):
            for chunk in _chunks(writes):
                batches = self._collect(chunk)  # while the chunk before is on its way
                if before is not None:
                    before.result()
                before = loop.submit(self._log.send(batches), _ANSWER_SECONDS)
                sent += len(chunk)
            if before is not None:
                before.result()
        return sent

    def read(
        self, topic: str, start: Mapping[int, int] | None = None
    ) -> Iterator[tuple[int, Record]]:
        return self._read(topic, start or {}, self.end_offsets(topic))

    def end_offsets(self, topic: str) -> dict[int, int]:
        partitions = [TopicPartition(topic, number) for number in range(self._count(topic))]
        ends = self._running().run(self._log.end_offsets(partitions), _ANSWER_SECONDS)
        return {where.partition: end for where, end in ends.items()}

    def close(self) -> None:
        if self._loop is not None:
            self._loop.run(self._log.stop(), _ANSWER_SECONDS)
            self._loop.close()
        self._admin.close()

    def _read(
        self, topic: str, start: Mapping[int, int], ends: Mapping[int, int]
    ) -> Iterator[tuple[int, Record]]:
        loop = self._running()
        for partition, end in ends.items():
            where = TopicPartition(topic, partition)
            batches = self._log.read_to(where, start.get(partition, 0), end)
            with kafka_errors_as_log_errors(self._connection, f"reading {topic}[{partition}]"):
                for batch in loop.iterate(batches, _ANSWER_SECONDS):
                    for record in batch.records:
                        yield partition, record

    def _running(self) -> LoopThread:
        """The loop's thread, started together with the connections for records."""
        if self._loop is None:
            loop = self._loop = LoopThread("kafka-client")
            loop.run(self._log.start(), _ANSWER_SECONDS)
        return self._loop

    def _collect(self, chunk: list[Write]) -> Batches:
        for topic in {write.topic for write in chunk} - self._known.keys():
            self._known[topic] = list(range(self._count(topic)))
        batcher = self._log.batcher(self._known)
        for write in chunk:
            batcher.add(write)
        return batcher.take()

    def _count(self, topic: str) -> int:
        with kafka_errors_as_log_errors(self._connection, f"looking {topic} up"):
            (found,) = self._admin.describe_topics([topic])
        if found["error_code"] != 0:
            raise LogError(f"topic {topic} does not exist: the worker creates it at start")
        return len(found["partitions"])

    def _raise_refused(self, created: Mapping[str, Any]) -> None:
        """What has been created by someone else meanwhile is as good."""
        for topic in created["topics"]:
            if topic["error_code"] not in (0, TopicAlreadyExistsError.errno):
                raise for_code(topic["error_code"])(topic["error_message"])


def _chunks(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """`writes` in lists of a few thousand, or a few megabytes."""
    chunk: list[Write] = []
    size = 0
    for write in writes:
        chunk.append(write)
        size += len(write.value or b"")
        if len(chunk) >= _CHUNK_WRITES or size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
