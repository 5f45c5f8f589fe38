"""A transaction's producer outlives a connection that breaks."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import CoordinationType
from aiokafka.errors import KafkaConnectionError

from streams.engine.kafka.producers import transactional_producer
from tests.engine.kafka_logs import connection

COORDINATOR = 4


class BreakingClient:
    """Stands for aiokafka's client: the first connection breaks while an answer is waited for."""

    def __init__(self) -> None:
        self._broken = False

    async def coordinator_lookup(self, kind: Any, key: str) -> int:
        if not self._broken:
            self._broken = True
            raise KafkaConnectionError("closed")
        return COORDINATOR

    async def ready(self, node: int, *, group: Any) -> bool:
        return True


def test_a_connection_that_breaks_while_the_coordinator_is_asked_for_ends_nothing() -> None:
    async def find() -> Any:
        sender = transactional_producer(connection("127.0.0.1:1"), "owner", 1000)._sender
        sender.client = BreakingClient()
        return await sender._find_coordinator(CoordinationType.TRANSACTION, "owner")

    assert asyncio.run(find()) == COORDINATOR
