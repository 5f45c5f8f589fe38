"""A copy is let go or handed over at once, whatever its task is at; and what was ours may be ours
again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from streams.engine.records import Batch
from streams.engine.recovery import recover
from streams.engine.replica import AT_ONCE, Replica
from streams.engine.store import Store
from tests.engine.owner import MEMORY, RULES, Log, Owner, open_log, recovered
from tests.engine.standby_scene import HOUR, NAMES, SECONDS, Scene, anew, orders, same, scene_in
from tests.oracle.sending import erasure


class DeafLog(Log):
    """Loses the first cancellations of a reader that it keeps waiting, as aiokafka may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.waiting = asyncio.Event()
        self.deaf_to = ""  # read | follow

    async def read(self, topic: str, partition: int, start: int) -> AsyncIterator[Batch]:
        """See `WorkerLog.read`."""
        await self._wait_in("read")
        async for batch in super().read(topic, partition, start):
            yield batch

    async def follow(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[Batch]:
        """See `WorkerLog.follow`."""
        async for batch in super().follow(topic, partition, start):
            yield batch
            await self._wait_in("follow")

    async def _wait_in(self, place: str) -> None:
        if self.deaf_to != place:
            return
        self.deaf_to = ""
        self.waiting.set()
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(HOUR)


@asynccontextmanager
async def deaf_scene(folder: Path) -> AsyncIterator[tuple[Scene, DeafLog]]:
    async with open_log(folder) as log, asyncio.timeout(SECONDS):
        deaf = DeafLog(folder / "log.db")
        await deaf.start()
        scene = Scene(folder, deaf)
        scene.owner = Owner(log)
        await scene.owner.take(*orders("2026-01-05", *NAMES))
        yield scene, deaf
        await scene.standbys.close()
        await deaf.stop()


def test_a_copy_let_go_whose_task_does_not_hear_of_it_opens_no_store(tmp_path: Path) -> None:
    async def story() -> None:
        async with deaf_scene(tmp_path) as (scene, deaf):
            deaf.deaf_to = "read"
            scene.keep()
            await deaf.waiting.wait()
            assert scene.standbys.hand_over(0) is None
            await scene.standbys.close()  # ends all tasks
            assert not scene.place.path.exists()

    asyncio.run(story())


def test_a_copy_handed_over_is_written_by_its_task_no_more_though_that_does_not_hear(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with deaf_scene(tmp_path) as (scene, deaf):
            deaf.deaf_to = "follow"
            scene.keep()
            await deaf.waiting.wait()
            replica = scene.standbys.hand_over(0)
            assert replica is not None
            offset = replica.offset
            await scene.owner.take(*orders("2026-02-05", *NAMES))
            await scene.standbys.close()
            assert replica.offset == offset
            found = await recovered(scene.log, scene.place, replica)
            assert same(found, await anew(scene, tmp_path))

    asyncio.run(story())


def test_a_table_given_back_has_nothing_in_memory_that_another_owner_has_changed_since(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            first = await recover(scene.log, scene.place, MEMORY, RULES, lambda _: None)
            key = NAMES[0].encode()
            assert first.table.get(key) is not None  # in its cache from now on
            scene.standbys.give_back(0, Replica(first.table, first.marker, AT_ONCE, counted=True))
            await scene.owner.take(erasure(NAMES[0]), *orders("2026-02-05", *NAMES[1:]))
            scene.standbys.keep([], [0])
            replica = scene.standbys.hand_over(0)
            again = await recover(scene.log, scene.place, MEMORY, RULES, lambda _: None, replica)
            assert again.table.store is first.table.store
            assert again.table.get(key) is None
            again.table.store.close()

    asyncio.run(story())


def test_what_was_given_back_and_is_not_ours_any_more_is_let_go(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            found = await recover(scene.log, scene.place, MEMORY, RULES, lambda _: None)
            scene.standbys.give_back(0, Replica(found.table, found.marker, AT_ONCE, counted=True))
            scene.standbys.keep([], [])
            assert scene.standbys.hand_over(0) is None
            Store(scene.place.path, MEMORY).close()

    asyncio.run(story())
