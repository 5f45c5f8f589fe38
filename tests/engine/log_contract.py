"""What every log must do. One suite, run against the embedded log and against Kafka.

A test class derives from `LogContract` and gives a fixture `log: LogUnderTest`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from streams.engine.log import (
    FencedError,
    LogClient,
    LogError,
    NewTopic,
    TooLargeError,
    WorkerLog,
)
from streams.engine.records import Batch, Record, TopicPartition, Write

PATIENCE_SECONDS = 30.0
# Of Kafka's own test of its partitioner (UtilsTest.testMurmur2).
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@dataclass
class LogUnderTest:
    """`topic` makes a name unused so far; every `worker_log()` is a new one, not started, of the
    same consumer group, as a second worker's would be."""

    client: LogClient
    worker_log: Callable[[], WorkerLog]
    topic: Callable[[str], str]

    def create(self, name: str, partitions: int = 1, **settings: Any) -> str:
        topic = self.topic(name)
        self.client.create([NewTopic(topic, partitions, **settings)])
        return topic

    def values(self, topic: str) -> list[bytes | None]:
        return [record.value for _, record in self.client.read(topic)]

    def run(self, use: Callable[[WorkerLog], Coroutine[Any, Any, None]]) -> None:
        """Run `use` with a started worker log."""

        async def started() -> None:
            worker_log = self.worker_log()
            await worker_log.start()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await use(worker_log)
            finally:
                await worker_log.stop()

        asyncio.run(started())


class LogContract:
    """Every test method is a rule of `streams.engine.log`."""

    # -- topics

    def test_a_created_topic_has_its_partitions(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 3)
        assert log.client.topics()[topic] == 3

    def test_a_topic_that_exists_is_left_as_it_is(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 2)
        log.client.append([Write(topic, 0, b"k", b"v")])
        log.client.create([NewTopic(topic, 5), NewTopic(topic + ".more", 1)])
        assert log.client.topics()[topic] == 2
        assert log.client.topics()[topic + ".more"] == 1
        assert log.values(topic) == [b"v"]

    def test_an_illegal_name_is_refused(self, log: LogUnderTest) -> None:
        with pytest.raises(LogError):
            log.client.create([NewTopic("or/ders'; --", 1)])

    # -- append and read

    def test_records_come_back_as_they_were_written(self, log: LogUnderTest) -> None:
        topic = log.create("orders")
        writes = [
            Write(topic, 0, b"k1", b"v1", (("a", b"1"), ("b", b"\x00\xff"), ("a", b"2"))),
            Write(topic, 0, b"k1", None),
            Write(topic, 0, None, b"without a key"),
            Write(topic, 0, b"", b""),
        ]
        assert log.client.append(writes) == 4
        records = [record for _, record in log.client.read(topic)]
        assert [_content(record) for record in records] == [_content(write) for write in writes]
        assert [record.offset for record in records] == [0, 1, 2, 3]
        assert all(record.timestamp_ms > 1_700_000_000_000 for record in records)

    def test_a_key_goes_where_kafka_puts_it(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 7)
        log.client.append(Write(topic, None, key, b"v") for key in MURMUR2)
        found = {record.key: partition for partition, record in log.client.read(topic)}
        assert found == {key: (value & 0x7FFFFFFF) % 7 for key, value in MURMUR2.items()}

    def test_records_without_a_key_find_a_partition(self, log: LogUnderTest) -> None:
        topic = log.create("clock", 3)
        log.client.append(Write(topic, None, None, b"v") for _ in range(30))
        assert len(log.values(topic)) == 30

    def test_a_generator_is_appended_whole_and_in_order(self, log: LogUnderTest) -> None:
        topic = log.create("orders")
        assert log.client.append(Write(topic, 0, b"k", b"%d" % i) for i in range(9_000)) == 9_000
        assert log.values(topic) == [b"%d" % i for i in range(9_000)]

    def test_reading_begins_where_it_is_told(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 2)
        log.client.append(Write(topic, i % 2, None, b"%d" % i) for i in range(6))
        found = [(partition, record.offset) for partition, record in log.client.read(topic, {1: 2})]
        assert sorted(found) == [(0, 0), (0, 1), (0, 2), (1, 2)]

    def test_reading_ends_where_the_end_was_at_the_call(self, log: LogUnderTest) -> None:
        topic = log.create("orders")
        log.client.append([Write(topic, 0, None, b"before")])
        reading = log.client.read(topic)
        log.client.append([Write(topic, 0, None, b"after")])
        assert [record.value for _, record in reading] == [b"before"]

    def test_end_offsets_count_what_was_appended(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 2)
        log.client.append(Write(topic, 1, None, b"v") for _ in range(3))
        assert log.client.end_offsets(topic) == {0: 0, 1: 3}

    def test_an_unknown_topic_is_a_sentence(self, log: LogUnderTest) -> None:
        topic = log.topic("nowhere")
        with pytest.raises(LogError, match=topic):
            log.client.append([Write(topic, None, b"k", b"v")])
        with pytest.raises(LogError, match=topic):
            list(log.client.read(topic))
        with pytest.raises(LogError, match=topic):
            log.client.end_offsets(topic)

    def test_an_unknown_partition_is_a_sentence(self, log: LogUnderTest) -> None:
        topic = log.create("orders", 2)
        with pytest.raises(LogError, match=topic):
            log.client.append([Write(topic, 2, b"k", b"v")])

    def test_a_record_larger_than_the_topic_takes_is_refused(self, log: LogUnderTest) -> None:
        topic = log.create("orders", max_record_bytes=100_000)
        with pytest.raises(TooLargeError, match=topic):
            log.client.append([Write(topic, 0, b"k", b"v" * 100_000)])
        assert log.values(topic) == []

    def test_a_topic_for_large_records_takes_them(self, log: LogUnderTest) -> None:
        topic = log.create("dead-letters", max_record_bytes=8_388_704)
        value = b"v" * 8_000_000
        log.client.append([Write(topic, 0, b"k", value)])
        assert log.values(topic) == [value]

    # -- transactions

    def test_a_transaction_tells_the_last_offset_of_each_partition(self, log: LogUnderTest) -> None:
        states, outputs = log.create("changelog"), log.create("outputs", 2)

        async def use(worker_log: WorkerLog) -> None:
            mine = worker_log.transactions("customers", 0)
            await mine.take_over()
            last = await mine.commit(
                [
                    Write(states, 0, b"k1", b"s1"),
                    Write(outputs, 1, b"k1", b"o1"),
                    Write(states, 0, b"k2", b"s2"),
                ]
            )
            assert last == {TopicPartition(states, 0): 1, TopicPartition(outputs, 1): 0}
            again = await mine.commit([Write(states, 0, b"k3", b"s3")])
            (record,) = [r for _, r in log.client.read(states) if r.key == b"k3"]
            assert again == {TopicPartition(states, 0): record.offset}
            await mine.close()

        log.run(use)
        assert log.values(states) == [b"s1", b"s2", b"s3"]
        assert log.values(outputs) == [b"o1"]

    def test_a_transaction_with_a_record_too_large_writes_nothing(self, log: LogUnderTest) -> None:
        states, outputs = log.create("changelog"), log.create("outputs", max_record_bytes=10_000)

        async def use(worker_log: WorkerLog) -> None:
            mine = worker_log.transactions("customers", 0)
            await mine.take_over()
            large = Write(outputs, 0, b"k", b"v" * 20_000)
            with pytest.raises(TooLargeError):
                await mine.commit([Write(states, 0, b"k", b"lost"), large])
            await mine.commit([Write(states, 0, b"k", b"kept")])
            await mine.close()

        log.run(use)
        assert log.values(states) == [b"kept"]
        assert log.values(outputs) == []

    def test_who_was_taken_over_can_write_no_more(self, log: LogUnderTest) -> None:
        topic = log.create("changelog")

        async def use(worker_log: WorkerLog) -> None:
            other = log.worker_log()
            await other.start()
            old = worker_log.transactions("customers", 0)
            new = other.transactions("customers", 0)
            await old.take_over()
            await old.commit([Write(topic, 0, b"k", b"old")])
            await new.take_over()
            with pytest.raises(FencedError):
                await old.commit([Write(topic, 0, b"k", b"too late")])
            await new.commit([Write(topic, 0, b"k", b"new")])
            await new.close()
            await old.close()
            await other.stop()

        log.run(use)
        assert log.values(topic) == [b"old", b"new"]

    def test_owners_of_other_roles_and_partitions_go_on(self, log: LogUnderTest) -> None:
        topic = log.create("changelog")

        async def use(worker_log: WorkerLog) -> None:
            owners = [("customers", 0), ("customers", 1), ("borders", 0)]
            several = [worker_log.transactions(*owner) for owner in owners]
            for one in several:
                await one.take_over()
            await asyncio.gather(*(one.commit([Write(topic, 0, b"k", b"v")]) for one in several))
            for one in several:
                await one.close()

        log.run(use)
        assert log.values(topic) == [b"v", b"v", b"v"]

    def test_a_large_transaction_is_kept_whole(self, log: LogUnderTest) -> None:
        topic = log.create("changelog", 2)
        values = [b"%06d" % i * 20 for i in range(5_000)]

        async def use(worker_log: WorkerLog) -> None:
            mine = worker_log.transactions("customers", 0)
            await mine.take_over()
            await mine.commit([Write(topic, 1, b"k", value) for value in values])
            await mine.close()

        log.run(use)
        assert log.values(topic) == values

    # -- the worker's reading

    def test_reading_covers_all_offsets_up_to_the_end(self, log: LogUnderTest) -> None:
        topic = log.create("changelog")

        async def use(worker_log: WorkerLog) -> None:
            mine = worker_log.transactions("customers", 0)
            await mine.take_over()
            await mine.commit([Write(topic, 0, b"k", b"%d" % i) for i in range(5_000)])
            await mine.commit([Write(topic, 0, b"k", b"last")])
            await mine.close()
            batches = await _all(worker_log.read(topic, 0, 0))
            place = TopicPartition(topic, 0)
            assert batches[-1].next_offset == (await worker_log.end_offsets([place]))[place]
            assert batches[-1].next_offset == log.client.end_offsets(topic)[0]
            assert _is_chain(batches, 0)
            assert _values(batches) == [*(b"%d" % i for i in range(5_000)), b"last"]

        log.run(use)

    def test_reading_from_the_middle_covers_the_rest(self, log: LogUnderTest) -> None:
        topic = log.create("changelog")
        log.client.append(Write(topic, 0, b"k", b"%d" % i) for i in range(10))

        async def use(worker_log: WorkerLog) -> None:
            batches = await _all(worker_log.read(topic, 0, 7))
            assert _is_chain(batches, 7)
            assert _values(batches) == [b"7", b"8", b"9"]

        log.run(use)

    def test_reading_from_the_end_finds_nothing(self, log: LogUnderTest) -> None:
        topic = log.create("changelog")
        log.client.append([Write(topic, 0, b"k", b"v")])

        async def use(worker_log: WorkerLog) -> None:
            assert await _all(worker_log.read(topic, 0, 1)) == []

        log.run(use)

    def test_following_tells_when_the_end_is_reached(self, log: LogUnderTest) -> None:
        topic = log.create("borders")

        async def use(worker_log: WorkerLog) -> None:
            async with aclosing(worker_log.follow(topic, 0)) as following:  # type: ignore[type-var]
                first = await anext(following)
                assert first == Batch(topic, 0, 0, 0, [])
                await worker_log.append([Write(topic, 0, b"k", b"1"), Write(topic, 0, b"k", b"2")])
                seen: list[Batch] = []
                while len(_values(seen)) < 2 or seen[-1].records:
                    seen.append(await anext(following))
                assert _values(seen) == [b"1", b"2"]
                assert _is_chain(seen, 0)
                assert seen[-1].next_offset == 2

        log.run(use)

    def test_following_begins_where_it_is_told(self, log: LogUnderTest) -> None:
        topic = log.create("borders")
        log.client.append(Write(topic, 0, b"k", b"%d" % i) for i in range(5))

        async def use(worker_log: WorkerLog) -> None:
            async with aclosing(worker_log.follow(topic, 0, 3)) as following:  # type: ignore[type-var]
                seen = [await anext(following)]
                while seen[-1].records:
                    seen.append(await anext(following))
                assert _values(seen) == [b"3", b"4"]

        log.run(use)

    def test_following_sees_what_other_processes_append(self, log: LogUnderTest) -> None:
        topic = log.create("borders")

        async def use(worker_log: WorkerLog) -> None:
            async with aclosing(worker_log.follow(topic, 0)) as following:  # type: ignore[type-var]
                assert (await anext(following)).records == []
                append = asyncio.to_thread(log.client.append, [Write(topic, 0, b"k", b"v")])
                await append
                seen: list[Batch] = []
                while not _values(seen):
                    seen.append(await anext(following))
                assert _values(seen) == [b"v"]

        log.run(use)


def _content(record: Record | Write) -> tuple[Any, ...]:
    return (record.key, record.value, tuple(map(tuple, record.headers)))


async def _all(batches: AsyncIterator[Batch]) -> list[Batch]:
    return [batch async for batch in batches]


def _values(batches: list[Batch]) -> list[bytes | None]:
    return [record.value for batch in batches for record in batch.records]


def _is_chain(batches: list[Batch], start: int) -> bool:
    starts = [batch.first_offset for batch in batches]
    return starts == [start, *(batch.next_offset for batch in batches[:-1])]
