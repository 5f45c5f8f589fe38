"""What of a backlog goes into one commit of a door."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.engine import door, fault_points, table
from streams.engine.records import TopicPartition
from tests.engine.one_door import Seen, batch, make_small, put, told


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


def test_a_large_batch_is_folded_in_parts_and_each_is_marked_when_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", 40)

    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(45)))
        await seen.rest()

    seen = told(tmp_path, story)
    parts = [(each.first_offset, each.next_offset) for one in seen.landed for each in one.batches]
    ends = [end for _, end in parts]
    assert [begin for begin, _ in parts] == [0, *ends[:-1]]
    assert ends[-1] == 45
    assert max(end - begin for begin, end in parts) == 40
    assert [offset for _, offset in seen.marks] == ends
    assert seen.failures == []


def test_the_batches_of_a_backlog_go_into_one_commit_up_to_a_limit(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        for number in range(3):  # each comes after the one before was folded in
            await put(seen, batch(40 * number, range(40)))
            await asyncio.sleep(0.2)
        await put(seen, batch(120, range(10)))
        await seen.rest()

    with_records = [one for one in told(tmp_path, story).landed if one.batches]
    assert [[len(each.stamps_ms) for each in one.batches] for one in with_records] == [
        [40, 40, 20], [20], [10],
    ]  # fmt: skip


def test_whoever_was_unpacked_for_a_batch_is_packed_again_while_the_next_is_waited_for(
    tmp_path: Path,
) -> None:
    unpacked = []

    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(40)))
        await asyncio.sleep(0.2)
        unpacked.append(len(seen.door.partition.table._open))
        await seen.rest()

    seen = told(tmp_path, story)
    assert unpacked == [0]
    assert sum(one.changelog_records for one in seen.landed) >= 40


def test_a_large_batch_that_no_other_follows_is_committed_all_the_same(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(40)))
        await seen.rest()

    assert told(tmp_path, story).marks == [(TopicPartition("orders", 0), 40)]


def test_a_door_that_is_closed_while_batches_wait_folds_no_more_of_them_in(tmp_path: Path) -> None:
    """The one that is being folded is committed; others get their turn before the next."""

    async def story(seen: Seen) -> None:
        await seen.rest()
        for number in range(2):
            await put(seen, batch(40 * number, range(40)))
        fault_points.listen(folded)
        await close.wait()
        fault_points.listen(None)
        await seen.door.close()

    def folded(point: str) -> None:
        if point == "after fold":
            close.set()

    close = asyncio.Event()
    seen = told(tmp_path, story)
    assert seen.marks == [(TopicPartition("orders", 0), 40)]


def test_the_customers_of_a_commit_are_as_many_as_fit_though_their_size_is_known_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(40)), batch(40, range(40, 80)))
        await seen.rest()
        partition = seen.door.partition
        partition.table._cache.clear()  # as after a take-over: nobody's size is known
        partition.table._cached_bytes = 0
        monkeypatch.setattr(table, "CACHED_BYTES", 1_000)
        await put(seen, batch(80, range(40)), batch(120, range(40, 80)))
        await seen.rest()

    with_records = [one for one in told(tmp_path, story).landed if one.batches]
    sizes = [sum(len(each.stamps_ms) for each in one.batches) for one in with_records]
    assert sizes[:2] == [80, 40]
    assert max(sizes[2:]) < 20


def test_a_door_that_is_closed_waits_for_no_other_batch(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(40)))
        while seen.door.waiting:  # noqa: ASYNC110 - the clock jumps
            await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await seen.door.close()
        assert asyncio.get_running_loop().time() - began < 1

    seen = told(tmp_path, story)
    assert seen.marks == [(TopicPartition("orders", 0), 40)]
