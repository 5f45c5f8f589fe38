"""A standby's store is at every moment one that recovery can go on from, and it harms nobody.

What recovery makes of it is held against what recovery makes of the changelog alone, key by key.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from streams.engine import keys, standby
from streams.engine.records import Record
from streams.engine.store import Store
from tests.engine.owner import MEMORY, Owner, open_log, recovered
from tests.engine.standby_scene import HOUR, NAMES, Scene, anew, orders, same, scene_in, until
from tests.oracle.sending import cancellation, erasure


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "_RECORDS_AT_ONCE", 25)

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


def test_a_standby_is_behind_until_its_indexes_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "_RECORDS_AT_ONCE", 5)
    rests: list[tuple[int, bool]] = []

    async def story() -> None:
        async with scene_in(tmp_path) as scene:
            await scene.owner.take(*orders("2026-01-05", *NAMES))

            def look() -> None:
                for number, one in scene.standbys._standbys.items():
                    assert one._replica is not None
                    rests.append((scene.standbys.positions()[number], one._replica.filling))

            scene.on_rest = look
            scene.keep()
            await scene.copied()
            assert scene.standbys.positions()[0] == len(scene.owner.changelogs[0])

    asyncio.run(story())
    assert {position for position, filling in rests if filling} == {0}
    assert len([filling for _, filling in rests if filling]) > len(NAMES) / 10 / 2


def test_a_standby_goes_on_from_the_store_of_the_one_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "_RECORDS_AT_ONCE", 25)

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
            await replica.is_current()
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
            (copy,) = scene.standbys._standbys.values()
            assert copy._replica is not None
            copy._replica.table.store.write([hours_ago(13)])
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
