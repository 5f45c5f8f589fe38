"""Who adds the counts up and says where the borders are: one agent of all workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from schemas.encoding import encode
from schemas.internal import Borders as PublishedBorders
from schemas.internal import Progress
from streams.domain.pyramid import NOWHERE, rank_value, tier_borders
from streams.domain.rfm import score_cuts
from streams.domain.rules import Rules
from streams.engine import fault_points
from streams.engine.counts import GlobalCounts
from streams.engine.log import Transactions, WorkerLog
from streams.engine.ranking import read_counts
from streams.engine.records import Batch, TopicPartition, Write

KEY = b"borders"


class BorderKeeper:
    """Makes borders of the counts. Its state is the topic of the counts, read from the start."""

    def __init__(
        self,
        transactions: Transactions,
        topic: str,
        counts_topic: str,
        progress: Sequence[TopicPartition],
        rules: Rules,
        clock: Callable[[], datetime],
    ) -> None:
        """`progress`: where every partition says which borders it stands by."""
        self._transactions = transactions
        self._topic = topic
        self._counts_topic = counts_topic
        self._progress = progress
        self._rules = rules
        self._clock = clock
        self.counts = GlobalCounts()
        self._published: PublishedBorders | None = None
        self._newest_version = 0
        self._backlog_end = 0
        self._turn = asyncio.Lock()  # `close` comes in a rebalance, whatever is under way
        self._closed = False
        self.publishing_since: float | None = None  # by the loop's clock; None: nothing under way

    async def take_over(self, worker_log: WorkerLog) -> None:
        """Fence off the keeper before, and learn what was published last."""
        await self._transactions.take_over()
        counts = TopicPartition(self._counts_topic, 0)
        self._backlog_end = (await worker_log.end_offsets([counts]))[counts]
        async for batch in worker_log.read(self._topic, 0, 0):
            for record in batch.records:
                if record.value is not None:
                    self._published = msgspec.json.decode(record.value, type=PublishedBorders)
        if self._published is not None:
            self._newest_version = self._published.version
        else:
            self._newest_version = await self._newest_applied(worker_log)

    async def take(self, batch: Batch) -> None:
        """Add a batch of counts; publish borders made from all versions that are whole.

        Counts that lay in the topic at the take-over are history: borders of the past are not
        published again.
        """
        async with self._turn:
            read_counts(self.counts, batch.records)
            if self._closed or batch.next_offset < self._backlog_end:
                return
            value = self.next_borders()
            if value is not None:
                self.publishing_since = asyncio.get_running_loop().time()
                fault_points.before("border publication")
                await self._transactions.commit([Write(self._topic, 0, KEY, value)])
                fault_points.after("border publication")
                self.publishing_since = None

    def next_borders(self) -> bytes | None:
        """Borders to be published next, made from the counts; None where nothing has changed."""
        borders = self._make()
        if self._published is not None and _facts(borders) == _facts(self._published):
            return None
        self._published, self._newest_version = borders, borders.version
        return encode(borders)

    @property
    def published(self) -> PublishedBorders | None:
        """The borders published last."""
        return self._published

    async def close(self) -> None:
        """Give back what is held, once nothing is under way."""
        async with self._turn:
            self._closed = True
            await self._transactions.close()

    async def _newest_applied(self, worker_log: WorkerLog) -> int:
        """Where the topic of the borders was made anew, partitions stand by some of the one
        before: other borders must not get the same version."""
        newest = 0
        for place in self._progress:
            async for batch in worker_log.read(*place, 0):
                for record in batch.records:
                    if record.value is not None:
                        said = msgspec.json.decode(record.value, type=Progress)
                        newest = max(newest, said.borders, said.scores)
        return newest

    def _make(self) -> PublishedBorders:
        rank = self.counts.sorted("rank")
        tiers = tier_borders(rank, self._rules.shares)
        by_revenue = self._rules.rank_by == "revenue"
        monetary = rank if by_revenue else self.counts.sorted("monetary")
        return PublishedBorders(
            version=self._newest_version + 1,
            counts={str(number): v for number, v in sorted(self.counts.versions.items())},
            rules=self._rules.digest,
            customers=self.counts.customers,
            super=_value(tiers[0]),
            large=_value(tiers[1]),
            medium=_value(tiers[2]),
            frequency_cuts=[_value(cut) for cut in score_cuts(self.counts.sorted("frequency"))],
            monetary_cuts=[_value(cut) for cut in score_cuts(monetary)],
            at=self._clock(),
        )


def _value(code: int) -> int | None:
    return None if code == NOWHERE else rank_value(code)


def _facts(borders: PublishedBorders) -> dict[str, Any]:
    facts = msgspec.structs.asdict(borders)
    return {name: fact for name, fact in facts.items() if name not in ("version", "at")}
