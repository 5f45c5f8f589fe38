"""Puts the worker together: the Faust app, the log beside it, the partitions and the web."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust

from schemas.clock import Tick
from schemas.encoding import encode
from streams import topics
from streams.broker import EmbeddedBroker
from streams.domain.rules import Rules
from streams.engine import assignor
from streams.engine.borders import BorderKeeper
from streams.engine.connect import consumer_group, kafka_connection, open_worker_log
from streams.engine.door import OWN_TICK, DoorSettings, Topics
from streams.engine.lifecycle import Partitions, Worker
from streams.engine.partition import Identity
from streams.engine.partitioner import default_partition
from streams.engine.ranking import Ranking
from streams.engine.records import TopicPartition, Write
from streams.engine.replica import Place
from streams.engine.store import StoreMemory
from streams.engine.transports import EMBEDDED_SCHEME, KAFKA_SCHEME, register
from streams.metrics.monitor import Monitor
from streams.projection.projection import Projection
from streams.setting_values import Address
from streams.settings import Settings

TICK_SECONDS = 10.0
# Without a heartbeat for so long a worker on Kafka is taken for dead. The others hear of it with a
# heartbeat of theirs: both, and taking over, have to fit into 15 s.
SESSION_SECONDS = 10.0
HEARTBEAT_SECONDS = 1.0
_BUFFERED_BATCHES = 4  # of a topic, read ahead of the doors

log = logging.getLogger(__name__)


def wall_clock() -> datetime:
    """The time it is."""
    return datetime.now(UTC)


class WorkerApp:
    """One worker. `start`, then wait for `failed`, then `stop`."""

    def __init__(self, settings: Settings, rules: Rules, partitions: int, web: Address) -> None:
        self.settings = settings
        self.rules = rules
        self.number_of_partitions = partitions
        self.web = web
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.worker_log = open_worker_log(settings)
        self.ranking = Ranking(
            self.worker_log, self._full(topics.PYRAMID_COUNTS), self._full(topics.PYRAMID_BORDERS),
            rules,
        )  # fmt: skip
        self.faust = self._new_faust_app()
        self.monitor = Monitor(settings, rules)
        shared = self._shared()
        self.partitions = Partitions(shared)
        self.projection = self._new_projection()
        self.monitor.look_at(shared, self.partitions, self.projection)
        self.faust.lifecycle = self.partitions
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Join, take partitions over, begin."""
        await self.worker_log.start()
        await self.faust.start()
        self._run(self.ranking.follow_counts)
        self._run(self.ranking.follow_borders)
        self._run(self._watch_faust)
        if self.projection is not None:
            self._run(self.projection.run)
        self._run(self.monitor.watch)
        if self.settings.ticks:
            self._run(self._tick)

    async def stop(self) -> None:
        """Let what is under way land, and leave. A step that fails doesn't keep the next from
        being done: it makes the worker fail."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for step in (self.partitions.close, self.faust.stop, self.worker_log.stop):
            try:
                await step()
            except Exception as error:
                log.exception("could not stop cleanly")
                self.fail(error)

    def fail(self, error: BaseException) -> None:
        """The worker can't go on."""
        if not self.failed.done():
            self.failed.set_result(error)

    # -- parts

    def _full(self, topic: topics.Topic) -> str:
        return self.settings.topic(topic)

    def _new_faust_app(self) -> faust.App:
        register()
        assignor.install()
        broker = self.settings.broker
        if isinstance(broker, EmbeddedBroker):
            url = f"{EMBEDDED_SCHEME}://{Path(broker.path).absolute()}"
        else:
            url = ";".join(f"{KAFKA_SCHEME}://{server}" for server in broker.servers)
        app = faust.App(
            consumer_group(self.settings),
            broker=url,
            store="memory://",
            datadir=str(self.settings.data / "faust"),
            topic_allow_declare=False,
            topic_disable_leader=True,
            stream_wait_empty=False,
            stream_buffer_maxsize=_BUFFERED_BATCHES,
            consumer_auto_offset_reset="earliest",
            table_standby_replicas=self.settings.standbys,
            broker_session_timeout=SESSION_SECONDS,
            broker_heartbeat_interval=HEARTBEAT_SECONDS,
            web_bind=self.web.host,
            web_host=self.web.host,
            web_port=self.web.port,
            version=1,
        )
        if not isinstance(broker, EmbeddedBroker):
            app.kafka_connection = kafka_connection(self.settings)
        return app

    def _shared(self) -> Worker:
        settings = self.settings
        inputs = tuple(self._full(topic) for topic in topics.INPUTS)
        door_topics = Topics(
            inputs=tuple(self._full(topic) for topic in topics.INPUTS if topic != topics.CLOCK),
            changelog=self._full(settings.changelog),
            progress=self._full(topics.PROGRESS),
            counts=self._full(topics.PYRAMID_COUNTS),
        )
        return Worker(
            worker_log=self.worker_log,
            ranking=self.ranking,
            memory=StoreMemory(),
            rules=self.rules,
            inputs=inputs,
            place=self._place,
            identity=self._identity,
            door=DoorSettings(
                topics=door_topics,
                standings_interval=settings.standings_interval,
                web=str(self.web),
                mark_done=lambda tp, offset: self.faust.consumer.mark_done(tp, offset),  # noqa: PLW0108 - the consumer is made later
                read_again=lambda tp, offset: self.faust.consumer.release({tp: offset}),
                wall_clock=wall_clock,
                landed=self.monitor.commits.landed,
            ),
            release=lambda positions: self.faust.consumer.release(positions),  # noqa: PLW0108
            new_keeper=self._new_keeper,
            failed=self.fail,
            standbys=self._standbys,
        )

    def _place(self, number: int) -> Place:
        settings = self.settings
        changelog = TopicPartition(self._full(settings.changelog), number)
        path = settings.data / "stores" / f"{consumer_group(settings)}-{number}"
        return Place(changelog, path, self.number_of_partitions)

    def _standbys(self) -> set[int]:
        """The partitions that the group's leader wants us to keep copies of. It decides that as
        it assigns partitions, and makes those who have a copy the owners of what others lose."""
        if not self.settings.standbys:
            return set()  # whatever the leader's setting is
        first = self._full(topics.INPUTS[0])
        return {tp.partition for tp in self.faust.assignor.assigned_standbys() if tp.topic == first}

    def _identity(self, number: int) -> Identity:
        settings, partitions = self.settings, self.number_of_partitions

        def is_ours(key: bytes) -> bool:
            return default_partition(key, partitions) == number

        trust = settings.partitioner == "trust"
        return Identity(settings.app_id, settings.topic_prefix, number, None if trust else is_ours)

    def _new_keeper(self) -> BorderKeeper:
        transactions = self.worker_log.transactions("borders", 0)
        borders, counts = self._full(topics.PYRAMID_BORDERS), self._full(topics.PYRAMID_COUNTS)
        name, partitions = self._full(topics.PROGRESS), range(self.number_of_partitions)
        progress = [TopicPartition(name, number) for number in partitions]
        return BorderKeeper(transactions, borders, counts, progress, self.rules, wall_clock)

    def _new_projection(self) -> Projection | None:
        url = self.settings.redis_url
        if url is None:
            return None
        app, topic = consumer_group(self.settings), self._full(topics.CUSTOMER_STANDINGS)
        return Projection(url, app, topic, self.worker_log, self.partitions.partitions)

    # -- tasks

    def _run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(work())
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.fail(error)

    async def _watch_faust(self) -> None:
        await self.faust._crashed.wait()
        self.fail(self.faust.crash_reason or RuntimeError("Faust has stopped"))

    async def _tick(self) -> None:
        """Ticks from the wall clock, one to each partition that is ours."""
        topic = self._full(topics.CLOCK)
        while True:
            value = encode(Tick(wall_clock()))
            owned = [partition.identity.number for partition in self.partitions.partitions()]
            if owned:
                header = ((OWN_TICK, b"1"),)
                await self.worker_log.append(
                    [Write(topic, number, None, value, header) for number in owned]
                )
            await asyncio.sleep(TICK_SECONDS if owned else 0.2)
