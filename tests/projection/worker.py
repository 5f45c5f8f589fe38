"""The projections of workers, on an embedded log and a real Redis, beside a loop that a test
holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from schemas.outputs import Standing
from streams.domain.rules import parse_rules
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import NewTopic
from streams.engine.partition import Partition
from streams.engine.records import Batch, Write
from streams.projection.projection import Projection
from tests.engine.machine import Machine
from tests.projection.equal import Held, expected, held
from tests.redis_server import RedisServer

APP = "tierstream"
TOPIC = "customer-standings"
SECONDS = 60


class Standings:
    """The topic of the standings: two partitions, `a…` in the first, all others in the second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = "2026-11-21T10:00:00Z"
        self._client = EmbeddedClient(path)
        self._client.create([NewTopic(TOPIC, 2, compacted=True)])

    def say(self, *standings: Standing) -> None:
        """Publish standings."""
        self._client.append(
            Write(TOPIC, _partition(each.customer_id), each.customer_id.encode(),
                  msgspec.json.encode(each))
            for each in standings
        )  # fmt: skip

    def erase(self, *names: str) -> None:
        """Publish tombstones."""
        self._client.append(Write(TOPIC, _partition(name), name.encode(), None) for name in names)

    def junk(self, name: str, value: bytes) -> None:
        """What is no standing."""
        self._client.append([Write(TOPIC, _partition(name), name.encode(), value)])

    def expected(self) -> Held:
        """What Redis should hold now."""
        newest: dict[bytes | None, tuple[int, Any]] = {}
        for partition, record in self._client.read(TOPIC):
            newest.pop(record.key, None)
            if record.value is not None and record.value[:1] == b"{":
                newest[record.key] = (partition, msgspec.json.decode(record.value))
        return expected(APP, newest.values(), self.now)


def _partition(name: str) -> int:
    return 0 if name.startswith("a") else 1


def partitions() -> list[Partition]:
    """Two partitions as a worker holds them; each call stands for another worker's."""
    return Machine(None, parse_rules("", "the test's rules"), 2).partitions


class LogWithHole(EmbeddedWorkerLog):
    """Shows a hole before the first record, as Kafka does where a transaction was aborted; what
    comes after it is held back until `passed`."""

    def __init__(self, path: Path, group: str) -> None:
        super().__init__(path, group)
        self.passed = asyncio.Event()

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        yield Batch(topic, partition, start, start + 1, [])
        await self.passed.wait()
        async for batch in super().follow(topic, partition, start):
            yield batch


class BrokenLog(EmbeddedWorkerLog):
    """Fails as only a bug does, until it is `mended`."""

    mended = False

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        if not self.mended:
            raise KeyError("nobody")
        async for batch in super().follow(topic, partition, start):
            yield batch


@asynccontextmanager
async def projecting(
    standings: Standings,
    server: RedisServer,
    owned: Callable[[], Sequence[Partition]],
    worker_log: EmbeddedWorkerLog | None = None,
) -> AsyncIterator[Projection]:
    """A worker's projection, at work inside the block."""
    worker_log = worker_log or EmbeddedWorkerLog(standings.path, APP)
    await worker_log.start()
    projection = Projection(server.url, APP, TOPIC, worker_log, lambda: list(owned()))
    task = asyncio.create_task(projection.run())
    try:
        yield projection
    finally:
        task.cancel()
        (end,) = await asyncio.gather(task, return_exceptions=True)
        await worker_log.stop()
        assert isinstance(end, asyncio.CancelledError), end


async def until(look: Callable[[], bool]) -> None:
    """Let the loop run until `look` says so."""
    async with asyncio.timeout(SECONDS):
        while not look():  # noqa: ASYNC110 - what is looked at lies in Redis
            await asyncio.sleep(0.01)


async def until_equal(standings: Standings, server: RedisServer) -> None:
    """Let the loop run until Redis holds what the topic does, and nothing else."""
    with server.client() as client:
        wanted = standings.expected()
        await until(lambda: held(client, APP) == wanted)
