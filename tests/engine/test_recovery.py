"""A recovery that was interrupted goes on where it was; a store that does not fit is not used."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.engine import fault_points, keys, recovery
from streams.engine.recovery import recover
from streams.engine.replica import Place, Steps, next_turn
from streams.engine.store import Store
from tests.engine.owner import (
    MEMORY,
    RULES,
    Log,
    Owner,
    open_log,
    place_in,
    recovered,
)
from tests.oracle.sending import erasure, order

NAMES = [f"customer {number}" for number in range(600)]


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A recovery writes many times though there are but few customers."""
    monkeypatch.setattr(recovery, "AT_ONCE", Steps(20, next_turn))
    yield
    fault_points.listen(None)


async def killed_at(write: int, log: Log, folder: Path) -> bool:
    """A recovery that is killed after so many writes of the store; whether it was."""

    def count(point: str) -> None:
        nonlocal write
        write -= point == "after store write"
        if not write:
            raise InterruptedError

    fault_points.listen(count)
    try:
        (await recover(log, place_in(folder), MEMORY, RULES, lambda _: None)).table.store.close()
    except InterruptedError:
        return True
    finally:
        fault_points.listen(None)
    return False


@pytest.mark.usefixtures("small_steps")
def test_a_recovery_that_was_interrupted_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(*(order(name, "2026-01-05") for name in NAMES))
            await owner.take(erasure(NAMES[0]), order(NAMES[1], "2026-02-05"))
            sent = owner.partitions[0].marker.standings_offset
            assert await killed_at(3, log, tmp_path / "here")  # one says whose store it is
            await owner.take(erasure(NAMES[2]), *(order(n, "2026-03-05") for n in NAMES[300:]))
            found = await recovered(log, place_in(tmp_path / "here"))
            expected = await recovered(log, place_in(tmp_path / "anew"))
            assert found._replace(read=0) == expected._replace(read=0)
            assert found.read == expected.read - 400
            assert sent > 400

    asyncio.run(story())


@pytest.mark.usefixtures("small_steps")
def test_wherever_a_recovery_is_interrupted_the_next_one_ends_with_the_same_store(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(*(order(name, "2026-01-05") for name in NAMES))
            writes = 1
            while await killed_at(writes, log, tmp_path / str(writes)):
                writes += 1
            assert writes > 10  # some fill the store, some index it
            await owner.take(erasure(NAMES[2]), *(order(n, "2026-03-05") for n in NAMES[300:]))
            expected = await recovered(log, place_in(tmp_path / "anew"))
            for write in range(1, writes):
                found = await recovered(log, place_in(tmp_path / str(write)))
                assert found._replace(read=0) == expected._replace(read=0)

    asyncio.run(story())


@pytest.mark.usefixtures("small_steps")
def test_a_store_is_merged_seldom_only_while_it_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(Store, "set_filling", lambda _, filling: told.append(filling))

    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(*(order(name, "2026-01-05") for name in NAMES))
            assert await killed_at(3, log, tmp_path / "here")
            assert told == [True]
            await recovered(log, place_in(tmp_path / "here"))
            assert told == [True, True, False]
            await recovered(log, place_in(tmp_path / "here"))
            assert told == [True, True, False]

    asyncio.run(story())


def test_standings_that_were_not_sent_are_told_whatever_the_store_has(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(order(NAMES[0], "2026-01-05"))
            owner.partitions[0].marker.standings_offset = -1
            owner.commit(owner.partitions[0])
            await owner.tell()
            for _ in range(2):  # the second time the store has all of it already
                found = await recovered(log, place_in(tmp_path / "here"))
                assert found.pending == {NAMES[0].encode()}

    asyncio.run(story())


def test_a_store_that_does_not_say_how_far_it_is_is_built_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(order(NAMES[0], "2026-01-05"))
            place = place_in(tmp_path / "here")
            store = Store(place.path, MEMORY)
            store.write([(b"cerased long ago", b"a state")])
            store.close()
            found = await recovered(log, place)
            assert {key for key in found.stored if key[:1] == b"c"} == {b"c" + NAMES[0].encode()}

    asyncio.run(story())


def test_a_recovery_that_is_interrupted_never_takes_a_store_back(tmp_path: Path) -> None:
    def killed(point: str) -> None:
        if point == "after store write":
            raise InterruptedError

    async def story() -> None:
        async with open_log(tmp_path) as log:
            owner = Owner(log)
            await owner.take(*(order(f"customer {n}", "2026-01-05") for n in range(2_100)))
            place = place_in(tmp_path / "here")
            await recovered(log, place)
            owner.partitions[0].marker.standings_offset = -1  # so all of it is looked through again
            owner.commit(owner.partitions[0])
            await owner.tell()
            before = offset_of(place)
            fault_points.listen(killed)
            with pytest.raises(InterruptedError):
                await recovered(log, place)
            fault_points.listen(None)
            assert offset_of(place) >= before

    try:
        asyncio.run(story())
    finally:
        fault_points.listen(None)


def offset_of(place: Place) -> int:
    store = Store(place.path, MEMORY)
    offset = store.get(keys.CHANGELOG_OFFSET)
    store.close()
    assert offset is not None
    return int.from_bytes(offset, "big")


def test_a_store_that_is_ahead_of_a_log_without_its_tail_is_built_anew(tmp_path: Path) -> None:
    async def story() -> None:
        first, second = order(NAMES[0], "2026-01-05"), order(NAMES[1], "2026-01-05")
        async with open_log(tmp_path) as log:
            await Owner(log).take(first, second)
            await recovered(log, place_in(tmp_path / "here"))
        (tmp_path / "restored").mkdir()
        async with open_log(tmp_path / "restored") as log:
            await Owner(log).take(first)
            found = await recovered(log, place_in(tmp_path / "here"))
            assert found == await recovered(log, place_in(tmp_path / "anew"))

    asyncio.run(story())
