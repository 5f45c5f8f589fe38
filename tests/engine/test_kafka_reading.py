"""Who reads a partition of Kafka can be told to stop, whatever aiokafka is at."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer

from streams.engine import ending
from streams.engine.kafka import reader
from streams.engine.kafka.client import KafkaClient
from streams.engine.log import NewTopic
from streams.engine.records import TopicPartition
from tests.engine.kafka_logs import connection, unused

SECONDS = 60
FOR_EVER = 3600


class Deaf(AIOKafkaConsumer):
    """Swallows a cancellation that comes as it starts or stops, as aiokafka sometimes does."""

    where = ""
    reached: asyncio.Event

    async def start(self) -> None:
        await self._swallow("start")
        await super().start()

    async def stop(self) -> None:
        await self._swallow("stop")
        await super().stop()

    async def _swallow(self, where: str) -> None:
        if self.where == where:
            self.reached.set()
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                return


@pytest.mark.parametrize("where", ["start", "stop"])
def test_a_cancellation_that_comes_as_a_consumer_starts_or_stops_is_not_lost(
    kafka: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = unused("topic")
    client = KafkaClient(connection(kafka))
    client.create([NewTopic(topic, 1)])
    client.close()
    monkeypatch.setattr(reader, "AIOKafkaConsumer", Deaf)
    monkeypatch.setattr(Deaf, "where", where)

    async def story() -> None:
        Deaf.reached = asyncio.Event()

        async def read() -> None:
            follow = reader.follow(connection(kafka), TopicPartition(topic, 0), 0)
            async for _ in follow:
                await follow.aclose()
            await asyncio.sleep(FOR_EVER)  # who lost its cancellation gets here

        reading = asyncio.create_task(read())
        await Deaf.reached.wait()
        reading.cancel()
        await asyncio.wait([reading], timeout=SECONDS)
        assert reading.cancelled()
        await asyncio.gather(*ending._going_on)  # the consumer is stopped all the same

    async def within() -> None:
        async with asyncio.timeout(SECONDS):
            await story()

    asyncio.run(within())
