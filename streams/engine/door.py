"""The door of a partition: batches, due days, borders and news go through it in turn.

Each step is folded in memory, committed in one transaction of the log, and only then written to
the store. While one commit is under way the next step is folded already; a step that reads
indexes waits until the store is up to date.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from streams.engine import fault_points, keys
from streams.engine.chores import (
    BUSY_SLICE,
    IDLE_SLICE,
    ChangedRules,
    Chore,
    CountsNews,
    DueDays,
    MovedBorders,
    MovedScores,
    Standings,
    phase,
)
from streams.engine.inbox import Inbox
from streams.engine.landed import Landed, Taken
from streams.engine.log import Transactions, WorkerLog
from streams.engine.marker import encode_marker
from streams.engine.partition import HoleError, Partition
from streams.engine.progress import ProgressNews
from streams.engine.records import Batch, TopicPartition, Write
from streams.engine.replica import AT_ONCE, Replica, place_of
from streams.engine.segments import encode_segments
from streams.engine.table import Sealed
from streams.engine.turn import Input

_RECORDS_OF_A_COMMIT = 16_000  # a backlog by 4,000 takes a third longer: states are sealed oftener
_CHORES_OF_A_COMMIT = 4  # while behind: as much for each 4,000 records as one slice
_FLOWS_SECONDS = 1.0  # after a record the next one is near
_BACKLOG_RECORDS = 1_000  # that wait, or were taken at once: with more it is a backlog
OWN_TICK = "tierstream_own_tick"  # header of the ticks that a worker makes itself

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Topics:
    """Full names of the topics that a door reads the ends of, or writes to."""

    inputs: tuple[str, ...]  # those that a tick of our own waits for
    changelog: str
    progress: str
    counts: str


class DoorSettings(NamedTuple):
    """What a door is told. `mark_done` hears of every input offset once it is committed, `landed`
    of every commit, `read_again` of an offset at which reading has to go on."""

    topics: Topics
    standings_interval: float
    web: str
    mark_done: Callable[[TopicPartition, int], None]
    read_again: Callable[[TopicPartition, int], None]
    wall_clock: Callable[[], datetime]
    landed: Callable[[Landed], None]


class Door:
    """One task a partition. `failed` is called with what ends it before `close`."""

    def __init__(
        self,
        partition: Partition,
        transactions: Transactions,
        worker_log: WorkerLog,
        settings: DoorSettings,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.partition = partition
        self._transactions = transactions
        self._log = worker_log
        self._settings = settings
        self._failed = failed
        self._wake = asyncio.Event()
        self._inbox = Inbox(self._wake)
        self._closing = False
        self._broken = False
        self._landing: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._fed_at = self._loop.time()
        self._taken: list[Taken] = []  # since the last seal
        self._committing = False
        self._records_taken = 0  # at once, when it last took any
        self.moved_at = self._loop.time()  # when it last took a batch or landed a commit
        self._standings = Standings(partition, settings.standings_interval)
        self._chores: list[Chore] = [
            ChangedRules(partition),
            DueDays(partition),
            MovedBorders(partition),
            CountsNews(partition, settings.topics.counts),
            MovedScores(partition),
            self._standings,
        ]
        now, waited = self._loop.time(), 1 - phase(partition.identity.number)
        self._begun = {chore.name: now - chore.wait_seconds * waited for chore in self._chores}
        said = (settings.topics.progress, settings.web, settings.wall_clock)
        self._progress = ProgressNews(partition, *said)

    # -- from outside

    def start(self) -> None:
        """Say how far the partition is, then work until closed."""
        self._task = asyncio.create_task(self._run())

    async def put(self, batch: Batch, topic: Input) -> None:
        """Hand a batch over; waits while several are waiting. After closing it is dropped: who
        takes the partition over reads it again."""
        await self._inbox.put(batch, topic)

    def wake(self) -> None:
        """There may be something to do: borders have moved."""
        self._wake.set()

    async def close(self) -> None:
        """Let what is under way land, then stop and close the store. Batches that wait are
        dropped."""
        replica = await self.release()
        if replica is not None:
            replica.close()

    async def release(self) -> Replica | None:
        """Like `close`, but the store stays open: what was committed, for whoever is next. None
        where the door has failed: then there may be more in the table than was committed."""
        fault_points.before("release")
        self._closing = True
        self._inbox.close()
        if self._task is not None:
            await self._task
        await self._transactions.close()
        fault_points.after("release")
        partition = self.partition
        if self._broken:
            partition.table.store.close()
            return None
        return Replica(partition.table, partition.marker, AT_ONCE, counted=True)

    # -- how it is

    @property
    def closing(self) -> bool:
        """Whether it takes nothing more in: closed, fenced off or failed."""
        return self._closing

    @property
    def waiting(self) -> int:
        """Batches that wait to be folded in."""
        return len(self._inbox)

    @property
    def gathering(self) -> bool:
        """Whether batches have been folded in that are not being committed yet."""
        return bool(self._taken)

    @property
    def standings_pending(self) -> int:
        """Customers whose standing is yet to be published."""
        return self._standings.count()

    def waiting_chores(self) -> dict[str, float]:
        """The chores with something to do, and when each was last done with what there was."""
        return {chore.name: self._begun[chore.name] for chore in self._chores if chore.pending()}

    def to_do(self) -> str | None:
        """What it is at, or should be: a commit, batches, the name of a chore; None: it rests."""
        if self._committing:
            return "commit"
        if self._inbox or self.gathering:
            return "batches"
        now = self._loop.time()
        ready = (c for c in self._chores if c.pending() and self._ready_at(c) <= now)
        return next((chore.name for chore in ready), None)

    # -- the loop

    async def _run(self) -> None:
        try:
            await self._commit([])
            while not self._closing:
                if not await self._step():
                    await self._land()
                    await self._sleep()
            if self._progress.owed:
                self._progress.say_at_once()
                await self._commit([])
            await self._land()
        except Exception as error:  # noqa: BLE001 - passed on whole: it ends the worker
            self._closing = self._broken = True
            self._inbox.close()
            self._failed(error)
            with suppress(Exception):
                await self._land()

    async def _step(self) -> bool:
        """Do the next thing, if there is any; whether there was."""
        did, full = False, self._standings.full()
        marks: list[tuple[TopicPartition, int]] = []
        for chore in self._next_chores():
            if chore.scans:
                await self._land()
            self._do(chore)
            did = True
        if self._inbox and not full:  # else in the next step, after a turn of the other chores
            marks = await self._take_batches()
            did = True
        if did or self._owes_progress():
            await self._commit(marks)
            return True
        return False

    async def _take_batches(self) -> list[tuple[TopicPartition, int]]:
        """What came in during one commit goes into the next. A batch as large as they are read is
        of a backlog, and more of it comes at once: that goes into the same commit. The first is
        taken however many standings a sweep has just made."""
        marks: list[tuple[TopicPartition, int]] = []
        table, taken = self.partition.table, 0
        while self._inbox and not self._closing and not (taken and self._standings.full()):
            left = min(_RECORDS_OF_A_COMMIT, table.fits()) - taken
            if left <= 0:
                break
            batch, topic = self._inbox.take(left)
            taken += max(len(batch.records), 1)
            if await self._take_batch(batch, topic):
                marks.append((TopicPartition(batch.topic, batch.partition), batch.next_offset))
                table.pack()
                if taken < _RECORDS_OF_A_COMMIT:
                    await self._inbox.next_after(batch)
        self._records_taken = taken
        return marks

    async def _take_batch(self, batch: Batch, topic: Input) -> bool:
        """Whether it could be folded in."""
        if not topic.keyed:
            await self._look_whether_caught_up(batch)
        else:
            self._fed_at = self._loop.time()
        fault_points.before("fold")
        try:
            self.partition.take(batch, topic, self._settings.wall_clock())
        except HoleError as hole:  # a batch of before a rebalance came late
            log.warning("%s; reading on there", hole)
            self._inbox.clear()
            self._settings.read_again(TopicPartition(*hole.place), hole.position)
            return False
        fault_points.after("fold")
        stamps = [record.timestamp_ms for record in batch.records]
        self._taken.append(Taken(batch.topic, batch.first_offset, batch.next_offset, stamps))
        self.moved_at = self._loop.time()
        return True

    async def _look_whether_caught_up(self, batch: Batch) -> None:
        """A tick of our own counts only if the inputs have been read to their ends."""
        if not any(name == OWN_TICK for record in batch.records for name, _ in record.headers):
            return
        number = self.partition.identity.number
        inputs = [TopicPartition(topic, number) for topic in self._settings.topics.inputs]
        ends = await self._log.end_offsets(inputs)
        positions = self.partition.marker.positions
        self.partition.caught_up = all(
            positions.get(tp.topic, 0) >= end for tp, end in ends.items()
        )

    # -- chores

    def _next_chores(self) -> list[Chore]:
        """Of those that have waited as long as they do while records flow: whoever takes part in
        every step, and one of the others; in a backlog, where steps are long, a few of all. Where
        no records flow, one that waits for that. Who has had a slice comes last, so that a long
        sweep holds up nobody. Where too many standings wait, their turn is now, and nobody else's.
        """
        if self._standings.full():
            return [self._standings]
        now, behind = self._loop.time(), self._behind()
        pending = [chore for chore in self._chores if chore.pending()]
        ready = [
            chore
            for chore in pending
            if now
            >= self._begun[chore.name] + (chore.behind_seconds if behind else chore.wait_seconds)
        ]
        if not ready and not self._inbox:
            return [c for c in pending if now >= self._fed_at + c.idle_seconds][:1]
        if behind:
            return ready[:_CHORES_OF_A_COMMIT]
        others = [chore for chore in ready if not chore.every_step]
        return [chore for chore in ready if chore.every_step] + others[:1]

    def _behind(self) -> bool:
        """Whether so many records wait that how soon the next is folded matters no more."""
        return self._inbox.records > _BACKLOG_RECORDS

    def _owes_progress(self) -> bool:
        return self._progress.owed and self._progress.owed_at(self._fed_at) <= self._loop.time()

    def _ready_at(self, chore: Chore) -> float:
        waited = self._begun[chore.name] + chore.wait_seconds
        return min(waited, self._fed_at + chore.idle_seconds)

    def _do(self, chore: Chore) -> None:
        """A slice; the wait for the next beginning counts from the end of the last slice."""
        self._chores.remove(chore)
        self._chores.append(chore)
        fault_points.before(chore.name)
        flows = self._loop.time() < self._fed_at + _FLOWS_SECONDS
        many = self._behind() or self._records_taken > _BACKLOG_RECORDS or self._standings.full()
        most = BUSY_SLICE if flows and not many else IDLE_SLICE
        if chore.slice(min(most, self.partition.table.fits())):
            self._begun[chore.name] = self._loop.time()
        if chore is self._standings:
            self._progress.say_at_once()
        fault_points.after(chore.name)

    async def _sleep(self) -> None:
        self._wake.clear()
        now = self._loop.time()
        waiting = [chore for chore in self._chores if chore.pending()]
        times = [self._ready_at(chore) for chore in waiting]
        if self._progress.owed:
            times.append(self._progress.owed_at(self._fed_at))
        timeout = max(min(times) - now, 0.0) if times else None
        if self._inbox or self._closing or timeout == 0.0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake.wait()

    # -- committing

    async def _commit(self, marks: list[tuple[TopicPartition, int]]) -> None:
        """Seal what has been folded; commit it once the commit before has landed."""
        partition = self.partition
        sealed, outputs = partition.seal()
        partition.marker.segments = encode_segments(partition.table.segments)
        marker = encode_marker(partition.marker)
        changelog = self._settings.topics.changelog
        number = partition.identity.number
        states = [Write(changelog, number, key, value) for key, value in sealed.changelog]
        now = self._loop.time()
        outputs += self._progress.with_commit(now, self._fed_at, self._standings.count())
        writes = [*states, *outputs, Write(changelog, number, keys.MARKER, marker)]
        landed = self._what_lands(outputs, len(states) + 1)
        await self._land()
        self._committing = True
        self._landing = asyncio.create_task(self._carry_out(sealed, writes, landed, marks))

    def _what_lands(self, outputs: list[Write], changelog_records: int) -> Landed:
        partition = self.partition
        taken, self._taken = self._taken, []
        tally, partition.tally = partition.tally, Counter()
        late, partition.late_orders = partition.late_orders, 0
        now = self._settings.wall_clock()
        return Landed(taken, tally, late, outputs, changelog_records, 0.0, now)

    async def _carry_out(
        self,
        sealed: Sealed,
        writes: list[Write],
        landed: Landed,
        marks: list[tuple[TopicPartition, int]],
    ) -> None:
        began = self._loop.time()
        ends = await self._transactions.commit(writes)
        changelog = TopicPartition(self._settings.topics.changelog, self.partition.identity.number)
        offset = ends[changelog]
        marker = writes[-1].value
        assert marker is not None
        self.partition.marker.changelog_offset = offset
        table = self.partition.table
        table.store.write([*sealed.store, *place_of(marker, offset)])
        table.written(sealed)
        for partition, next_offset in marks:
            self._settings.mark_done(partition, next_offset)
        self._committing = False
        self.moved_at = self._loop.time()
        wall_clock = self._settings.wall_clock()
        self._settings.landed(landed._replace(seconds=self.moved_at - began, at=wall_clock))

    async def _land(self) -> None:
        """Return when nothing is under way any more."""
        if self._landing is not None:
            landing, self._landing = self._landing, None
            await landing
