"""Brings a partition's store to the end of its changelog, and says what is in it.

The store is a cache of the changelog: one that doesn't go with it (another log, a log that lost
its tail, other rules of ranking) is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from streams.domain.rules import Rules
from streams.engine import keys
from streams.engine.log import LogError, WorkerLog
from streams.engine.marker import Marker, decode_marker, encode_marker
from streams.engine.partition import Changed
from streams.engine.records import Batch, Record, TopicPartition
from streams.engine.replica import (
    AT_ONCE,
    MisfitError,
    Place,
    Replica,
    Steps,
    letting_go,
    open_replica,
    place_of,
)
from streams.engine.segments import decode_segments
from streams.engine.store import Store, StoreMemory, discard_store, open_store
from streams.engine.table import CustomerTable

_BATCHES_AT_ONCE = 5  # some 20,000 records, or 10 MB of large ones
_TAIL = 8  # records at the end of a changelog among which its newest marker is

log = logging.getLogger(__name__)


class StateError(LogError):
    """State that these settings or rules can't go on with; the message says the way out."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A partition's table at the end of its changelog, and the standings yet to be sent."""

    table: CustomerTable
    marker: Marker
    pending: dict[bytes, Changed]


async def recover(
    worker_log: WorkerLog,
    place: Place,
    memory: StoreMemory,
    rules: Rules,
    on_read: Callable[[int], None],
    standby: Replica | None = None,
) -> Recovered:
    """The partition's state, up to the committed end of its changelog; `on_read` is told how many
    records were read, as they are. The `standby` that there may be at that place is taken over,
    and closed where that fails.

    StateError where the settings don't go with the state.
    """
    try:
        newest = await newest_marker(worker_log, place.changelog)
        if newest is not None:
            check_settings(newest, place, rules)
    except BaseException:
        _close(standby)
        raise
    if newest is None:
        _close(standby)
        return _begin(place, memory, rules)
    newest.rank_by = rules.rank_by
    counted = _Counted(worker_log, on_read)
    try:
        return await _recover(counted, place, memory, rules, newest, standby)
    except MisfitError as misfit:
        log.warning("%s: %s; it is built anew from the changelog", place.path, misfit)
        return await _recover(counted, place, memory, rules, newest, None)


def _close(standby: Replica | None) -> None:
    if standby is not None:
        standby.close()


@dataclass(frozen=True, slots=True)
class _Counted:
    """Reads a log, and tells how much."""

    worker_log: WorkerLog
    on_read: Callable[[int], None]

    async def read(self, changelog: TopicPartition, start: int) -> AsyncIterator[Batch]:
        async for batch in self.worker_log.read(*changelog, start):
            yield batch
            self.on_read(len(batch.records))

    async def gets_on(self) -> None:
        """Nothing was read, but it goes on; others get their turn."""
        self.on_read(0)
        await asyncio.sleep(0)


async def newest_marker(worker_log: WorkerLog, changelog: TopicPartition) -> Marker | None:
    """The newest marker committed; None where the partition's state has not begun."""
    end = (await worker_log.end_offsets([changelog]))[changelog]
    for start in (max(0, end - _TAIL), 0):
        newest = None
        async for batch in worker_log.read(*changelog, start):
            for record in batch.records:
                if record.key == keys.MARKER and record.value is not None:
                    newest = _marker_of(record)
        if newest is not None:
            return newest
    return None


def _begin(place: Place, memory: StoreMemory, rules: Rules) -> Recovered:
    marker = Marker(
        state_id=uuid.uuid4().hex,
        partitions=place.partitions,
        time_zone=rules.time_zone,
        base_currency=rules.base_currency,
        rank_by=rules.rank_by,
        rules=rules.digest,
    )
    leftover = open_store(place.path, memory)
    leftover.close()
    discard_store(leftover.path)
    table = CustomerTable(Store(leftover.path, memory), rules.rank_by == "revenue")
    return Recovered(table, marker, {})


def check_settings(marker: Marker, place: Place, rules: Rules) -> None:
    """StateError where the state was made with settings other than these."""
    for name, held, given in (
        ("business.time_zone", marker.time_zone, rules.time_zone),
        ("business.base_currency", marker.base_currency, rules.base_currency),
        ("the number of partitions", marker.partitions, place.partitions),
    ):
        if held != given:
            raise StateError(
                f"{name} is {given}, but the state in {place.changelog.topic} was made with "
                f"{held}: set it back, or begin afresh with another TIERSTREAM_APP_ID and "
                "TIERSTREAM_TOPIC_PREFIX"
            )


async def _recover(
    changelog: _Counted,
    place: Place,
    memory: StoreMemory,
    rules: Rules,
    newest: Marker,
    standby: Replica | None,
) -> Recovered:
    replica = standby
    if replica is None:
        replica = open_replica(open_store(place.path, memory), rules, newest, AT_ONCE)
    replica.steps, table = Steps(AT_ONCE.records, changelog.gets_on), replica.table
    with letting_go(table.store):
        replica.check(newest, rules)
        await replica.count(newest)
        changed = await _replay(changelog, place, replica, newest)
        await replica.is_current()
        table.store.write(place_of(encode_marker(newest), newest.changelog_offset))
        if newest.segments:
            table.segments = decode_segments(newest.segments)
        else:
            for _ in table.counting():
                await changelog.gets_on()
    return Recovered(table, newest, changed)


async def _replay(
    changelog: _Counted, place: Place, replica: Replica, newest: Marker
) -> dict[bytes, Changed]:
    """Bring the replica to the end; the standings that were not sent by then."""
    changed = dict[bytes, Changed]()
    start = min(replica.offset, newest.standings_offset) + 1
    unwritten: list[Batch] = []
    async for batch in changelog.read(place.changelog, start):
        if batch.next_offset > newest.standings_offset:
            changed |= _changed(batch.records, newest.standings_offset)
        unwritten.append(batch)
        if len(unwritten) == _BATCHES_AT_ONCE:
            await replica.take(_records(unwritten))
            unwritten = []
    await replica.take(_records(unwritten))
    return changed


def _records(batches: list[Batch]) -> list[Record]:
    return [record for batch in batches for record in batch.records]


def _changed(records: list[Record], sent_up_to: int) -> dict[bytes, Changed]:
    """The standings that these records change, those that have been sent left out."""
    return {
        record.key[1:]: Changed(None, record.timestamp_ms * 1000)
        for record in records
        if record.offset > sent_up_to and record.key is not None and record.key[:1] == keys.STATES
    }


def _marker_of(record: Record) -> Marker:
    assert record.value is not None
    marker = decode_marker(record.value)
    marker.changelog_offset = record.offset
    return marker
