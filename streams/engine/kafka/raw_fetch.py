"""Fetched record batches as whole `Batch`es, past aiokafka's objects per record.

aiokafka makes a ConsumerRecord of every record, one generator step each: 545,000 a second of
CPU time. Here the record batches of a fetch are unpacked straight into tuples: 730,000. What
`aiokafka.consumer.fetcher.PartitionRecords` knows of transactions is kept: aborted record batches
and control batches carry nothing, but move the position.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError
from aiokafka.structs import TopicPartition as KafkaPartition

from streams.engine.log import LogError
from streams.engine.records import BATCH_RECORDS, Batch, Record, TopicPartition

MAX_BYTES = 2 << 20
FETCH_BYTES = 4 << 20  # of one partition; a larger record comes alone

_value_of = attrgetter("value")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Rest:
    """Records unpacked already that one Batch had no room for."""

    source: Any  # the PartitionRecords they come from
    records: list[Record]
    next_offset: int  # behind the record batch they end


class RawFetch:
    """Takes what a started consumer has fetched, one `Batch` of a partition at a time.

    The consumer has `auto_offset_reset="none"`; positions are set with `seek`.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        max_records: int = BATCH_RECORDS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._consumer = consumer
        self._fetcher = consumer._fetcher
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._next: dict[TopicPartition, int] = {}
        self._rests: dict[TopicPartition, _Rest] = {}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """The next batch of this assigned partition begins at `offset`."""
        self._next[partition] = offset
        self._rests.pop(partition, None)
        self._consumer.seek(KafkaPartition(*partition), offset)

    async def take(self, partitions: Collection[TopicPartition]) -> list[Batch]:
        """At most one batch of each of `partitions` (sought before), of what is there now.

        Each begins where the one before it ended. Its records may be none: then there was nothing
        but control records or aborted ones. LogError where a position lies behind the end.
        """
        self._raise_failure()
        fetched = self._fetcher._records
        batches = []
        with self._consumer._subscription.fetch_context():
            for key in [key for key in fetched if key in partitions]:
                batch = await self._take_one(key, fetched[key])
                if batch is not None:
                    batches.append(batch)
        return batches

    def waiter(self, partitions: Collection[TopicPartition]) -> Any:
        """A future that is done once `take` may find something. It may be cancelled."""
        future = self._fetcher._create_fetch_waiter()
        if any(key in partitions for key in self._fetcher._records):
            future.set_result(None)
        return future

    def _raise_failure(self) -> None:
        failed = self._fetcher.error_future
        if failed.done() and not failed.cancelled():
            failed.result()
        self._consumer._coordinator.check_errors()

    async def _take_one(self, key: KafkaPartition, found: Any) -> Batch | None:
        partition = TopicPartition(key.topic, key.partition)
        if not isinstance(found, FetchResult):
            self._forget(key)
            return await self._recover(partition, found)
        batch = None
        if found.has_more() and found.check_assignment(key):
            batch = self._unpack(partition, found)
        if not found.has_more():
            self._forget(key)
        return batch

    def _forget(self, key: KafkaPartition) -> None:
        """Let the consumer fetch this partition again."""
        del self._fetcher._records[key]
        self._fetcher._notify(self._fetcher._wait_consume_future)

    def _unpack(self, partition: TopicPartition, found: FetchResult) -> Batch:
        """Record batches until there is enough for one Batch; the position moves behind it."""
        source = found._partition_records
        # It refers back to what was fetched: megabytes that only the garbage collector would find.
        source._records_iterator = None
        records, next_offset = self._take_rest(partition, source)
        size = _size(records)
        while len(records) < self._max_records and size < self._max_bytes:
            if not source._records.has_next():
                break
            unpacked, next_offset = _next_record_batch(source)
            records += unpacked
            size += _size(unpacked)
        fits = len(records)
        if fits > self._max_records or size > self._max_bytes:
            fits = _fitting(records, self._max_records, self._max_bytes)
        if fits < len(records):
            self._rests[partition] = _Rest(source, records[fits:], next_offset)
            records, next_offset = records[:fits], records[fits].offset
        elif not source._records.has_next():
            found._partition_records = None
        source.next_fetch_offset = next_offset
        found._assignment.state_value(found._topic_partition).consumed_to(next_offset)
        first_offset, self._next[partition] = self._next[partition], next_offset
        return Batch(*partition, first_offset, next_offset, records)

    def _take_rest(self, partition: TopicPartition, source: Any) -> tuple[list[Record], int]:
        rest = self._rests.pop(partition, None)
        if rest is None or rest.source is not source:
            return [], source.next_fetch_offset
        return rest.records, rest.next_offset

    async def _recover(self, partition: TopicPartition, error: Any) -> Batch | None:
        """Records deleted before they were read are skipped, loudly; anything else is raised."""
        try:
            error.check_raise()
        except OffsetOutOfRangeError:
            return await self._skip_deleted(partition)
        return None

    async def _skip_deleted(self, partition: TopicPartition) -> Batch:
        """A batch without records that covers what was deleted: all of it, maybe."""
        key = KafkaPartition(*partition)
        wanted = self._next[partition]
        first = (await self._consumer.beginning_offsets([key]))[key]
        if first < wanted:
            raise LogError(
                f"offset {wanted} of {partition.topic}[{partition.partition}] lies behind its end: "
                "was the topic deleted and made anew? Then the state (data folder and changelog) "
                "has to be made anew with it"
            )
        if wanted > 0:
            _log.warning(
                "%s[%d]: offsets %d to %d were deleted before they were read",
                *(partition.topic, partition.partition, wanted, first - 1),
            )
        self.seek(partition, first)
        return Batch(*partition, wanted, first, [])


def _next_record_batch(source: Any) -> tuple[list[Record], int]:
    """The records of the next record batch that count, and the offset behind it."""
    record_batch = source._records.next_batch()
    if source._check_crcs and not record_batch.validate_crc():
        raise CorruptRecordException(f"Invalid CRC - {source._tp}")
    next_offset = record_batch.next_offset
    if _carries_nothing(source, record_batch):
        return [], next_offset
    records = [
        # No empty lists: less for the garbage collector to walk through.
        Record(r.offset, r.key, r.value, r.headers or (), r.timestamp)
        for r in record_batch
    ]
    start = source.next_fetch_offset
    if records and records[0].offset < start:  # a record batch is always fetched whole
        records = [record for record in records if record.offset >= start]
    return records, next_offset


def _carries_nothing(source: Any, record_batch: Any) -> bool:
    """Whether these are control records, or records of a transaction that was aborted."""
    if source._isolation_level == READ_COMMITTED and record_batch.producer_id is not None:
        source._consume_aborted_up_to(record_batch.base_offset)
        aborted = source._aborted_producers
        if record_batch.is_control_batch and source._contains_abort_marker(record_batch):
            aborted.discard(record_batch.producer_id)
        elif record_batch.is_transactional and record_batch.producer_id in aborted:
            return True
    return bool(record_batch.is_control_batch)


def _size(records: list[Record]) -> int:
    """The bytes of all values; keys are small."""
    return sum(map(len, filter(None, map(_value_of, records))))


def _fitting(records: list[Record], max_records: int, max_bytes: int) -> int:
    """How many of the first records make one Batch: at least one."""
    records = records[:max_records]
    if _size(records) <= max_bytes:
        return len(records)
    size = 0
    for count, record in enumerate(records):
        size += len(record.value or b"")
        if size > max_bytes and count > 0:
            return count
    return len(records)
