"""Where topics end, asked of the log beside the stream: what a worker that stands still has
read can't say how far it is behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from streams.engine.log import LogError, WorkerLog
from streams.engine.records import TopicPartition

_ANSWER_SECONDS = 5.0


class Ends:
    """The ends known, and since when the log has not told any newer."""

    def __init__(self, worker_log: WorkerLog, topics: Iterable[str]) -> None:
        self._log = worker_log
        self.topics = tuple(topics)
        self._known: dict[TopicPartition, int] = {}
        self.error = ""  # why the log has not told any newer; empty: it has
        self.told_at = asyncio.get_running_loop().time()

    async def refresh(self, partitions: Iterable[int]) -> None:
        """Ask anew; where the log doesn't answer, what was known stays."""
        wanted = [TopicPartition(name, number) for number in partitions for name in self.topics]
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                self._known = await self._log.end_offsets(wanted) if wanted else {}
        except (LogError, TimeoutError) as error:
            self.error = str(error) or f"no answer within {_ANSWER_SECONDS:g} s"
            return
        self.error = ""
        self.told_at = asyncio.get_running_loop().time()

    def lag(self, positions: Mapping[str, int], number: int) -> dict[str, int]:
        """Per topic, the offsets between a partition's positions and the ends known."""
        lags = {}
        for topic in self.topics:
            end = self._known.get(TopicPartition(topic, number))
            if end is not None:
                lags[topic] = max(end - positions.get(topic, 0), 0)
        return lags
