"""The ranking over all partitions, as every worker knows it: counts and borders published."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from schemas.internal import Borders as PublishedBorders
from schemas.internal import CountsChunk
from streams.domain.pyramid import NO_BORDERS, NOWHERE, Borders, fall_border, rank_code
from streams.domain.rules import Rules
from streams.engine.counts import HEAD, GlobalCounts, read_counts_key
from streams.engine.log import WorkerLog
from streams.engine.records import Record, TopicPartition

_heads = msgspec.json.Decoder(CountsChunk)
_borders = msgspec.json.Decoder(PublishedBorders)
log = logging.getLogger(__name__)


def read_counts(counts: GlobalCounts, records: list[Record]) -> None:
    """Add published chunks to the counts; a version counts once its head has been read."""
    for record in records:
        if record.key is None or record.value is None:
            continue
        partition, chunk = read_counts_key(record.key)
        if chunk == HEAD:
            counts.close(partition, _heads.decode(record.value).version)
        else:
            counts.replace(partition, chunk, record.value)


def known_borders(value: bytes, rules: Rules) -> Borders:
    """Published borders as thresholds."""
    published = _borders.decode(value)
    tiers = tuple(
        NOWHERE if border is None else rank_code(border)
        for border in (published.super, published.large, published.medium)
    )
    return Borders(
        version=published.version,
        tiers=tiers,  # type: ignore[arg-type]
        falls=tuple(fall_border(border, rules.demotion_margin) for border in tiers),  # type: ignore[arg-type]
        frequency_cuts=_codes(published.frequency_cuts),
        monetary_cuts=_codes(published.monetary_cuts),
    )


def _codes(values: list[int | None]) -> tuple[int, ...]:
    return tuple(NOWHERE if value is None else rank_code(value) for value in values)


class Ranking:
    """Follows the topics of counts and borders with consumers of its own, outside the group."""

    def __init__(self, worker_log: WorkerLog, counts: str, borders: str, rules: Rules) -> None:
        self.counts = GlobalCounts()
        self.borders = NO_BORDERS
        self.on_borders: Callable[[], None] = lambda: None
        self._log = worker_log
        self._topics = (counts, borders)
        self._rules = rules
        self._positions = {counts: -1, borders: -1}
        self._moved = asyncio.Condition()

    async def follow_counts(self) -> None:
        """Read the counts for ever."""
        topic = self._topics[0]
        async for batch in self._log.follow(topic, 0):
            read_counts(self.counts, batch.records)
            await self._reached(topic, batch.next_offset)

    async def follow_borders(self) -> None:
        """Read the borders for ever; `on_borders` is called when there are newer ones."""
        topic = self._topics[1]
        async for batch in self._log.follow(topic, 0):
            values = [record.value for record in batch.records if record.value is not None]
            if values:
                self.borders = known_borders(values[-1], self._rules)
                self.on_borders()
            await self._reached(topic, batch.next_offset)

    async def caught_up(self, on_read: Callable[[], None]) -> None:
        """Return when all that is published by now has been read; `on_read` is called as it is."""
        partitions = [TopicPartition(topic, 0) for topic in self._topics]
        ends = await self._log.end_offsets(partitions)
        async with self._moved:
            while any(self._positions[tp.topic] < end for tp, end in ends.items()):
                await self._moved.wait()
                on_read()

    async def _reached(self, topic: str, offset: int) -> None:
        async with self._moved:
            self._positions[topic] = offset
            self._moved.notify_all()
