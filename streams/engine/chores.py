"""What a partition does beside its records, in slices that don't hold records up.

Each chore says whether it has something to do, how long it waits between two beginnings while
records flow (waits are cut short when they don't), and does one slice.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from schemas.encoding import encode
from schemas.internal import CountsChunk
from streams.domain.assess import scores_move, tier_moves
from streams.domain.packed import Ranked
from streams.engine.counts import HEAD, ChunkId, counts_key
from streams.engine.fault_points import Step
from streams.engine.keys import TOP_CODE
from streams.engine.partition import Changed, Partition
from streams.engine.records import Write
from streams.engine.span import score_lines, tier_lines

BUSY_SLICE = 100  # customers in one slice while records flow: 4 to 10 ms, in each partition
IDLE_SLICE = 1_000  # while none do, or in a backlog
_BEHIND_INTERVALS = 12
_GAP_SECONDS = 0.1  # without records: else each small batch had a commit of counts after it
_PASSED_OVER = 16  # customers passed over (2 µs each) cost about what one looked at does
MOST_STANDINGS = 25_000  # of a partition that wait to be sent: some 400 bytes each


def phase(number: int) -> float:
    """From 0 to 1, for a partition: the part of their waits while records flow after which its
    chores begin first, so that not all partitions are at their long ones at once. Lies evenly,
    however many there are."""
    return number * 0.618 % 1


class Chore(Protocol):
    """One kind of work beside the records."""

    name: Step  # to those who kill the worker in the middle of it, too
    wait_seconds: float  # between two beginnings while records flow
    behind_seconds: float  # the same while the partition is behind
    idle_seconds: float  # without records for so long, the wait is cut short
    every_step: bool  # whether it has to be done within 2 s; in a backlog all take their turns
    scans: bool  # whether it reads indexes, so that nothing may be in flight

    def pending(self) -> bool:
        """Whether there is anything to do."""

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Do a part of it, for at most so many customers; whether it is done with what there was
        at its beginning."""


class _Sweep:
    """Goes through customers found by a scan, a slice at a time."""

    scans = True

    def __init__(self, partition: Partition, cause: str) -> None:
        self._partition = partition
        self._cause = cause
        self._found: Iterator[bytes | None] | None = None  # None: somebody passed over

    def _go_on(self, customers: int) -> bool:
        """One slice; whether the scan has come to its end."""
        assert self._found is not None
        self._partition.note_borders()  # by which those passed over are judged
        left, names = customers * _PASSED_OVER, []
        for name in self._found:
            if name is None:
                left -= 1
            else:
                left -= _PASSED_OVER
                names.append(name)
            if left <= 0:
                break
        self._partition.pass_time(names, self._cause)
        if left <= 0:
            return False
        self._found = None
        return True


class DueDays(_Sweep):
    """What falls due by stream time: days that leave the window, bands, stages, grace."""

    name: Step = "due days"
    every_step = False
    wait_seconds = 0.5
    behind_seconds = 10.0
    idle_seconds = 0.05

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition, "expiry")
        self._up_to = 0

    def pending(self) -> bool:
        """Stream time has come to a day that is not done."""
        today = self._partition.today
        done = self._partition.marker.days_done
        return self._found is not None or (today is not None and (done is None or today > done))

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Apply what is due to some customers."""
        partition = self._partition
        if self._found is None:
            assert partition.today is not None
            self._up_to = partition.today
            done = partition.marker.days_done
            first = -(1 << 39) if done is None else done
            self._found = partition.table.due(first, self._up_to)
        if not self._go_on(customers):
            return False
        partition.marker.days_done = self._up_to
        return True


class MovedBorders(_Sweep):
    """Customers between the old and the new borders of the tiers."""

    name: Step = "moved borders"
    every_step = True
    wait_seconds = behind_seconds = 0.5
    idle_seconds = _GAP_SECONDS

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition, "expiry")
        self._target = partition.scene.borders

    def pending(self) -> bool:
        """The borders known are not those that everybody's tier stands by."""
        known = self._partition.scene.borders
        return self._partition.marker.tiers_applied.version != known.version

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Look at some of them again."""
        partition = self._partition
        if self._found is None:
            self._target = partition.scene.borders
            between = partition.marker.tiers_span.begin(tier_lines(self._target))
            self._found = self._affected(between)
        if not self._go_on(customers):
            return False
        partition.marker.tiers_applied = self._target
        partition.marker.tiers_span.end()
        return True

    def _affected(self, between: list[tuple[int, int]]) -> Iterator[bytes | None]:
        for low, high in between:
            if low != high:
                yield from self._partition.table.ranked(low, high, self._tier_moves)

    def _tier_moves(self, held: Ranked) -> bool:
        partition = self._partition
        return tier_moves(held, partition.scene.borders, partition.rules)


class MovedScores(_Sweep):
    """Customers between the old and the new cut points of F and M."""

    name: Step = "moved scores"
    every_step = False
    wait_seconds = behind_seconds = 20.0
    idle_seconds = 0.2

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition, "expiry")
        self._target = partition.scene.borders

    def pending(self) -> bool:
        """The cut points known are not those that everybody's scores stand by."""
        known = self._partition.scene.borders
        return self._partition.marker.scores_applied.version != known.version

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Look at some of them again."""
        partition = self._partition
        if self._found is None:
            self._target = partition.scene.borders
            between = partition.marker.scores_span.begin(score_lines(self._target))
            self._found = self._affected(between)
        if not self._go_on(customers):
            return False
        partition.marker.scores_applied = self._target
        partition.marker.scores_span.end()
        return True

    def _affected(self, between: list[tuple[int, int]]) -> Iterator[bytes | None]:
        """Whoever ranks between cut points of M, where rank is revenue; where those of anything
        else have moved, whoever of all it concerns: few orders have few values, so a cut point
        that moves passes many customers."""
        table, moved = self._partition.table, [low != high for low, high in between]
        if any(moved[:4]) or (any(moved) and self._partition.rules.rank_by != "revenue"):
            yield from table.ranked(0, TOP_CODE, self._scores_move)
            return
        for low, high in between[4:]:
            if low != high:
                yield from table.ranked(low, high, self._scores_move)

    def _scores_move(self, held: Ranked) -> bool:
        return scores_move(held, self._partition.scene.borders)


class ChangedRules(_Sweep):
    """Everybody, once, after the rules have changed."""

    name: Step = "changed rules"
    every_step = False
    wait_seconds = behind_seconds = 0.0
    idle_seconds = 0.0

    def __init__(self, partition: Partition) -> None:
        super().__init__(partition, "rules")

    def pending(self) -> bool:
        """Somebody may still stand by other rules."""
        return self._partition.marker.rules != self._partition.rules.digest

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Look at some of them again."""
        partition = self._partition
        if partition.today is None:
            partition.marker.rules = partition.rules.digest
            return True
        if self._found is None:
            self._found = partition.table.everyone()
        if not self._go_on(customers):
            return False
        partition.marker.rules = partition.rules.digest
        return True


class Standings:
    """The standings that have changed, newest of each customer."""

    name: Step = "standings"
    every_step = False
    idle_seconds = 1.0
    scans = True  # not the index, but which changelog offset has landed

    def __init__(self, partition: Partition, interval_seconds: float) -> None:
        self.wait_seconds = interval_seconds
        # What a backlog makes of a customer is soon out of date.
        self.behind_seconds = _BEHIND_INTERVALS * interval_seconds
        self._partition = partition
        self._sending: dict[bytes, Changed] = {}
        self._sent_up_to = -1

    def count(self) -> int:
        """Standings yet to be sent; one that changes while it waits may count twice."""
        return len(self._partition.pending) + len(self._sending)

    def full(self) -> bool:
        """So many wait that some have to go before anything else is done."""
        return self.count() >= MOST_STANDINGS

    def pending(self) -> bool:
        """Some standing is yet to be sent."""
        return bool(self._partition.pending or self._sending)

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Send some of them."""
        partition = self._partition
        if not self._sending:
            self._sending, partition.pending = partition.pending, {}
            self._sent_up_to = partition.marker.changelog_offset
        names = list(islice(self._sending, customers))
        part = {}
        for name in names:
            part[name] = self._sending.pop(name)
            newer = partition.pending.pop(name, None)
            part[name] = newer or part[name]
        partition.publish_standings(part)
        if self._sending:
            return False
        partition.marker.standings_offset = self._sent_up_to
        return True


class CountsNews:
    """The counts that have changed, for the ranking over all partitions."""

    name: Step = "counts"
    every_step = True
    wait_seconds = behind_seconds = 1.0
    idle_seconds = _GAP_SECONDS
    scans = False

    def __init__(self, partition: Partition, topic: str) -> None:
        self._partition = partition
        self._topic = topic

    def pending(self) -> bool:
        """Some chunk has changed since it was published, or none has ever been."""
        changed = self._partition.table.counts.changed
        return changed or not self._partition.marker.counts_version

    def slice(self, customers: int = IDLE_SLICE) -> bool:
        """Publish every chunk that has changed, and the head of the version."""
        partition = self._partition
        counts = partition.table.counts
        partition.marker.counts_version += 1
        chunks = [self._write(chunk, counts.chunk(chunk)) for chunk in counts.take_changed()]
        partition.add_outputs([*chunks, self._write(HEAD, [])])
        return True

    def _write(self, chunk: ChunkId, cells: list[tuple[int, int, int]]) -> Write:
        kind, number = chunk
        owner = self._partition.identity.number
        value = CountsChunk(
            kind=kind,  # type: ignore[arg-type]
            partition=owner,
            chunk=number,
            version=self._partition.marker.counts_version,
            counts=cells,
        )
        return Write(self._topic, 0, counts_key(owner, chunk), encode(value))
