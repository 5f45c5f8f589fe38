"""A recovery that is interrupted goes on where it was, and ends with the same store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from streams.domain.customer import Customer
from streams.domain.packed import encode_customer
from streams.domain.rules import parse_rules
from streams.engine import fault_points, keys, recovery
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import NewTopic
from streams.engine.marker import VERSION, Marker, encode_marker
from streams.engine.records import TopicPartition, Write
from streams.engine.recovery import recover
from streams.engine.replica import Place, Steps, next_turn
from streams.engine.store import StoreMemory, open_store

CHANGELOG = TopicPartition("changelog", 0)
CUSTOMERS = 5_000
AT_ONCE = 2_000  # of them in a write, while a new store is filled
RULES = parse_rules("", "the rules shipped")


class GoneError(Exception):
    """The worker goes, in the middle of a recovery."""


@pytest.fixture(autouse=True)
def _nobody_listens() -> Iterator[None]:
    yield
    fault_points.listen(None)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A changelog with a state for each customer, and no store yet."""
    client = EmbeddedClient(tmp_path / "log.db")
    client.create([NewTopic(CHANGELOG.topic, 1, compacted=True)])
    marker = Marker("s", 1, "UTC", "CNY", rules=RULES.digest, standings_offset=CUSTOMERS - 1)
    client.append(_writes(marker))
    client.close()
    return Place(CHANGELOG, tmp_path / "store", 1)


def _writes(marker: Marker) -> Iterator[Write]:
    for number in range(CUSTOMERS):
        state = encode_customer(Customer(lifetime_orders=number))
        yield Write(CHANGELOG.topic, 0, keys.state_key(b"c%d" % number), state)
    yield Write(CHANGELOG.topic, 0, keys.MARKER, encode_marker(marker))


def recovered(place: Place, interrupted_at: int | None = None) -> int:
    """How many records a recovery has read; after so many writes of the store it is left."""
    read: list[int] = []
    writes = 0

    def interrupt(point: str) -> None:
        nonlocal writes
        writes += point == "after store write"
        if writes == interrupted_at:
            raise GoneError

    async def main() -> None:
        log = EmbeddedWorkerLog(place.path.with_name("log.db"), "app")
        await log.start()
        fault_points.listen(interrupt)
        try:
            found = await recover(log, place, StoreMemory(), RULES, read.append)
            found.table.store.close()
        finally:
            fault_points.listen(None)
            await log.stop()

    asyncio.run(main())
    return sum(read)


def states(place: Place) -> list[tuple[bytes, bytes]]:
    store = open_store(place.path, StoreMemory())
    try:
        return list(store.scan(keys.STATES, b"d"))
    finally:
        store.close()


def test_an_interrupted_recovery_goes_on_where_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "AT_ONCE", Steps(AT_ONCE // 10, next_turn))
    with pytest.raises(GoneError):
        recovered(place, interrupted_at=3)  # one says whose store it is
    left = CUSTOMERS + 1 - 2 * AT_ONCE
    assert recovered(place) == left
    assert len(states(place)) == CUSTOMERS


def test_a_store_that_is_whole_reads_what_is_new_alone(place: Place) -> None:
    assert recovered(place) == CUSTOMERS + 1
    assert recovered(place) == 1  # what came after the last standing sent


def test_a_store_of_an_older_version_is_built_anew(place: Place) -> None:
    recovered(place)
    store = open_store(place.path, StoreMemory())
    newest = msgspec.msgpack.decode(store.get(keys.MARKER) or b"")
    store.write([(keys.MARKER, msgspec.msgpack.encode(newest | {"version": VERSION - 1}))])
    store.close()
    assert recovered(place) == CUSTOMERS + 1  # all of it
    assert len(states(place)) == CUSTOMERS
