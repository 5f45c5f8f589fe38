"""The door of a partition, on a real log: what it does in which order, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agents import clock, orders
from schemas.internal import Progress
from streams.engine import chores, door, fault_points
from streams.engine.door import OWN_TICK
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedTransactions, EmbeddedWorkerLog
from streams.engine.landed import Landed
from streams.engine.log import FencedError
from streams.engine.records import Batch, Record, TopicPartition, Write
from streams.engine.store import StoreError
from tests.engine.one_door import (
    BACKLOG,
    LARGE_SLICE,
    SMALL_SLICE,
    Seen,
    batch,
    make_small,
    put,
    told,
)
from tests.oracle.sending import order, tick


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


@pytest.fixture
def steps() -> Iterator[list[str]]:
    """The steps that have begun since, in their order: folds and slices of chores."""
    begun: list[str] = []

    def listen(point: str) -> None:
        when, _, step = point.partition(" ")
        if when == "before" and step in (
            "fold",
            "counts",
            "standings",
            "due days",
            "moved borders",
        ):
            begun.append(step)

    fault_points.listen(listen)
    yield begun
    fault_points.listen(None)


def test_the_first_commit_says_how_far_the_partition_is_with_nothing_read(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        await seen.rest()

    first = told(tmp_path, story).landed[0]
    assert [write.topic for write in first.outputs] == ["progress"]
    assert (first.batches, first.changelog_records) == ([], 1)


def test_while_records_flow_progress_is_not_said_with_each_commit_and_then_it_is(
    tmp_path: Path,
) -> None:
    async def story(seen: Seen) -> None:
        for number in range(20):
            await put(seen, batch(number, range(number, number + 1)))
            await asyncio.sleep(0.03)
        await seen.rest()
        await asyncio.sleep(1)

    landed = told(tmp_path, story).landed
    with_records = [one for one in landed if one.batches]
    said = [progress_of(one) for one in with_records]
    assert len(with_records) == 20
    assert 2 <= len(said) - said.count(None) <= 5
    newest = [progress_of(one) for one in landed if progress_of(one) is not None]
    assert newest[-1] == 20


def test_a_door_that_is_closed_says_how_far_it_has_come(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        for number in range(3):
            await put(seen, batch(number, range(number, number + 1)))
            await asyncio.sleep(0.02)

    landed = told(tmp_path, story).landed
    assert [progress_of(one) for one in landed if one.batches] == [None] * 3
    assert progress_of(landed[-1]) == 3


def test_a_commit_with_standings_says_progress_at_once(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        for number in range(20):
            await put(seen, batch(number, range(number, number + 1)))
            await asyncio.sleep(0.03)
        await seen.rest()

    landed = told(tmp_path, story).landed
    topics = [{write.topic for write in one.outputs} for one in landed]
    assert any("customer-standings" in each for each in topics)
    assert all("progress" in each for each in topics if "customer-standings" in each)


def progress_of(landed: Landed) -> int | None:
    """How many orders had been read, as a commit says; None: it doesn't."""
    for write in landed.outputs:
        if write.topic == "progress":
            assert write.value is not None
            return msgspec.json.decode(write.value, type=Progress).inputs.get("orders", 0)
    return None


def test_without_a_backlog_counts_go_with_a_batch_and_other_chores_where_none_waits(
    tmp_path: Path, steps: list[str]
) -> None:
    async def story(seen: Seen) -> None:
        for number in range(3):
            await put(seen, batch(3 * number, range(3)))
            await asyncio.sleep(0.02)
        await seen.rest()

    told(tmp_path, story)
    assert steps == [
        "counts", "fold", "due days", "standings", "fold", "fold", "counts", "standings",
    ]  # fmt: skip


@pytest.mark.parametrize(("number", "waits"), [(0, 0.0), (1, 3.0)])
def test_not_all_partitions_are_at_their_long_chores_at_once(
    tmp_path: Path, number: int, waits: float
) -> None:
    """Doors that begin together with records that flow: when each says standings first."""
    said_after: list[float] = []

    async def story(seen: Seen) -> None:
        for second in range(10):
            await put(seen, batch(second, range(second, second + 1)))
            await asyncio.sleep(0.5)
            if not said_after and any(map(standings_of, seen.landed)):
                said_after.append(second / 2)

    told(tmp_path, story, number)
    assert said_after == [waits]


async def backlog_days_later(seen: Seen, steps: list[str], batches: int) -> None:
    """Some customers order; two months later others do, again and again. `steps`: of that alone."""
    await put(seen, batch(0, range(35)))
    await seen.rest()
    await asyncio.sleep(60)
    steps.clear()
    others = range(100, 100 + BACKLOG)
    await put(seen, *(batch(35 + BACKLOG * n, others, "2024-05-01") for n in range(batches)))
    await seen.rest()


def test_in_a_backlog_chores_take_turns_and_a_long_one_holds_up_nobody(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", BACKLOG)
    monkeypatch.setattr(door, "_CHORES_OF_A_COMMIT", 1)

    async def story(seen: Seen) -> None:
        await backlog_days_later(seen, steps, 7)

    told(tmp_path, story)
    assert set(steps[0:14:2]) == {"fold"}
    assert steps[1:14:2] == [
        "due days", "standings", "counts", "due days", "standings", "due days", "standings",
    ]  # fmt: skip


def test_a_step_of_a_backlog_has_a_slice_of_some_chores_and_no_more(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_CHORES_OF_A_COMMIT", 2)
    monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", BACKLOG)

    async def story(seen: Seen) -> None:
        await backlog_days_later(seen, steps, 3)

    told(tmp_path, story)
    assert steps[:6] == ["fold", "due days", "standings", "fold", "counts", "due days"]


def test_slices_are_small_while_records_flow_one_by_one_and_only_then(tmp_path: Path) -> None:
    flowing: list[Landed] = []

    async def story(seen: Seen) -> None:
        for number in range(14):
            await put(seen, batch(8 * number, range(8 * number, 8 * number + 8)))
            await asyncio.sleep(0.5)
        flowing.extend(seen.landed)
        await seen.rest()

    landed = told(tmp_path, story).landed
    assert max(map(standings_of, flowing)) == SMALL_SLICE
    assert max(map(standings_of, landed[len(flowing) :])) == LARGE_SLICE


def test_slices_of_a_backlog_are_large_also_when_all_that_waited_has_been_taken(
    tmp_path: Path,
) -> None:
    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(BACKLOG)), batch(BACKLOG, range(BACKLOG, BACKLOG + 10)))
        await seen.rest()

    landed = told(tmp_path, story).landed
    assert max(map(standings_of, landed)) == LARGE_SLICE
    assert SMALL_SLICE not in map(standings_of, landed)


def standings_of(landed: Landed) -> int:
    """How many standings a commit has said."""
    return sum(write.topic == "customer-standings" for write in landed.outputs)


def test_where_standings_are_as_many_as_may_wait_other_chores_get_their_turn_all_the_same(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "MOST_STANDINGS", 20)
    monkeypatch.setattr(chores.CountsNews, "wait_seconds", 0.0)
    monkeypatch.setattr(chores.CountsNews, "behind_seconds", 0.0)
    monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", BACKLOG)

    async def story(seen: Seen) -> None:
        for number in range(10):
            first = BACKLOG * number
            await put(seen, batch(first, range(first, first + BACKLOG)))
        await seen.rest()

    told(tmp_path, story)
    folds = [at for at, step in enumerate(steps) if step == "fold"]
    assert len(folds) == 10
    between = [set(steps[one:other]) for one, other in pairwise(folds)]
    assert all("standings" in each for each in between)
    assert all("counts" in each for each in between)


def test_a_sweep_that_fills_up_the_standings_does_not_hold_up_records(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred customers fall due, each with a standing, while as few as five may wait."""
    monkeypatch.setattr(chores, "MOST_STANDINGS", SMALL_SLICE)
    monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", BACKLOG)

    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(100)))
        await seen.rest()
        await asyncio.sleep(60)
        steps.clear()
        for number in range(3):
            await put(seen, batch(100 + BACKLOG * number, range(200, 200 + BACKLOG), "2024-05-01"))
        await seen.rest()

    told(tmp_path, story)
    last_fold = len(steps) - 1 - steps[::-1].index("fold")
    assert "due days" in steps[:last_fold]
    assert "due days" in steps[last_fold:]


def test_batches_after_a_hole_are_dropped_and_read_again(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        await put(seen, batch(0, range(10)), batch(20, range(10)), batch(30, range(10)))
        await seen.rest()
        await put(seen, batch(5, range(5, 20)))  # five of them are in
        await seen.rest()

    seen = told(tmp_path, story)
    assert seen.read_again == [(TopicPartition("orders", 0), 10)]
    assert [offset for _, offset in seen.marks] == [10, 20]
    assert sum(one.tally["orders", "counted"] for one in seen.landed) == 20


def test_a_door_that_is_fenced_off_says_so_and_takes_nothing_more_in(tmp_path: Path) -> None:
    async def story(seen: Seen) -> None:
        await seen.rest()
        other = EmbeddedWorkerLog(tmp_path / "log.db", "tierstream")
        await other.start()
        successor = other.transactions("customers", 0)
        await successor.take_over()
        await put(seen, batch(0, range(10)))
        while not seen.failures:  # noqa: ASYNC110 - the clock jumps
            await asyncio.sleep(1)
        await put(seen, *(batch(10 * number, range(10)) for number in range(1, 20)))
        await successor.close()
        await other.stop()

    seen = told(tmp_path, story)
    assert [type(failure) for failure in seen.failures] == [FencedError]
    assert (seen.marks, seen.door.closing, seen.door.waiting) == ([], True, 0)


def test_a_door_whose_store_takes_no_more_says_so_and_takes_nothing_more_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise StoreError(tmp_path, OSError("No space left on device"))

    async def story(seen: Seen) -> None:
        await seen.rest()
        monkeypatch.setattr(seen.door.partition.table.store, "write", full)
        await put(seen, batch(0, range(10)))
        while not (seen.failures or seen.marks):  # noqa: ASYNC110 - the clock jumps
            await asyncio.sleep(1)

    seen = told(tmp_path, story)
    assert [type(failure) for failure in seen.failures] == [StoreError]
    assert (seen.marks, seen.door.closing) == ([], True)


def test_what_a_door_that_fails_has_under_way_lands_before_its_store_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(seen: Seen) -> None:
        await seen.rest()
        commit, take = EmbeddedTransactions.commit, seen.door.partition.take

        async def slowly(owner: EmbeddedTransactions, writes: Sequence[Write]) -> object:
            await asyncio.sleep(5)
            return await commit(owner, writes)

        def fail_second(taken: Batch, *rest: Any) -> None:
            if taken.first_offset:
                raise StoreError(tmp_path, OSError("Input/output error"))
            take(taken, *rest)

        monkeypatch.setattr(seen.door, "_next_chores", list)  # some would wait for it to land
        monkeypatch.setattr(EmbeddedTransactions, "commit", slowly)
        monkeypatch.setattr(seen.door.partition, "take", fail_second)
        monkeypatch.setattr(door, "_RECORDS_OF_A_COMMIT", 10)
        await put(seen, batch(0, range(10)), batch(10, range(10)))
        while not seen.failures:  # noqa: ASYNC110 - the clock jumps
            await asyncio.sleep(0.1)
        assert seen.marks == []

    seen = told(tmp_path, story)
    assert [type(failure) for failure in seen.failures] == [StoreError]
    assert seen.marks == [(TopicPartition("orders", 0), 10)]


def test_a_tick_of_our_own_counts_only_when_the_inputs_are_read_to_their_ends(
    tmp_path: Path,
) -> None:
    stream_times = []

    def own_tick(offset: int) -> Batch:
        record = Record(offset, None, tick("2024-04-01").value, ((OWN_TICK, b"1"),), 0)
        return Batch("clock", 0, offset, offset + 1, [record])

    async def story(seen: Seen) -> None:
        client = EmbeddedClient(tmp_path / "log.db")
        sent = order("c1", "2024-03-01")
        client.append([Write("orders", 0, sent.key, sent.value)])
        client.close()
        for one, topic in (
            (own_tick(0), clock.INPUT),
            (batch(0, range(1, 2)), orders.INPUT),
            (own_tick(1), clock.INPUT),
        ):
            await seen.door.put(one, topic)
            await seen.rest()
            stream_times.append(seen.door.partition.today)

    told(tmp_path, story)
    assert stream_times == [None, 19_783, 19_814]  # 1 March and 1 April 2024
