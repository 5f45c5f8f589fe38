"""Which records count: dead ones, repeats, and stream time, partition by partition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.oracle.events import (
    ContactEvent,
    CustomerEvent,
    ErasureEvent,
    Event,
    OrderEvent,
    TickEvent,
)
from tests.oracle.fields import MalformedError
from tests.oracle.murmur2 import partition_of
from tests.oracle.parsing import parse_event
from tests.oracle.records import INPUT_TOPICS, InputRecord
from tests.oracle.results import Counts, DeadRecord
from tests.oracle.rules import Rules

_AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Taken:
    """A customer's event that counts, with the partition's stream time before and after it."""

    event: CustomerEvent
    before: datetime | None
    after: datetime | None


@dataclass(slots=True)
class Intake:
    """What became of all records, and each customer's events in order."""

    counts: dict[str, Counts]
    dead: list[DeadRecord] = field(default_factory=list)
    taken: dict[str, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    partitions: dict[str, int] = field(default_factory=dict)  # by customer
    stream_times: dict[int, datetime] = field(default_factory=dict)


class _Partition:
    """Stream time of a partition, and when each event id was taken."""

    def __init__(self, dedupe: timedelta) -> None:
        self.stream_time: datetime | None = None
        self._first_stream_time: datetime | None = None
        self._dedupe = dedupe
        self._taken_at: dict[tuple[str, str, str], datetime | None] = {}

    def is_repeat(self, topic: str, event: Event) -> bool:
        """Known by its id, and stream time is not past the end of the time it is remembered."""
        if not isinstance(event, OrderEvent | ContactEvent):
            return False
        name = (topic, event.customer, event.event_id)
        if name not in self._taken_at:
            return False
        taken_at = self._taken_at[name] or self._first_stream_time
        if taken_at is None or self.stream_time is None:
            return True
        return self.stream_time <= taken_at + self._dedupe

    def take(self, topic: str, event: Event) -> None:
        """Move stream time on, remember the id; an erasure forgets the customer's ids."""
        if isinstance(event, OrderEvent):
            self._reach(event.ordered_at)
        elif isinstance(event, TickEvent):
            self._reach(event.now)
        elif isinstance(event, ErasureEvent):
            kept = {n: at for n, at in self._taken_at.items() if n[1] != event.customer}
            self._taken_at = kept
        if isinstance(event, OrderEvent | ContactEvent):
            self._taken_at[topic, event.customer, event.event_id] = self.stream_time

    def _reach(self, instant: datetime) -> None:
        self._first_stream_time = self._first_stream_time or instant
        self.stream_time = max(self.stream_time or instant, instant)


def take_in(
    records: Iterable[InputRecord], rules: Rules, wall_clock: datetime, partitions: int
) -> Intake:
    """Sort the records into dead, repeated and taken."""
    intake = Intake({topic: Counts() for topic in INPUT_TOPICS})
    states: dict[int, _Partition] = {}
    for record in records:
        if record.partition not in states:
            states[record.partition] = _Partition(timedelta(hours=24 * rules.dedupe_days))
        _take_record(intake, states[record.partition], record, rules, wall_clock, partitions)
    times = {p: state.stream_time for p, state in states.items()}
    intake.stream_times = {p: at for p, at in times.items() if at is not None}
    return intake


def _take_record(
    intake: Intake,
    state: _Partition,
    record: InputRecord,
    rules: Rules,
    wall_clock: datetime,
    partitions: int,
) -> None:
    counts = intake.counts[record.topic]
    event, codes = _read(record, rules, wall_clock, partitions)
    if event is None or codes:
        counts.dead += 1
        code = codes[0] if len(codes) == 1 else None
        intake.dead.append(DeadRecord(record.topic, record.partition, record.offset, code))
    elif state.is_repeat(record.topic, event):
        counts.repeated += 1
    else:
        counts.taken += 1
        before = state.stream_time
        state.take(record.topic, event)
        if not isinstance(event, TickEvent):
            intake.taken[event.customer].append(Taken(event, before, state.stream_time))
            intake.partitions[event.customer] = record.partition


def _read(
    record: InputRecord, rules: Rules, wall_clock: datetime, partitions: int
) -> tuple[Event | None, list[str]]:
    """The event, or None where its value is malformed; and the named codes that apply."""
    try:
        event = parse_event(record, rules)
    except MalformedError:
        return None, []
    codes = [] if isinstance(event, TickEvent) else _key_codes(record, event.customer, partitions)
    if any(at - wall_clock > _AHEAD for at in event.times()):
        codes.append("future")
    return event, codes


def _key_codes(record: InputRecord, customer: str, partitions: int) -> list[str]:
    if record.key is None:
        return ["no_key"]
    codes = []
    if record.key != customer.encode("utf-8"):
        codes.append("key_mismatch")
    if record.partition != partition_of(record.key, partitions):
        codes.append("wrong_partition")
    return codes
