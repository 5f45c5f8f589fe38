"""Record batches as they are fetched: cut to size, begun in the middle, deleted meanwhile."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiokafka.structs import TopicPartition as KafkaPartition
from kafka import KafkaAdminClient

from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.raw_fetch import RawFetch
from streams.engine.kafka.reader import reading_consumer
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Batch, TopicPartition, Write
from tests.engine.kafka_logs import connection, unused

PATIENCE_SECONDS = 30


@pytest.fixture
def ten(kafka: str) -> TopicPartition:
    """A partition of ten records, stored as one record batch."""
    place = TopicPartition(unused("ten"), 0)
    client = KafkaClient(connection(kafka))
    client.create([NewTopic(place.topic, 1)])
    client.append(Write(*place, b"k%d" % number, b"v" * 100) for number in range(10))
    client.close()
    return place


def fetch(
    servers: str,
    place: TopicPartition,
    use: Callable[[RawFetch], Coroutine[Any, Any, None]],
    **limits: int,
) -> None:
    """Run `use` with a fetch of one partition, sought to its start."""

    async def run() -> None:
        consumer = reading_consumer(connection(servers))
        await consumer.start()
        try:
            consumer.assign([KafkaPartition(*place)])
            raw = RawFetch(consumer, **limits)
            raw.seek(place, 0)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await use(raw)
        finally:
            await consumer.stop()

    asyncio.run(run())


async def next_batch(raw: RawFetch, place: TopicPartition) -> Batch:
    while True:
        await raw.waiter([place])
        for batch in await raw.take([place]):
            return batch


def span(batch: Batch) -> tuple[int, int, int]:
    return batch.first_offset, batch.next_offset, len(batch.records)


def test_a_record_batch_is_cut_at_the_number_of_records(kafka: str, ten: TopicPartition) -> None:
    async def use(raw: RawFetch) -> None:
        cut = [await next_batch(raw, ten) for _ in range(3)]
        assert [span(batch) for batch in cut] == [(0, 4, 4), (4, 8, 4), (8, 10, 2)]
        assert [record.offset for batch in cut for record in batch.records] == list(range(10))

    fetch(kafka, ten, use, max_records=4)


def test_a_record_batch_is_cut_at_the_number_of_bytes(kafka: str, ten: TopicPartition) -> None:
    async def use(raw: RawFetch) -> None:
        cut = [await next_batch(raw, ten) for _ in range(4)]
        assert [span(batch) for batch in cut] == [(0, 3, 3), (3, 6, 3), (6, 9, 3), (9, 10, 1)]

    fetch(kafka, ten, use, max_bytes=310)


def test_a_record_larger_than_the_limit_comes_alone(kafka: str, ten: TopicPartition) -> None:
    async def use(raw: RawFetch) -> None:
        cut = [await next_batch(raw, ten) for _ in range(2)]
        assert [span(batch) for batch in cut] == [(0, 1, 1), (1, 2, 1)]

    fetch(kafka, ten, use, max_bytes=1)


def test_what_was_fetched_is_let_go_of_without_the_garbage_collector(
    kafka: str, ten: TopicPartition
) -> None:
    async def use(raw: RawFetch) -> None:
        await raw.waiter([ten])
        (found,) = raw._fetcher._records.values()
        fetched = weakref.ref(found._partition_records)
        del found
        assert span(await next_batch(raw, ten)) == (0, 10, 10)
        assert fetched() is None

    gc.disable()
    try:
        fetch(kafka, ten, use)
    finally:
        gc.enable()


def test_a_seek_into_a_record_batch_leaves_out_what_is_before(
    kafka: str, ten: TopicPartition
) -> None:
    async def use(raw: RawFetch) -> None:
        await next_batch(raw, ten)
        raw.seek(ten, 7)
        assert span(await next_batch(raw, ten)) == (7, 10, 3)

    fetch(kafka, ten, use, max_records=4)


def test_records_deleted_unread_are_passed_with_a_warning(
    kafka: str, ten: TopicPartition, caplog: pytest.LogCaptureFixture
) -> None:
    _delete_before(kafka, ten, 6)

    async def use(raw: RawFetch) -> None:
        raw.seek(ten, 2)
        with caplog.at_level(logging.WARNING):
            assert span(await next_batch(raw, ten)) == (2, 6, 0)
        assert span(await next_batch(raw, ten)) == (6, 10, 4)
        assert "offsets 2 to 5 were deleted before they were read" in caplog.text

    fetch(kafka, ten, use)


def test_from_the_very_start_means_from_what_is_kept(
    kafka: str, ten: TopicPartition, caplog: pytest.LogCaptureFixture
) -> None:
    _delete_before(kafka, ten, 6)

    async def use(raw: RawFetch) -> None:
        with caplog.at_level(logging.WARNING):
            assert span(await next_batch(raw, ten)) == (0, 6, 0)
            assert span(await next_batch(raw, ten)) == (6, 10, 4)
        assert "deleted" not in caplog.text

    fetch(kafka, ten, use)


def test_a_partition_whose_records_are_all_deleted_is_read_to_its_end(
    kafka: str, ten: TopicPartition
) -> None:
    _delete_before(kafka, ten, 10)

    async def use(raw: RawFetch) -> None:
        assert span(await next_batch(raw, ten)) == (0, 10, 0)

    fetch(kafka, ten, use)


def test_a_position_behind_the_end_is_refused(kafka: str, ten: TopicPartition) -> None:
    async def use(raw: RawFetch) -> None:
        raw.seek(ten, 11)
        with pytest.raises(LogError, match=r"offset 11 of .* lies behind its end"):
            await next_batch(raw, ten)

    fetch(kafka, ten, use)


def _delete_before(servers: str, place: TopicPartition, offset: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.delete_records({KafkaPartition(*place): offset})
    admin.close()
