"""Warm copies of partitions that other workers own, so that taking one over is a matter of moments.

Each follows the changelog of its partition in the very store that a take-over would use. It never
writes to the log. Who holds which copies, the group's leader decides with the assignment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from streams.domain.rules import Rules
from streams.engine import keys
from streams.engine.ending import ended
from streams.engine.log import WorkerLog
from streams.engine.marker import Marker, decode_marker
from streams.engine.records import Batch, Record
from streams.engine.recovery import check_settings, newest_marker
from streams.engine.replica import MisfitError, Place, Replica, Steps, open_replica
from streams.engine.store import StoreLockedError, StoreMemory, delete_spares, store_at

_RECORDS_AT_ONCE = 250  # some 4 ms
_BUSY_SHARE = 10.0  # rests so many times as long as it works, while the worker's own has work

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds. `begin`: after an assignment; those who take partitions over go first, and open
    their stores. `breath`: at the changelog's end, so that many small commits become one write.
    `retry`: after an error, or where nothing is there to be copied yet."""

    begin: float = 5.0
    breath: float = 0.5
    retry: float = 30.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What all copies of a worker share. `busy`: whether its own partitions have work waiting."""

    worker_log: WorkerLog
    place: Callable[[int], Place]
    memory: StoreMemory
    rules: Rules
    busy: Callable[[], bool]
    waits: Waits = Waits()


class Standbys:
    """The copies that this worker keeps, by the number of the partition.

    A rebalance waits for none of it: a copy is whole between any two steps, so it is taken out of
    the hands of its task, and the task ends when it gets to.
    """

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._standbys: dict[int, Standby] = {}
        self._given_back: dict[int, Replica] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def keep(self, wanted: Collection[int], ours: Collection[int]) -> None:
        """Keep copies of these from now on. Those of `ours` stay until they are handed over."""
        for number in self._standbys.keys() - {*wanted, *ours}:
            self._let_go(number)
        for number in self._given_back.keys() - {*ours}:
            self._given_back.pop(number).close()
        for number in sorted({*wanted} - {*ours} - self._standbys.keys()):
            self._standbys[number] = Standby(number, self._standing)

    def give_back(self, number: int, replica: Replica) -> None:
        """What was ours, open until the next `keep`: in most rebalances it is ours again."""
        self._given_back[number] = replica

    def hand_over(self, number: int) -> Replica | None:
        """What there is of a partition, for its owner; None where there is nothing."""
        if number in self._given_back:
            return self._given_back.pop(number)
        standby = self._standbys.pop(number, None)
        return None if standby is None else self._end(standby)

    async def close(self) -> None:
        """Let go of all."""
        for number in list(self._standbys):
            self._let_go(number)
        for replica in self._given_back.values():
            replica.close()
        self._given_back.clear()
        await asyncio.gather(*self._ending)

    def positions(self) -> dict[int, int]:
        """Per copy the next offset of the changelog that it will read."""
        return {number: one.position for number, one in self._standbys.items()}

    def opened(self) -> int:
        """How many copies there are by now."""
        return sum(one.opened for one in self._standbys.values())

    def _let_go(self, number: int) -> None:
        replica = self._end(self._standbys.pop(number))
        if replica is not None:
            replica.close()

    def _end(self, standby: Standby) -> Replica | None:
        replica = standby.let_go()
        ending = asyncio.create_task(ended([standby.task]))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return replica


class Standby:
    """One copy, and the task that brings it on until it is let go. What fails is tried again."""

    def __init__(self, number: int, standing: Standing) -> None:
        self.position = 0  # of the changelog; while it is filled and indexed, where that began
        self._number = number
        self._standing = standing
        self._replica: Replica | None = None
        self._over = False
        self._began = perf_counter()  # the step under way; a loop's clock stands still in a step
        self._complaint = ""
        self.task = asyncio.create_task(self._run())

    @property
    def opened(self) -> bool:
        """Whether there is a copy yet."""
        return self._replica is not None

    def let_go(self) -> Replica | None:
        """What it has got, for the caller to go on with or to close. The task, yet to be ended,
        opens no store and writes nothing any more."""
        self._over = True
        self.task.cancel()  # surely heard where it rests; elsewhere it looks whether it is over
        replica, self._replica = self._replica, None
        return replica

    async def _run(self) -> None:
        await asyncio.sleep(self._standing.waits.begin)
        while not self._over:
            try:
                await self._follow()
            except MisfitError as misfit:
                log.info("the copy of partition %d will be built anew: %s", self._number, misfit)
            except Exception as error:  # noqa: BLE001 - a copy must never end the worker
                self._complain(error)
            self._close()
            await asyncio.sleep(self._standing.waits.retry)

    def _complain(self, error: Exception) -> None:
        """In one sentence, and once as long as it stays the same."""
        if isinstance(error, StoreLockedError):  # it is its owner's, on the same data folder
            text = f"{error}: no copy is needed beside it"
        else:
            text = f"{type(error).__name__}: {error}"
        if text != self._complaint:
            seconds = self._standing.waits.retry
            log.warning(
                "no copy of partition %d is kept for now (tried again every %g s): %s",
                self._number, seconds, text,
            )  # fmt: skip
        self._complaint = text

    def _close(self) -> None:
        if self._replica is not None:
            replica, self._replica = self._replica, None
            replica.close()

    async def _follow(self) -> None:
        standing = self._standing
        place = standing.place(self._number)
        newest = await newest_marker(standing.worker_log, place.changelog)
        if newest is None or self._over:
            return  # the partition has never been owned, or is not for us to copy any more
        check_settings(newest, place, standing.rules)
        self._began = perf_counter()
        store = store_at(place.path, standing.memory)
        delete_spares(place.path, standing.memory)
        steps = Steps(_RECORDS_AT_ONCE, self._rest)
        replica = self._replica = open_replica(store, standing.rules, newest, steps)
        await replica.count(newest)
        self.position = replica.offset + 1
        batches = standing.worker_log.follow(*place.changelog, self.position)
        async with aclosing(batches):  # type: ignore[type-var]
            async for batch in batches:
                if self._over:
                    return
                await self._take(replica, batch, newest)

    async def _take(self, replica: Replica, batch: Batch, newest: Marker) -> None:
        self._began = perf_counter()
        _check_state(batch.records, newest)
        await replica.take(batch.records)
        if not replica.filling:
            self.position = batch.next_offset
        if batch.records:
            await self._rest()
        else:
            await replica.is_current()
            self.position = batch.next_offset
            self._complaint = ""
            await asyncio.sleep(self._standing.waits.breath)

    async def _rest(self) -> None:
        """At least as long as the step took, so that the worker's own partitions go on."""
        worked = perf_counter() - self._began
        await asyncio.sleep(worked * (_BUSY_SHARE if self._standing.busy() else 1.0))
        self._began = perf_counter()


def _check_state(records: list[Record], newest: Marker) -> None:
    """A log that was made anew meanwhile has markers of another state."""
    for record in reversed(records):
        if record.key == keys.MARKER and record.value is not None:
            if decode_marker(record.value).state_id != newest.state_id:
                raise MisfitError("the partition's state has begun anew")
            return
