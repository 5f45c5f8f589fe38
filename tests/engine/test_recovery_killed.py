"""A recovery in a process that is killed: what it wrote without RocksDB's log may be gone then, but
never so that the store says more than it has."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from pathlib import Path
from signal import SIGKILL

import pytest

from streams.engine import fault_points, recovery, store
from streams.engine.recovery import recover
from streams.engine.replica import Steps, next_turn
from streams.engine.store import StoreMemory
from tests.engine.owner import RULES, Found, Owner, open_log, place_in, recovered
from tests.oracle.sending import order

NAMES = [f"customer {number}" for number in range(600)]
_SECONDS = 60
_DONE = 1_000_000  # more writes than there are: killed when all is done, the store still open


def recover_until_killed(folder: Path, writes: int) -> None:
    """Recover, in small steps; be killed after so many writes of the store, or at the end."""

    def count(point: str) -> None:
        nonlocal writes
        writes -= point == "after store write"
        if not writes:
            os.kill(os.getpid(), SIGKILL)

    async def story() -> None:
        async with open_log(folder) as log:
            held = await recover(log, place_in(folder), StoreMemory(), RULES, lambda _: None)
            os.kill(os.getpid(), SIGKILL)
            held.table.store.close()  # never: it would write all to disk

    vars(recovery).update(AT_ONCE=Steps(5, next_turn))
    if writes != _DONE:
        vars(store).update(_MEMTABLE_BYTES=1 << 16)  # so that RocksDB itself flushes some of it
    fault_points.listen(count)
    asyncio.run(story())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a changelog, for one test after the other: none writes to it."""
    folder = tmp_path_factory.mktemp("killed")

    async def story() -> None:
        async with open_log(folder) as log:
            owner = Owner(log)
            for day in ("2026-01-05", "2026-02-05"):
                await owner.take(*(order(name, day) for name in NAMES))

    asyncio.run(story())
    return folder


def found_in(folder: Path, data: Path) -> Found:
    """What the next recovery finds."""

    async def story() -> Found:
        async with open_log(folder) as log:
            return await recovered(log, place_in(data))

    return asyncio.run(story())


@pytest.mark.parametrize("writes", [2, 20, 30, 60, 100, _DONE])
def test_whenever_it_is_killed_the_next_one_ends_with_the_whole_store(
    folder: Path, writes: int, tmp_path: Path
) -> None:
    victim = multiprocessing.get_context("spawn").Process(
        target=recover_until_killed, args=(folder, writes)
    )
    victim.start()
    victim.join(_SECONDS)
    assert victim.exitcode == -SIGKILL
    killed = place_in(folder).path
    killed.rename(place_in(tmp_path).path)
    found = found_in(folder, tmp_path)
    expected = found_in(folder, tmp_path / "anew")
    assert found._replace(read=0) == expected._replace(read=0)
    if writes == _DONE:
        assert found.read < expected.read / 10  # and doesn't begin anew
