"""A partition's table, brought on along its changelog: by recovery, or by a standby before it.

The store is at every moment exactly what the changelog says up to an offset, which is written with
it. So whoever is interrupted, in a rebalance or by a kill, the next one goes on from there.

A new store is filled first: it gets states and chunks alone, many at once and without a look at
what was there before, until the changelog's end is reached. Then the indexes are made of them all;
whoever is interrupted before they are whole, the next one makes them anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.domain.rules import Rules
from streams.engine import keys
from streams.engine.marker import VERSION, Marker, decode_marker, encode_marker, version_of
from streams.engine.records import Record, TopicPartition
from streams.engine.segments import Segments, decode_segments, encode_segments
from streams.engine.store import Op, Store, discard_store
from streams.engine.table import CustomerTable

_TRUSTED_SECONDS = 12 * 3600  # logs keep tombstones for a day or more
_UNKNOWN = encode_segments(Segments())  # recovery has them from the newest marker


@dataclass(frozen=True, slots=True)
class Place:
    """Where a partition's state is kept: its changelog, and its store's folder."""

    changelog: TopicPartition
    path: Path
    partitions: int


class MisfitError(Exception):
    """The store doesn't go with this changelog: it has to be built anew."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How work is cut up: records written at a time, and what is waited for between two steps."""

    records: int
    rest: Callable[[], Awaitable[None]]


async def next_turn() -> None:
    """The rest of who is in a hurry: others get their turn."""
    await asyncio.sleep(0)


AT_ONCE = Steps(2_000, next_turn)  # some 30 ms each
_FILLED = 10  # times as many records take as long where nothing is looked up, and no index kept
_INDEXED = 2  # times as many customers are indexed in that time


class Replica:
    """The table, and the offset of the newest changelog record that is in it (-1: none).

    At every await it is whole: whoever takes it over then may go on, in other `steps`. `counted`:
    the table's counts are those of the store. `filling`: it has no indexes and no counts yet.
    """

    def __init__(
        self, table: CustomerTable, held: Marker, steps: Steps, *, counted: bool = False
    ) -> None:
        self.table = table
        self.offset = held.changelog_offset
        self.steps = steps
        self._held = held
        self._counted = counted
        self.filling = table.store.get(keys.FILLING) is not None
        if self.filling:
            table.store.set_filling(True)

    def check(self, newest: Marker, rules: Rules) -> None:
        """MisfitError where the store can't go on along the changelog whose newest marker this
        is."""
        held = self._held
        if held.rank_by != rules.rank_by:
            raise MisfitError(f"it is ordered by {held.rank_by}, the rules now rank otherwise")
        self.check_age()
        if held.state_id != newest.state_id or self.offset > newest.changelog_offset:
            raise MisfitError("it belongs to another log")

    def check_age(self) -> None:
        """MisfitError where the store was last at the changelog's end so long ago that it can't
        go on from where it is: also one that is open, after its worker has slept."""
        if time.time() - _current_at(self.table.store) > _TRUSTED_SECONDS:
            raise MisfitError("it is so old that the changelog may have forgotten erasures since")

    async def count(self, newest: Marker) -> None:
        """Count the customers, before the first `take`; nothing to do where that has been done."""
        if self.filling:
            self.table.segments = decode_segments(newest.segments or _UNKNOWN)
        elif not self._counted:
            for _ in self.table.counting(newest.segments or _UNKNOWN):
                await self.steps.rest()
            self._counted = True

    async def take(self, records: Iterable[Record]) -> None:
        """Write what the next records of the changelog say; those before `offset` are passed
        over. Cancelled at a rest: what was written stays, the others come again."""
        left = [record for record in records if record.offset > self.offset]
        while left:
            size = self.steps.records * (_FILLED if self.filling else 1)
            self._write(left[:size])
            left = left[size:]
            if left:
                await self.steps.rest()

    def _write(self, records: list[Record]) -> None:
        newest: dict[bytes, bytes | None] = {r.key: r.value for r in records}  # type: ignore[misc]
        newest.pop(keys.MARKER, None)
        place = (keys.CHANGELOG_OFFSET, _offset_bytes(records[-1].offset))
        if self.filling:
            self.table.fill([*newest.items(), place])
        else:
            self.table.restore(newest, [place], counted=True)
        self.offset = records[-1].offset

    async def is_current(self) -> None:
        """All that is committed by now is in the store. MisfitError: see `check_age`."""
        self.check_age()
        if self.filling:
            for _ in self.table.indexing(_INDEXED * self.steps.records):
                await self.steps.rest()
            self._end_filling()
        self.table.store.write([_current_now()])

    def _end_filling(self) -> None:
        store = self.table.store
        store.flush()
        store.write([(keys.MARKER, store.get(keys.FILLING)), (keys.FILLING, None)])
        store.set_filling(False)
        self.filling, self._counted = False, True

    def close(self) -> None:
        """Let go of the store's files."""
        self.table.store.close()


def open_replica(store: Store, rules: Rules, newest: Marker, steps: Steps) -> Replica:
    """The table in a store, a new one too, not counted. MisfitError: see `Replica.check`."""
    with letting_go(store):
        held = _held_marker(store) or _begun(store, rules, newest)
        replica = Replica(CustomerTable(store, rules.rank_by == "revenue"), held, steps)
        replica.check(newest, rules)
    return replica


@contextmanager
def letting_go(store: Store) -> Iterator[None]:
    """Where it ends in an error the store is closed, and deleted where it is a misfit."""
    try:
        yield
    except MisfitError:
        store.close()
        discard_store(store.path)
        raise
    except BaseException:
        store.close()
        raise


def place_of(marker: bytes, changelog_offset: int) -> list[Op]:
    """What a write of the store says of itself: the marker, its offset in the changelog, and that
    this is the changelog's end now."""
    return [
        (keys.MARKER, marker),
        (keys.CHANGELOG_OFFSET, _offset_bytes(changelog_offset)),
        _current_now(),
    ]


def _held_marker(store: Store) -> Marker | None:
    """What a store says of itself; None where it is new."""
    data = store.get(keys.MARKER) or store.get(keys.FILLING)
    offset = store.get(keys.CHANGELOG_OFFSET)
    if data is None or offset is None:
        return None
    if version_of(data) < VERSION:
        raise MisfitError("an older version of the program made it")
    held = decode_marker(data)
    held.changelog_offset = int.from_bytes(offset, "big", signed=True)
    return held


def _begun(store: Store, rules: Rules, newest: Marker) -> Marker:
    """A new store says from its first write on whose it is."""
    if next(store.scan(b"", b"\xff"), None) is not None:
        raise MisfitError("it does not say how far it is")
    marker = decode_marker(encode_marker(newest))
    marker.rank_by, marker.changelog_offset = rules.rank_by, -1
    store.write([
        (keys.FILLING, encode_marker(marker)),
        (keys.CHANGELOG_OFFSET, _offset_bytes(-1)),
        _current_now(),
    ])  # fmt: skip
    return marker


def _offset_bytes(offset: int) -> bytes:
    return offset.to_bytes(8, "big", signed=True)


def _current_now() -> Op:
    return keys.WRITTEN_AT, int(time.time()).to_bytes(8, "big")


def _current_at(store: Store) -> int:
    """When the store was last known to be at its changelog's end, in seconds since 1970. One that
    is new has nothing in it that could be out of date."""
    return int.from_bytes(store.get(keys.WRITTEN_AT) or b"", "big")
