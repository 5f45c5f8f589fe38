"""A broker that goes away and comes back."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import NewTopic
from streams.engine.records import Batch, Write
from tests.engine.kafka_logs import connection
from tests.kafka_node import KafkaNode

PATIENCE_SECONDS = 60


@pytest.mark.usefixtures("kafka")  # where the session has no Kafka, this has none either
def test_owners_and_readers_go_on_after_the_broker_was_restarted(tmp_path: Path) -> None:
    node = KafkaNode(tmp_path)
    node.start()
    try:
        asyncio.run(_write_over_a_restart(node))
    finally:
        node.stop()


async def _write_over_a_restart(node: KafkaNode) -> None:
    client = KafkaClient(connection(node.servers))
    client.create([NewTopic("changelog", 1)])
    client.close()
    log = KafkaWorkerLog(connection(node.servers), "tierstream")
    await log.start()
    mine = log.transactions("customers", 0)
    await mine.take_over()
    await mine.commit([Write("changelog", 0, b"k", b"before")])
    seen: list[Batch] = []
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(log.follow("changelog", 0)) as following:  # type: ignore[type-var]
        while not _values(seen):
            seen.append(await anext(following))
        await asyncio.to_thread(node.restart)
        await mine.commit([Write("changelog", 0, b"k", b"after")])
        while len(_values(seen)) < 2:
            seen.append(await anext(following))
    assert _values(seen) == [b"before", b"after"]
    await mine.close()
    await log.stop()


def _values(batches: list[Batch]) -> list[bytes | None]:
    return [record.value for batch in batches for record in batch.records]
