"""Who takes a partition over waits for the ranking, and is told that it gets on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from schemas.encoding import encode
from schemas.internal import CountsChunk
from streams.domain.rules import default_rules
from streams.engine.counts import GlobalCounts
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import NewTopic
from streams.engine.ranking import Ranking
from streams.engine.records import Write

VERSIONS = 10_000  # in more batches than one


def head(version: int) -> Write:
    value = CountsChunk(kind="head", partition=0, chunk=0, version=version, counts=[])
    return Write("counts", 0, b"0/head/0", encode(value))


def test_waiting_for_the_ranking_is_told_of_all_that_is_read(tmp_path: Path) -> None:
    client = EmbeddedClient(tmp_path / "log.db")
    client.create([NewTopic("counts", 1, compacted=True), NewTopic("borders", 1, compacted=True)])
    client.append(map(head, range(VERSIONS)))
    client.close()
    told: list[int] = []

    async def story() -> None:
        log = EmbeddedWorkerLog(tmp_path / "log.db", "app")
        await log.start()
        ranking = Ranking(log, "counts", "borders", default_rules())
        waiting = asyncio.create_task(
            ranking.caught_up(lambda: told.append(ranking.counts.versions.get(0, -1)))
        )
        await asyncio.sleep(0)
        async with asyncio.TaskGroup() as following:
            tasks = [
                following.create_task(ranking.follow_counts()),
                following.create_task(ranking.follow_borders()),
            ]
            await waiting
            for task in tasks:
                task.cancel()
        await log.stop()

    asyncio.run(story())
    assert len(set(told)) > 1
    assert told[-1] == VERSIONS - 1


def test_a_customers_share_follows_the_counts() -> None:
    counts = GlobalCounts()
    for version, above in ((1, 1), (2, 5)):
        cells = [(1, 3, 3), (5, above, 5 * above)]
        chunk = CountsChunk(kind="rank", partition=0, chunk=0, version=version, counts=cells)
        counts.replace(0, ("rank", 0), encode(chunk))
        assert counts.share(1) == (None if version == 1 else 1 / 4)
        counts.close(0, version)
        assert counts.share(1) == above / (3 + above)
