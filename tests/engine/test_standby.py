"""A standby's store is at every moment one that recovery can go on from, and it harms nobody.

What recovery makes of it is held against what recovery makes of the changelog alone, key by key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from streams.engine import keys
from streams.engine.records import Batch, Record
from streams.engine.recovery import recover
from streams.engine.replica import AT_ONCE, Replica
from streams.engine.standby import Standbys, Standing, Waits
from streams.engine.store import Store
from tests.engine.owner import MEMORY, RULES, Found, Log, Owner, open_log, place_in, recovered
from tests.oracle.sending import Sent, cancellation, erasure, order

SECONDS = 60
HOUR = 3600
NO_WAITS = Waits(0, 0, 0)
NAMES = [f"customer {number}" for number in range(600)]


class Scene:
    """An owner, and a standby of its partition on another machine."""

    def __init__(self, folder: Path, log: Log, waits: Waits = NO_WAITS) -> None:
        self.log = log
        self.owner = Owner(log)
        self.place = place_in(folder / "standby")
        self.rests = 0
        self.on_rest: Callable[[], None] = lambda: None
        standing = Standing(
            log, lambda _: self.place, MEMORY, RULES, self._looks_whether_busy, waits
        )
        self.standbys = Standbys(standing)

    def _looks_whether_busy(self) -> bool:
        self.rests += 1
        self.on_rest()
        return False

    def keep(self) -> None:
        """The group wants a copy here."""
        self.standbys.keep([0], [])

    async def copied(self) -> None:
        """Return when the copy has all that the owner has committed."""
        end = len(self.owner.changelogs[0])
        await until(lambda: self.standbys.positions() == {0: end})

    async def taken_over(self) -> Found:
        """What the standby's worker finds when it becomes the owner."""
        return await recovered(self.log, self.place, self.standbys.hand_over(0))


@asynccontextmanager
async def scene_in(folder: Path, waits: Waits = NO_WAITS) -> AsyncIterator[Scene]:
    async with open_log(folder) as log, asyncio.timeout(SECONDS):
        scene = Scene(folder, log, waits)
        try:
            yield scene
        finally:
            await scene.standbys.close()


async def until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - what happens in between happens on this loop
        await asyncio.sleep(0)


async def anew(scene: Scene, folder: Path) -> Found:
    """What recovery makes of the changelog alone."""
    return await recovered(scene.log, place_in(folder / "anew"))


def same(found: Found, expected: Found) -> bool:
    """But for the records read."""
    return found._replace(read=0) == expected._replace(read=0)


def orders(day: str, *names: str) -> list[Sent]:
    return [order(name, day, 100 * number) for number, name in enumerate(names, 1)]


def test_a_copy_is_what_the_changelog_says_and_taking_it_over_reads_hardly_anything(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await scene.copied()
            await scene.owner.take(*orders("2026-02-05", *NAMES[:40]), erasure(NAMES[7]))
            await scene.owner.take(cancellation(NAMES[8], "2026-02-05", 900))
            await scene.copied()
            found, expected = await scene.taken_over(), await anew(scene, tmp_path)
            assert same(found, expected)
            assert b"c" + NAMES[7].encode() not in found.stored
            assert found.read < 20 < len(NAMES) < expected.read
            assert found.counts == scene.owner.partitions[0].table.counts.cells

    asyncio.run(story())


def test_a_standby_stopped_in_the_middle_of_a_batch_leaves_what_recovery_goes_on_from(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            stopped = asyncio.Event()
            scene.on_rest = lambda: stopped.set() if scene.rests == 3 else None
            scene.keep()
            await stopped.wait()
            await scene.owner.take(*orders("2026-02-05", *NAMES[::2]), erasure(NAMES[3]))
            replica = scene.standbys.hand_over(0)
            assert replica is not None
            assert 0 < replica.offset < len(scene.owner.changelogs[0]) - 1
            found = await recovered(scene.log, scene.place, replica)
            assert same(found, await anew(scene, tmp_path))

    asyncio.run(story())


def test_a_standby_goes_on_from_the_store_of_the_one_before_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await until(lambda: scene.rests > 2)
            scene.standbys.keep([], [])  # no copy is wanted here any more
            await scene.owner.take(erasure(NAMES[0]), *orders("2026-02-05", NAMES[1]))
            scene.keep()
            await scene.copied()
            first, again = scene.log.starts
            assert first == 0 < again
            assert same(await scene.taken_over(), await anew(scene, tmp_path))

    asyncio.run(story())


def test_after_a_partition_is_given_back_its_standby_begins_from_the_store_just_closed(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            owned = await scene.taken_over()  # and given back
            scene.keep()
            await scene.copied()
            assert scene.log.starts == [owned.offset + 1]
            await scene.owner.take(*orders("2026-02-05", *NAMES[:9]), erasure(NAMES[0]))
            await scene.copied()
            assert same(await scene.taken_over(), await anew(scene, tmp_path))

    asyncio.run(story())


def test_a_store_of_a_state_that_has_begun_anew_meanwhile_is_not_used(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await scene.copied()
            await scene.standbys.close()  # and while it sleeps the topics are deleted
            (tmp_path / "other").mkdir()
            async with open_log(tmp_path / "other") as log:
                other = Scene(tmp_path, log)
                other.owner = Owner(log, "another state")
                await other.owner.take(*orders("2026-03-05", *NAMES[:100]))
                other.keep()
                await other.copied()
                assert log.starts == [0]
                assert same(await other.taken_over(), await anew(other, tmp_path))

    asyncio.run(story())


def test_a_state_that_begins_anew_under_a_standby_is_copied_from_its_beginning(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", NAMES[0]))
            scene.keep()
            await scene.copied()
            await Owner(scene.log, "another state").take(*orders("2026-03-05", NAMES[1]))
            await until(lambda: len(scene.log.starts) > 1)
            assert scene.log.starts == [0, 0]

    asyncio.run(story())


def test_a_state_that_begins_anew_before_a_take_over_makes_its_copy_useless(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", NAMES[0]))
            scene.keep()
            await scene.copied()
            replica = scene.standbys.hand_over(0)
            (tmp_path / "other").mkdir()
            async with open_log(tmp_path / "other") as log:
                other = Scene(tmp_path, log)
                other.owner = Owner(log, "another state")
                await other.owner.take(*orders("2026-03-05", *NAMES[:100]))
                found = await recovered(log, scene.place, replica)
                assert same(found, await anew(other, tmp_path))

    asyncio.run(story())


def test_a_copy_that_was_not_at_the_end_for_twelve_hours_is_built_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await scene.copied()
            await scene.standbys.close()
            aged(scene, 13)
            scene.keep()
            await scene.copied()
            assert scene.log.starts == [0, 0]

    asyncio.run(story())


def test_a_copy_that_has_come_to_the_end_is_as_young_as_that(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", NAMES[0]))
            scene.keep()
            await scene.copied()
            await scene.standbys.close()
            aged(scene, 11)
            scene.keep()
            await until(lambda: scene.log.starts[1:] != [])
            await scene.owner.take(*orders("2026-01-06", NAMES[0]))
            await scene.copied()
            replica = scene.standbys.hand_over(0)
            assert replica is not None
            written_at = replica.table.store.get(keys.WRITTEN_AT)
            assert written_at is not None
            assert int.from_bytes(written_at, "big") > time.time() - HOUR
            replica.close()

    asyncio.run(story())


def test_reading_on_without_coming_to_the_end_makes_a_copy_no_younger(tmp_path: Path) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", NAMES[0]))
            scene.keep()
            await scene.copied()
            replica = scene.standbys.hand_over(0)
            assert replica is not None
            _, eleven_hours_ago = stamp = hours_ago(11)
            replica.table.store.write([stamp])
            await replica.take([Record(replica.offset + 1, keys.MARKER, b"", (), 0)])
            assert replica.table.store.get(keys.WRITTEN_AT) == eleven_hours_ago
            replica.is_current()
            assert replica.table.store.get(keys.WRITTEN_AT) != eleven_hours_ago
            replica.close()

    asyncio.run(story())


def test_a_copy_that_slept_for_twelve_hours_is_built_anew_though_it_was_never_closed(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await scene.copied()
            (standby,) = scene.standbys._standbys.values()
            assert standby._replica is not None
            standby._replica.table.store.write([hours_ago(13)])
            await scene.owner.take(*orders("2026-01-06", *NAMES))
            await until(lambda: len(scene.log.starts) == 2)
            await scene.copied()
            assert scene.log.starts == [0, 0]

    asyncio.run(story())


def aged(scene: Scene, hours: int) -> None:
    """Make the store of the copy, closed, so much older."""
    store = Store(scene.place.path, MEMORY)
    store.write([hours_ago(hours)])
    store.close()


def hours_ago(hours: int) -> tuple[bytes, bytes]:
    """What a store says that was last at the changelog's end then."""
    return keys.WRITTEN_AT, (int(time.time()) - hours * HOUR).to_bytes(8, "big")


def test_a_store_that_another_process_holds_is_left_alone_until_it_is_free(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            held = Store(scene.place.path, MEMORY)
            scene.keep()
            await until(lambda: bool(caplog.messages))
            for _ in range(200):
                await asyncio.sleep(0)
            (sentence,) = caplog.messages
            assert "no copy of partition 0 is kept for now" in sentence
            assert [path.name for path in scene.place.path.parent.iterdir()] == ["tierstream-0"]
            held.close()
            await scene.copied()

    asyncio.run(story())


def test_a_standby_that_fails_says_so_once_and_goes_on_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.log.failures = 3
            scene.keep()
            await scene.copied()
            (sentence,) = caplog.messages
            assert "the broker has gone" in sentence
            assert same(await scene.taken_over(), await anew(scene, tmp_path))

    asyncio.run(story())


def test_a_partition_that_nobody_has_ever_owned_is_copied_once_it_has_begun(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            scene.keep()
            await asyncio.sleep(0)
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            await scene.copied()
            assert same(await scene.taken_over(), await anew(scene, tmp_path))

    asyncio.run(story())


def test_what_becomes_ours_stays_until_it_is_handed_over_what_is_not_wanted_goes(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))
            scene.keep()
            await scene.copied()
            scene.standbys.keep([], [0])
            assert scene.standbys.positions().keys() == {0}
            scene.standbys.keep([], [])
            assert not scene.standbys.positions()
            Store(scene.place.path, MEMORY).close()  # nobody holds it any more

    asyncio.run(story())


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
