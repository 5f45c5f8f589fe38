"""Standings that wait to be sent are bounded, however many customers come at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.engine import chores
from tests.metrics.running import running
from tests.oracle.sending import call

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
