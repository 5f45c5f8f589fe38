"""What a partition has in memory is bounded, however many or large its customers are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.engine import chores, table
from tests.metrics.running import running
from tests.oracle.sending import call, file, order

CUSTOMERS = 20_000
MOST, AT_ONCE = 500, 4_000  # standings that may wait; customers whom one batch may add


def test_a_flood_of_new_customers_waits_until_their_standings_have_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chores, "MOST_STANDINGS", MOST)
    most = 0

    async def story() -> None:
        nonlocal most
        async with running(tmp_path, STANDINGS_INTERVAL="3600") as worker:
            doors = worker.worker.partitions.doors

            def all_in() -> bool:
                nonlocal most
                most = max([most, *(door.standings_pending for door in doors().values())])
                return worker.exposed().total("tierstream_events_total") == CUSTOMERS

            await worker.until(lambda: len(doors()) == 2)
            worker.send(call(f"p{number}", "1998-01-05") for number in range(CUSTOMERS))
            await worker.until(all_in)

    asyncio.run(story())
    assert 0 < most < MOST + AT_ONCE


def test_of_large_states_fewer_are_taken_in_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "CACHED_BYTES", 100_000)
    names = [f"c{number}" for number in range(200)]

    async def story() -> None:
        async with running(tmp_path) as worker:
            await worker.until(lambda: len(worker.worker.partitions.doors()) == 2)
            worker.send(file(name, about="x" * 5_000) for name in names)
            await worker.at_rest(len(names))
            worker.send(order(name, "1998-01-05") for name in names)
            await worker.at_rest(2 * len(names))
            batches = worker.exposed().value("tierstream_batch_records_count", topic="orders")
            assert batches >= len(names) / 20  # of 5,000 bytes each

    asyncio.run(story())
