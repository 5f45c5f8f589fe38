"""Faust's transport to Kafka in which one message is one `Batch`: `tierstream-kafka://host:port`.

An app with an attribute `kafka_connection` is connected by it, else by the servers of the URL,
without TLS or SASL. Everything runs on the app's event loop, without a consumer thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Mapping
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.structs import OffsetAndMetadata
from aiokafka.structs import TopicPartition as KafkaPartition
from faust.transport.drivers import aiokafka as stock
from faust.types import TP

from streams.engine import fault_points
from streams.engine.consumer import BatchConsumer
from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.errors import kafka_errors_as_log_errors
from streams.engine.kafka.raw_fetch import RawFetch
from streams.engine.kafka.reader import reading_consumer
from streams.engine.log import LogError
from streams.engine.records import Batch, TopicPartition

# The broker answers one fetch of a node at a time. A partition that is released while an empty one
# is held back waits for that.
_FETCH_WAIT_MS = 100
# Whether the worker makes progress is for its health check to say, not for the group.
_MAX_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000

# What the group is told on leaving or in a rebalance is a hint: a broker that has gone away must
# hold up neither.
_ANSWER_SECONDS = 5.0


class _RebalanceListener(ConsumerRebalanceListener):
    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> Awaitable[None]:
        # Before anything is awaited, so that Faust knows of the rebalance whatever follows.
        self._consumer.app.on_rebalance_start()
        return self._consumer.on_partitions_revoked({TP(*key) for key in revoked})

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        if not self._consumer.connected:
            return  # a rebalance met its end: who leaves takes nothing over
        generation = self._consumer.generation()
        self._consumer.app.consumer_generation_id = generation
        await self._consumer.on_partitions_assigned({TP(*key) for key in assigned}, generation)


class Consumer(BatchConsumer):
    """Whole fetches of committed records, through aiokafka's consumer group."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kafka: AIOKafkaConsumer | None = None
        self._raw: RawFetch | None = None

    async def on_start(self) -> None:
        self._kafka = self._new_kafka_consumer()
        with kafka_errors_as_log_errors(connection_of(self.app, self.transport), "connecting"):
            await self._kafka.start()
        self._raw = RawFetch(self._kafka)
        await super().on_start()

    async def on_stop(self) -> None:
        kafka = self._kafka
        if kafka is None:
            return
        await super().on_stop()
        self._kafka = None
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await kafka.stop()
        except TimeoutError:
            self.log.warning("the group was not told that this worker leaves: no answer in time")

    def close(self) -> None:
        """Faust's wish in a rebalance while it stops: `on_stop` does it."""

    def _new_kafka_consumer(self) -> AIOKafkaConsumer:
        conf = self.app.conf
        return reading_consumer(
            connection_of(self.app, self.transport),
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self.app.assignor],
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            max_poll_interval_ms=_MAX_POLL_INTERVAL_MS,
            request_timeout_ms=_milliseconds(conf.broker_request_timeout),
            session_timeout_ms=_milliseconds(conf.broker_session_timeout),
            rebalance_timeout_ms=_milliseconds(conf.broker_rebalance_timeout),
            heartbeat_interval_ms=_milliseconds(conf.broker_heartbeat_interval),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
        )

    def _connected(self) -> AIOKafkaConsumer:
        if self._kafka is None:
            raise LogError("the consumer has to be started first")
        return self._kafka

    # -- the group

    @property
    def connected(self) -> bool:
        """Whether it has been started and is not being stopped."""
        return self._kafka is not None

    async def subscribe(self, topics: Iterable[str]) -> None:
        self._connected().subscribe(topics=set(topics), listener=_RebalanceListener(self))

    def assignment(self) -> set[TP]:
        return set() if self._kafka is None else {TP(*key) for key in self._kafka.assignment()}

    def generation(self) -> int:
        """The number of the group's present rebalance."""
        return int(self._connected()._coordinator.generation)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """What the group is told is a hint: where that fails, the next commit tells it."""
        ours = self.assignment()
        told = {
            KafkaPartition(*tp): OffsetAndMetadata(offset, "")
            for tp, offset in offsets.items()
            if tp in ours
        }
        fault_points.before("source offset commit")
        telling = asyncio.ensure_future(self._connected().commit(told))
        # Not cancelled where it takes longer: aiokafka would leave a task behind whose exception
        # nobody takes.
        await asyncio.wait([telling], timeout=_ANSWER_SECONDS)
        if not telling.done():
            telling.add_done_callback(_take_exception)
            self.log.warning("the group could not be told how far it is: no answer in time")
            return False
        try:
            telling.result()
        except KafkaError as error:
            self.log.warning("the group could not be told how far it is: %r", error)
            return False
        fault_points.after("source offset commit")
        return True

    async def _committed(self, tps: set[TP]) -> Mapping[TP, int]:
        # Not `AIOKafkaConsumer.committed`: within a rebalance it would wait for its end.
        coordinator = self._connected()._coordinator
        found = await coordinator.fetch_committed_offsets([KafkaPartition(*tp) for tp in tps])
        return {TP(*key): known.offset for key, known in found.items() if known.offset >= 0}

    # -- fetching

    async def _fetch(self, tps: set[TP]) -> list[Batch]:
        with kafka_errors_as_log_errors(connection_of(self.app, self.transport), "fetching"):
            return await self._raw_fetch().take(_plain(tps))

    async def _wait_for_records(self, tps: set[TP]) -> None:
        await self._raw_fetch().waiter(_plain(tps))

    def _start_fetching(self, tp: TP, offset: int) -> None:
        self._raw_fetch().seek(TopicPartition(tp.topic, tp.partition), offset)
        self._connected().resume(KafkaPartition(*tp))

    def _stop_fetching(self, tp: TP) -> None:
        if tp in self.assignment():
            self._connected().pause(KafkaPartition(*tp))

    def _raw_fetch(self) -> RawFetch:
        if self._raw is None:
            raise LogError("the consumer has to be started first")
        return self._raw

    # -- what Faust asks

    async def position(self, tp: TP) -> int | None:
        position: int = await self._connected().position(KafkaPartition(*tp))
        return position

    def highwater(self, tp: TP) -> int:
        end: int | None = self._connected().last_stable_offset(KafkaPartition(*tp))
        return end or 0

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        ends = await self._connected().end_offsets([KafkaPartition(*tp) for tp in partitions])
        return {TP(*key): end for key, end in ends.items()}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        keys = [KafkaPartition(*tp) for tp in partitions]
        first = await self._connected().beginning_offsets(keys)
        return {TP(*key): offset for key, offset in first.items()}

    def topic_partitions(self, topic: str) -> int | None:
        known = self._connected()._client.cluster.partitions_for_topic(topic)
        return None if known is None else len(known)

    def key_partition(
        self, topic: str, key: bytes | None, partition: int | None = None
    ) -> int | None:
        known = self._connected()._client.cluster.partitions_for_topic(topic)
        if known is None or partition is not None:
            return partition
        chosen: int = DefaultPartitioner()(key, sorted(known), sorted(known))
        return chosen

    async def create_topic(self, *args: Any, **kwargs: Any) -> None:
        producer = await self.app.maybe_start_producer()
        await producer.create_topic(*args, **kwargs)


class Producer(stock.Producer):
    """Faust's own producer, connected like the rest."""

    def _settings_auth(self) -> Mapping[str, Any]:
        return connection_of(self.app, self.transport).for_aiokafka()


class Transport(stock.Transport):
    """What Faust finds under `tierstream-kafka://`."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer


def connection_of(app: Any, transport: Any) -> KafkaConnection:
    """The app's connection, or else the servers of the URL."""
    connection: KafkaConnection | None = getattr(app, "kafka_connection", None)
    if connection is not None:
        return connection
    return KafkaConnection(tuple(stock.server_list(transport.url, transport.default_port)))


def _plain(tps: Iterable[TP]) -> Collection[TopicPartition]:
    return {TopicPartition(tp.topic, tp.partition) for tp in tps}


def _take_exception(done: asyncio.Future[None]) -> None:
    if not done.cancelled():
        done.exception()


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
