"""What the Kafka tests share: names unused so far, and a worker log that waits to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from streams.engine.kafka.connection import KafkaConnection
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import Transactions
from streams.engine.records import TopicPartition, Write

_numbers = count(1)


def unused(name: str) -> str:
    """A name that no topic or group of the session's node has yet."""
    return f"{name}-{next(_numbers)}"


def connection(servers: str) -> KafkaConnection:
    return KafkaConnection((servers,))


class SeenWorkerLog(KafkaWorkerLog):
    """A worker log whose commits other clients can read at once."""

    def transactions(self, role: str, partition: int) -> Transactions:
        return _SeenTransactions(super().transactions(role, partition), self)


class _SeenTransactions:
    """Kafka acknowledges a commit a moment before other clients see it. Here it waits till then."""

    def __init__(self, inner: Transactions, log: KafkaWorkerLog) -> None:
        self._inner = inner
        self._log = log

    async def take_over(self) -> None:
        await self._inner.take_over()

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        last_offsets = await self._inner.commit(writes)
        await self._log.end_offsets(list(last_offsets))
        return last_offsets

    async def close(self) -> None:
        await self._inner.close()
