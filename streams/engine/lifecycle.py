"""Which partitions are this worker's: taken over, worked on, given back.

Taking over: fence off whoever had it, bring the store to the end of the changelog, then let the
inputs flow from exactly the positions that the state knows. Each partition in a task of its own,
so that a large one holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Literal, get_args

from streams.domain.rules import Rules
from streams.engine import fault_points
from streams.engine.borders import BorderKeeper
from streams.engine.door import Door, DoorSettings
from streams.engine.ending import ended
from streams.engine.log import FencedError, WorkerLog
from streams.engine.partition import Identity, Partition
from streams.engine.ranking import Ranking
from streams.engine.records import Batch, TopicPartition
from streams.engine.recovery import recover
from streams.engine.replica import Place
from streams.engine.standby import Standbys, Standing
from streams.engine.store import StoreMemory
from streams.engine.take_overs import TakeOver, TakeOvers
from streams.engine.turn import Input

#: `given_up`: another worker has fenced it off, or it failed.
State = Literal["recovering", "consuming", "given_up"]
STATES: tuple[State, ...] = get_args(State)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """What all partitions of a worker share."""

    worker_log: WorkerLog
    ranking: Ranking
    memory: StoreMemory
    rules: Rules
    inputs: tuple[str, ...]  # full names of the input topics
    place: Callable[[int], Place]
    identity: Callable[[int], Identity]
    door: DoorSettings
    release: Callable[[Mapping[TopicPartition, int]], None]
    new_keeper: Callable[[], BorderKeeper]
    failed: Callable[[BaseException], None]
    standbys: Callable[[], Collection[int]]  # what the group wants us to keep copies of


class Partitions:
    """The doors of the partitions that are ours, by number. Faust's consumer calls the first
    two methods in a rebalance."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._doors: dict[int, Door] = {}
        self._taking_over: dict[int, asyncio.Task[None]] = {}
        self._keeper: BorderKeeper | None = None
        self._closed = False
        self.assignment: frozenset[int] | None = None  # None: before the first, and between two
        self.take_overs = TakeOvers()
        self.standbys = Standbys(
            Standing(worker.worker_log, worker.place, worker.memory, worker.rules, self._busy)
        )
        worker.ranking.on_borders = self._on_borders

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        """Begin to take these over; each is released when its state is whole."""
        await self.revoked(partitions)
        if self._closed:
            return
        first = self._worker.inputs[0]
        self.assignment = frozenset(tp.partition for tp in partitions if tp.topic == first)
        self.standbys.keep(self._worker.standbys(), self.assignment)
        for tp in sorted(partitions):
            if tp.topic == first:
                self._begin(tp.partition, self._watched_take_over(tp.partition))
            elif tp.topic == self._worker.door.topics.counts:
                self._begin(_KEEPER, self._keep_borders(tp))

    async def revoked(self, partitions: set[TopicPartition]) -> None:
        """Let what is under way land, then let go."""
        numbers = {tp.partition for tp in partitions if tp.topic == self._worker.inputs[0]}
        self.assignment = None
        keeps = any(tp.topic == self._worker.door.topics.counts for tp in partitions)
        tasks = [self._taking_over.pop(n, None) for n in (*numbers, *([_KEEPER] * keeps))]
        await ended(task for task in tasks if task is not None)
        doors = {number: self._doors.pop(number) for number in numbers if number in self._doors}
        await asyncio.gather(*(self._give_back(*each) for each in doors.items()))
        if keeps and self._keeper is not None:
            keeper, self._keeper = self._keeper, None
            await keeper.close()

    async def close(self) -> None:
        """Give everything back, and take nothing over any more."""
        self._closed = True
        await ended(self._taking_over.values())
        await self.standbys.close()
        doors, self._doors = list(self._doors.values()), {}
        await asyncio.gather(*(door.close() for door in doors))
        if self._keeper is not None:
            await self._keeper.close()

    async def _give_back(self, number: int, door: Door) -> None:
        replica = await door.release()
        if replica is None:
            return
        if self._closed:
            replica.close()
        else:
            self.standbys.give_back(number, replica)

    # -- what agents and the web ask for

    async def put(self, batch: Batch, topic: Input) -> None:
        """Hand a batch to its partition. One that is not ours any more is read by its owner."""
        door = self._doors.get(batch.partition)
        if door is not None:
            await door.put(batch, topic)

    async def add_counts(self, batch: Batch) -> None:
        """Hand published counts to the keeper of the borders, where that is us."""
        keeper = self._keeper
        if keeper is None:
            return
        try:
            await keeper.take(batch)
        except FencedError as error:
            self._watch_fenced(error, lambda: self._keeper is keeper)
        except Exception as error:  # noqa: BLE001 - raised in an agent it would only restart that
            self._worker.failed(error)

    def partitions(self) -> list[Partition]:
        """The partitions that are ours and recovered."""
        return [door.partition for door in self._doors.values()]

    def doors(self) -> dict[int, Door]:
        """The doors of the partitions that are ours and recovered, by number."""
        return dict(self._doors)

    def states(self) -> dict[int, State]:
        """Where each partition stands that is assigned to us, or still here."""
        found: dict[int, State] = dict.fromkeys(self.assignment or (), "given_up")
        for number, door in self._doors.items():
            found[number] = "given_up" if door.closing else "consuming"
        return found | dict.fromkeys(self.take_overs.under_way, "recovering")

    @property
    def keeper(self) -> BorderKeeper | None:
        """Who keeps the borders of all workers, where that is us."""
        return self._keeper

    def partition(self, number: int) -> Partition | None:
        """One of them, or None."""
        door = self._doors.get(number)
        return None if door is None else door.partition

    # -- taking over

    def _begin(self, number: int, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._taking_over[number] = task
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, FencedError):
            log.warning("another worker took over meanwhile: %s", error)
        elif error is not None:
            self._worker.failed(error)

    async def _watched_take_over(self, number: int) -> None:
        with self.take_overs.of(number) as watch:
            await self._take_over(number, watch)

    async def _take_over(self, number: int, watch: TakeOver) -> None:
        worker = self._worker
        fault_points.before("take-over")
        async with AsyncExitStack() as undo:  # a rebalance may break in at any await
            transactions = worker.worker_log.transactions("customers", number)
            undo.push_async_callback(transactions.close)
            await transactions.take_over()
            place = worker.place(number)
            standby = self.standbys.hand_over(number)
            fault_points.before("recovery")
            recovered = await recover(
                worker.worker_log, place, worker.memory, worker.rules, watch.read, standby
            )
            fault_points.after("recovery")
            undo.callback(recovered.table.store.close)
            await worker.ranking.caught_up(lambda: watch.read(0))
            undo.pop_all()
        partition = Partition(
            worker.identity(number), worker.rules, recovered.table, recovered.marker,
            worker.ranking.counts, worker.ranking.borders,
        )  # fmt: skip
        partition.pending.update(recovered.pending)
        self._compare_counts(partition)

        def failed(error: BaseException) -> None:
            if isinstance(error, FencedError):
                self._watch_fenced(error, lambda: self._doors.get(number) is door)
            else:
                worker.failed(error)

        door = Door(partition, transactions, worker.worker_log, worker.door, failed)
        self._doors[number] = door
        door.start()
        positions = recovered.marker.positions
        worker.release(
            {TopicPartition(topic, number): positions.get(topic, 0) for topic in worker.inputs}
        )
        fault_points.after("take-over")
        active = partition.table.counts.customers
        log.info("partition %d is ours: %d customers active", number, active)

    def _busy(self) -> bool:
        """Whether partitions of ours have work waiting."""
        waiting = any(door.waiting or door.gathering for door in self._doors.values())
        return waiting or bool(self.take_overs.under_way)

    def _compare_counts(self, partition: Partition) -> None:
        """Mark for publishing what differs between the counts that are and those published."""
        counts, number = partition.table.counts, partition.identity.number
        published = self._worker.ranking.counts.published(number)
        chunks = counts.chunks() | published.keys()
        counts.set_changed(
            chunk for chunk in chunks if counts.chunk(chunk) != published.get(chunk, [])
        )
        version = self._worker.ranking.counts.versions.get(number, 0)
        partition.marker.counts_version = max(partition.marker.counts_version, version)

    def _watch_fenced(self, error: FencedError, still_ours: Callable[[], bool]) -> None:
        """Who is fenced off has lost a partition, and hears of it in a rebalance that follows.
        Where none does, a transaction of our own outlived its time: only a restart mends it."""
        log.warning("%s", error)

        def look() -> None:
            if still_ours():
                self._worker.failed(error)

        asyncio.get_running_loop().call_later(_FENCED_SECONDS, look)

    async def _keep_borders(self, counts: TopicPartition) -> None:
        keeper = self._worker.new_keeper()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(keeper.close)
            await keeper.take_over(self._worker.worker_log)
            undo.pop_all()
        self._keeper = keeper
        self._worker.release({counts: 0})

    def _on_borders(self) -> None:
        for door in self._doors.values():
            door.partition.scene.borders = self._worker.ranking.borders
            door.wake()


_FENCED_SECONDS = 15.0  # longer than a session lasts
_KEEPER = -1  # stands for the keeper of the borders among the numbers of partitions
