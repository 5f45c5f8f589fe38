"""Brings a partition's store to the end of its changelog, and says what is in it.

The store is a cache of the changelog: one that doesn't go with it (another log, a log that lost
its tail, other rules of ranking) is thrown away and built anew.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from streams.domain.rules import Rules
from streams.engine import keys
from streams.engine.log import LogError, WorkerLog
from streams.engine.marker import VERSION, Marker, decode_marker, encode_marker, version_of
from streams.engine.partition import Changed
from streams.engine.records import Batch, Record, TopicPartition
from streams.engine.store import Op, Store, StoreMemory, discard_store, open_store
from streams.engine.table import CustomerTable

_CHUNK = 2_000  # states written at a time, before others get their turn: some 30 ms
_TRUSTED_SECONDS = 12 * 3600  # logs keep tombstones for a day or more
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partition's state is kept: its changelog, and its store's folder."""

    changelog: TopicPartition
    path: Path
    partitions: int


class _MisfitError(Exception):
    """The store doesn't belong to this changelog."""


async def recover(
    worker_log: WorkerLog,
    place: Place,
    memory: StoreMemory,
    rules: Rules,
    on_read: Callable[[int], None],
) -> Recovered:
    """The partition's state, up to the committed end of its changelog; `on_read` is told how many
    records were read, as they are.

    StateError where the settings don't go with it.
    """
    newest = await _newest_marker(worker_log, place.changelog)
    if newest is None:
        return _begin(place, memory, rules)
    _check(newest, place, rules)
    counted = _Counted(worker_log, on_read)
    try:
        return await _recover(counted, place, memory, rules, newest)
    except _MisfitError as misfit:
        log.warning("%s: %s; it is built anew from the changelog", place.path, misfit)
        return await _recover(counted, place, memory, rules, newest)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Reads a log, and tells how much."""

    worker_log: WorkerLog
    on_read: Callable[[int], None]

    async def read(self, changelog: TopicPartition, start: int) -> AsyncIterator[Batch]:
        async for batch in self.worker_log.read(*changelog, start):
            yield batch
            self.on_read(len(batch.records))


async def _newest_marker(worker_log: WorkerLog, changelog: TopicPartition) -> Marker | None:
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


def _check(marker: Marker, place: Place, rules: Rules) -> None:
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
    changelog: _Counted, place: Place, memory: StoreMemory, rules: Rules, newest: Marker
) -> Recovered:
    store = open_store(place.path, memory)
    try:
        held = _held_marker(store)
        if held is not None and held.rank_by != rules.rank_by:
            raise _MisfitError(f"it is ordered by {held.rank_by}, the rules now rank otherwise")
        if held is not None and _older(store):
            raise _MisfitError("an older version of the program made it")
        if held is not None and time.time() - _written_at(store) > _TRUSTED_SECONDS:
            raise _MisfitError("it is so old that the changelog may have forgotten erasures since")
        newest.rank_by = rules.rank_by
        table = CustomerTable(store, rules.rank_by == "revenue")
        return await _replay(changelog, place, table, held, newest)
    except _MisfitError:
        store.close()
        discard_store(store.path)
        raise
    except BaseException:
        store.close()
        raise


def _held_marker(store: Store) -> Marker | None:
    data, offset = store.get(keys.MARKER), store.get(keys.CHANGELOG_OFFSET)
    if data is None or offset is None:
        return None
    held = decode_marker(data)
    held.changelog_offset = int.from_bytes(offset, "big", signed=True)
    return held


async def _replay(
    changelog: _Counted,
    place: Place,
    table: CustomerTable,
    held: Marker | None,
    newest: Marker,
) -> Recovered:
    start = 0
    if held is not None:
        lost = held.changelog_offset > newest.changelog_offset
        if held.state_id != newest.state_id or lost:
            raise _MisfitError("it belongs to another log")
        start = max(held.standings_offset, 0)
    marker, changed, chunk = None, dict[bytes, Changed](), dict[bytes, bytes | None]()
    async for batch in changelog.read(place.changelog, start):
        for record in batch.records:
            assert record.key is not None
            if record.key == keys.MARKER:
                marker = _marker_of(record)
                continue
            chunk[record.key] = record.value
            if record.offset > newest.standings_offset and record.key[:1] == keys.STATES:
                changed[record.key[1:]] = Changed(None, record.timestamp_ms * 1000)
            if len(chunk) >= _CHUNK:
                table.restore(chunk | _half_way(newest, record.offset))
                chunk = {}
                await asyncio.sleep(0)
    if marker is None:
        raise _MisfitError("the changelog has no marker where it should be")
    marker.rank_by = newest.rank_by
    table.restore(chunk | dict(place_of(encode_marker(marker), marker.changelog_offset)))
    for _ in table.counting(marker.segments):
        changelog.on_read(0)  # it gets on
        await asyncio.sleep(0)
    return Recovered(table, marker, changed)


def _marker_of(record: Record) -> Marker:
    assert record.value is not None
    marker = decode_marker(record.value)
    marker.changelog_offset = record.offset
    return marker


def _half_way(newest: Marker, offset: int) -> dict[bytes, bytes | None]:
    """Goes with the states up to this offset, so that a recovery that is interrupted goes on
    there; from the standings yet to be sent on it reads again."""
    sent = min(offset, newest.standings_offset)
    marker = msgspec.structs.replace(newest, standings_offset=sent)
    return dict(place_of(encode_marker(marker), offset))


def place_of(marker: bytes, changelog_offset: int) -> list[Op]:
    """What a write of the store says of itself: the marker, its offset in the changelog, and when
    it was written."""
    return [
        (keys.MARKER, marker),
        (keys.CHANGELOG_OFFSET, changelog_offset.to_bytes(8, "big", signed=True)),
        (keys.WRITTEN_AT, int(time.time()).to_bytes(8, "big")),
    ]


def _older(store: Store) -> bool:
    """Whether the store has the layout of an older version."""
    return version_of(store.get(keys.MARKER) or b"") < VERSION


def _written_at(store: Store) -> int:
    """When the store was last written, in seconds since 1970."""
    return int.from_bytes(store.get(keys.WRITTEN_AT) or b"", "big")
