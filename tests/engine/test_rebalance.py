"""What a rebalance does to a worker's partitions: those that stay keep their stores open, those
that go let theirs go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from streams.engine.lifecycle import Partitions
from streams.engine.log import FencedError
from streams.engine.records import TopicPartition, Write
from streams.engine.store import Store, StoreMemory
from tests.metrics.running import PARTITIONS, Running, running
from tests.oracle.sending import order

NAMES = [f"customer {number}" for number in range(40)]


async def rebalance(live: Running, kept: int) -> None:
    """As Faust's consumer does it; partitions from `kept` on are another worker's afterwards."""
    app, consumer = live.worker.faust, live.worker.faust.consumer
    before = set(consumer.assignment())
    app.on_rebalance_start()
    await consumer.on_partitions_revoked(before)
    after = {tp for tp in before if tp.partition < kept}
    await consumer.on_partitions_assigned(after, app.consumer_generation_id)
    await live.until(lambda: len(live.worker.partitions.doors()) == kept)


def stores(partitions: Partitions) -> dict[int, Store]:
    return {n: door.partition.table.store for n, door in partitions.doors().items()}


def test_a_partition_that_stays_keeps_its_store_open_and_its_counts(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            await live.until(lambda: len(live.worker.partitions.doors()) == PARTITIONS)
            live.send(order(name, "2026-01-05", 100) for name in NAMES)
            await live.at_rest(len(NAMES))
            before = stores(live.worker.partitions)
            await rebalance(live, PARTITIONS)
            assert stores(live.worker.partitions) == before
            live.send(order(name, "2026-01-06", 200) for name in NAMES[:20])
            await live.at_rest(len(NAMES) + 20)
            for partition in live.worker.partitions.partitions():
                counted = partition.table.counts.cells
                partition.table.count_all()
                assert partition.table.counts.cells == counted

    asyncio.run(story())


def test_a_partition_that_goes_lets_its_store_go(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            await live.until(lambda: len(live.worker.partitions.doors()) == PARTITIONS)
            gone = stores(live.worker.partitions)[PARTITIONS - 1]
            await rebalance(live, PARTITIONS - 1)
            Store(gone.path, StoreMemory()).close()

    asyncio.run(story())


def test_a_worker_that_stops_between_two_assignments_lets_all_stores_go(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            await live.until(lambda: len(live.worker.partitions.doors()) == PARTITIONS)
            before = stores(live.worker.partitions)
            consumer = live.worker.faust.consumer
            await consumer.on_partitions_revoked(set(consumer.assignment()))
            await live.worker.partitions.close()
            for store in before.values():
                Store(store.path, StoreMemory()).close()

    asyncio.run(story())


def test_a_door_that_has_failed_gives_nothing_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            await live.until(lambda: len(live.worker.partitions.doors()) == PARTITIONS)
            doors = live.worker.partitions.doors()
            for door in doors.values():
                door._transactions = Refused()
            live.send(order(name, "2026-01-05", 100) for name in NAMES)
            await live.until(lambda: all(door.closing for door in doors.values()))
            consumer = live.worker.faust.consumer
            await consumer.on_partitions_revoked(set(consumer.assignment()))
            for number, door in doors.items():
                assert live.worker.partitions.standbys.hand_over(number) is None
                Store(door.partition.table.store.path, StoreMemory()).close()

    asyncio.run(story())


class Refused:
    """Transactions of a partition that another worker has taken over."""

    async def take_over(self) -> None:
        """See `Transactions.take_over`."""

    async def commit(self, writes: Sequence[Write]) -> dict[TopicPartition, int]:
        """See `Transactions.commit`."""
        raise FencedError(f"another worker has taken over: {len(writes)} records")

    async def close(self) -> None:
        """See `Transactions.close`."""


def test_the_owner_before_is_fenced_off_before_the_changelogs_end_is_asked_for(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            await live.until(lambda: len(live.worker.partitions.doors()) == PARTITIONS)
            app, log = live.worker.faust, live.worker.worker_log
            changelog = live.worker._shared().door.topics.changelog
            asked, end_offsets = list[str](), log.end_offsets

            async def noted(partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
                asked.extend(place.topic for place in partitions)
                return await end_offsets(partitions)

            vars(log)["end_offsets"] = noted
            live.gate.take_overs.clear()
            await app.consumer.on_partitions_revoked(set(app.consumer.assignment()))
            await live.worker.partitions.assigned(
                {TopicPartition(*tp) for tp in app.consumer.assignment()}
            )
            for _ in range(100):
                await asyncio.sleep(0)
            assert changelog not in asked
            live.gate.open()
            await live.until(lambda: changelog in asked)

    asyncio.run(story())


def test_a_fetcher_that_is_stopped_in_a_rebalance_has_not_crashed(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as live:
            app = live.worker.faust
            app.on_rebalance_start()
            await app._fetcher.stop()
            assert not app._fetcher._crashed.is_set()
            assert not live.worker.failed.done()

    asyncio.run(story())
