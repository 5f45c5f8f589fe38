"""One partition of the standings, read from the log and written to Redis, round by round."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing

import msgspec
from redis.exceptions import RedisError

from streams.engine.log import LogError, WorkerLog
from streams.engine.partition import Partition
from streams.engine.records import Batch, Record, TopicPartition
from streams.projection.ending import end
from streams.projection.fields import Card, card_of
from streams.projection.keys import Keys
from streams.projection.link import Link
from streams.projection.target import RefusedError, Target

LOOK_SECONDS = 0.1  # between two looks at a topic read to its end: what comes is taken together
BEAT_SECONDS = 1.0  # Redis hears at least so often how things stand
SLICE = 100  # customers in one stroke: about a millisecond of Redis's time
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 2.0

log = logging.getLogger(__name__)


class Projector:
    """Run `run` as a task; cancel it to end it. It never ends by itself: whatever goes wrong costs
    staleness alone."""

    def __init__(
        self, partition: Partition, topic: str, worker_log: WorkerLog, link: Link, keys: Keys
    ) -> None:
        self._partition = partition
        self._place = TopicPartition(topic, partition.identity.number)
        self._log = worker_log
        self._link = link
        self._keys = keys
        self._loop = asyncio.get_running_loop()
        self._caught_up = False
        self._pause = _FIRST_PAUSE_SECONDS
        self._complaint = ""
        self.failures = 0  # of ours: neither Redis's nor the log's
        self._current_at = self._loop.time()  # when Redis last held all there was

    @property
    def staleness_seconds(self) -> float:
        """How long ago Redis was last known to hold all that the topic does: below a second or
        so all is well."""
        return self._loop.time() - self._current_at

    async def run(self) -> None:
        """Project until cancelled: again from what Redis holds, whatever has gone wrong."""
        while True:
            try:
                await self._project()
            except RedisError as error:
                self._link.lost(error)
            except (RefusedError, LogError) as error:
                self._complain(str(error))
            except Exception as error:  # noqa: BLE001 - logged whole and counted: the stream goes on
                self.failures += 1
                self._complain(f"an error of Tierstream's own, {error!r}", error)
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)

    def _complain(self, sentence: str, bug: Exception | None = None) -> None:
        """Say it once, until all is well again; of a bug where it is."""
        if sentence != self._complaint:
            self._complaint = sentence
            log.warning("the standings in Redis wait: %s", sentence, exc_info=bug)

    async def _project(self) -> None:
        number = self._place.partition
        state_id = self._partition.marker.state_id
        target = Target(self._link.client, self._keys, number, state_id)
        ends = await self._log.end_offsets([self._place])
        position = await target.take_over(ends[self._place])
        self._caught_up = False
        async with aclosing(_paced(self._log.follow(*self._place, position))) as rounds:
            async for batch in rounds:
                await self._round(target, batch)

    async def _round(self, target: Target, batch: Batch | None) -> None:
        """Write a batch. Where the end has been reached, say so now and then."""
        if batch is not None and batch.records:
            self._caught_up = False
            await self._write(target, batch)
            return
        # Without records it may be a hole on the way: an aborted transaction, compacted offsets.
        at_end = batch is not None and batch.first_offset == batch.next_offset
        self._caught_up = self._caught_up or at_end
        if self._caught_up and self.staleness_seconds >= BEAT_SECONDS:
            await self._beat(target)
        await asyncio.sleep(LOOK_SECONDS)

    async def _write(self, target: Target, batch: Batch) -> None:
        """The newest of each customer, in slices; the position goes on with the last."""
        newest = {record.key: record for record in batch.records}
        slices = list(_slices(list(newest.values())))
        for records in slices:
            cards, gone = self._sort(records)
            position = batch.next_offset if records is slices[-1] else None
            await target.write(cards, gone, position=position)

    def _sort(self, records: Sequence[Record]) -> tuple[list[Card], list[str]]:
        """The customers to be replaced, and those to be taken away."""
        cards, gone = [], []
        for record in records:
            try:
                customer_id = (record.key or b"").decode()
                if record.value is None:
                    gone.append(customer_id)
                else:
                    cards.append(card_of(customer_id, record.value, self._place.partition))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                where = f"{self._place.topic}[{self._place.partition}] offset {record.offset}"
                log.warning("%s is no standing and is left out of Redis: %s", where, error)
        return cards, gone

    async def _beat(self, target: Target) -> None:
        now = self._loop.time()
        await target.write(stream_time_us=self._partition.stream_time_us, caught_up=True)
        self._current_at = now
        self._pause, self._complaint = _FIRST_PAUSE_SECONDS, ""
        self._link.answered()


def _slices(records: list[Record]) -> Iterator[list[Record]]:
    for start in range(0, len(records), SLICE):
        yield records[start : start + SLICE]


async def _paced(batches: AsyncIterator[Batch]) -> AsyncGenerator[Batch | None, None]:
    """The batches, and None whenever none has come for a while."""
    coming: asyncio.Future[Batch] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(batches))
            await asyncio.wait({coming}, timeout=BEAT_SECONDS)
            if coming.done():
                batch, coming = coming.result(), None
                yield batch
            else:
                yield None
    finally:
        if coming is not None:
            await end([coming])
        if isinstance(batches, AsyncGenerator):
            await batches.aclose()
