"""A whole worker in this process, on an embedded log of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from agents.reading import add_agents
from streams import topics
from streams.app import WorkerApp
from streams.engine.connect import open_client
from streams.engine.log import Transactions, WorkerLog
from streams.engine.records import TopicPartition, Write
from streams.provision import ensure_topics
from streams.rules_file import load_rules
from streams.setting_values import Address
from streams.settings import Settings
from streams.web import add_pages
from tests.metrics.exposition import Exposed
from tests.oracle.sending import Sent, lay

PARTITIONS = 2


class Gate:
    """Transactions pass while it is open: take-overs, commits of partitions, those of borders.
    Where it is shut they never return."""

    def __init__(self) -> None:
        self.take_overs, self.commits = asyncio.Event(), asyncio.Event()
        self.borders = asyncio.Event()
        self.open()

    def open(self) -> None:
        """Let everything through."""
        self.take_overs.set()
        self.commits.set()
        self.borders.set()


class _Gated:
    def __init__(
        self, transactions: Transactions, take_overs: asyncio.Event, commits: asyncio.Event
    ) -> None:
        self._transactions = transactions
        self._take_overs = take_overs
        self._commits = commits
        self.close = transactions.close

    async def take_over(self) -> None:
        await self._take_overs.wait()
        await self._transactions.take_over()

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        await self._commits.wait()
        return await self._transactions.commit(writes)


class Running:
    """A worker that runs."""

    def __init__(self, worker: WorkerApp, settings: Settings, gate: Gate) -> None:
        self.worker = worker
        self.gate = gate
        self._settings = settings

    def send(self, sent: Iterable[Sent]) -> None:
        """Append records; once, for offsets are the log's own."""
        client = open_client(self._settings)
        try:
            client.append(
                Write(one.topic, one.partition, one.key, one.value) for one in lay(sent, PARTITIONS)
            )
        finally:
            client.close()

    async def until(self, look: Callable[[], bool]) -> None:
        """Return once that is so."""
        async with asyncio.timeout(60):
            while not look():
                assert not self.worker.failed.done(), self.worker.failed.result()
                await asyncio.sleep(0.01)

    async def at_rest(self, orders: int) -> None:
        """Until so many orders are in, and nothing is left to do."""
        await self.until(lambda: self.exposed().total("tierstream_events_total") >= orders)
        await self.until(lambda: not self.worker.monitor.health.stalls() and self._idle())

    def _idle(self) -> bool:
        doors = self.worker.partitions.doors().values()
        return not any(door.standings_pending or door.to_do() for door in doors)

    def exposed(self) -> Exposed:
        """What `/metrics` shows now."""
        return Exposed.of(self.worker.monitor.registry)


@asynccontextmanager
async def running(folder: Path, **variables: str) -> AsyncIterator[Running]:
    """A worker without a web server, with no ticks of its own. `folder` is absolute; `variables`
    are settings on top, named without TIERSTREAM_."""
    settings = Settings.from_env(
        {
            "TIERSTREAM_BROKER": f"embedded://{folder}/log.db",
            "TIERSTREAM_DATA": str(folder),
            "TIERSTREAM_PARTITIONS": str(PARTITIONS),
            "TIERSTREAM_TICKS": "off",
            "TIERSTREAM_STANDINGS_INTERVAL": "1",
            **{f"TIERSTREAM_{name}": value for name, value in variables.items()},
        }
    )
    client = open_client(settings)
    ensure_topics(client, settings)
    client.close()
    gate = Gate()
    worker = WorkerApp(settings, load_rules(settings), PARTITIONS, Address("127.0.0.1", 1))
    _set_up(gate, worker.worker_log)
    worker.faust.conf.web_enabled = False
    counts = settings.topic(topics.PYRAMID_COUNTS)
    add_agents(worker.faust, worker.partitions, settings.topic_prefix, counts)
    add_pages(worker)
    worker.faust.finalize()
    try:
        await worker.start()
        yield Running(worker, settings, gate)
    finally:
        gate.open()
        await worker.stop()
    assert not worker.failed.done(), worker.failed.result()


def _set_up(gate: Gate, worker_log: WorkerLog) -> None:
    plain = worker_log.transactions

    def transactions(role: str, partition: int) -> Transactions:
        commits = gate.commits if role == "customers" else gate.borders
        return _Gated(plain(role, partition), gate.take_overs, commits)

    worker_log.transactions = transactions  # type: ignore[method-assign]
