"""What only Kafka has: open, aborted and fenced transactions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, InvalidTxnState, KafkaError, ProducerFenced

from streams.engine import fault_points
from streams.engine.kafka import transactions
from streams.engine.kafka.client import KafkaClient
from streams.engine.kafka.transaction_sender import TransactionSender
from streams.engine.kafka.worker_log import KafkaWorkerLog
from streams.engine.log import FencedError, LogError, NewTopic, TooLargeError
from streams.engine.records import Batch, TopicPartition, Write
from tests.engine.kafka_logs import connection, unused

PATIENCE_SECONDS = 30


class Case:
    """A topic of one partition, a worker log, and a group's name for transactional ids."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.group = unused("group")
        self.topic = unused("topic")
        self.place = TopicPartition(self.topic, 0)
        self.log = KafkaWorkerLog(connection(servers), self.group)

    def run(self, use: Callable[[Case], Coroutine[Any, Any, None]]) -> None:
        client = KafkaClient(connection(self.servers))
        client.create([NewTopic(self.topic, 1)])
        client.close()
        asyncio.run(self._run(use))

    async def _run(self, use: Callable[[Case], Coroutine[Any, Any, None]]) -> None:
        try:
            await self.log.start()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await use(self)
        finally:
            await self.log.stop()

    @asynccontextmanager
    async def producer(self, name: str) -> AsyncIterator[AIOKafkaProducer]:
        """aiokafka's own producer of transactions, to leave them open or abort."""
        producer = AIOKafkaProducer(
            transactional_id=f"{self.group}-{name}",
            transaction_timeout_ms=10_000,
            **connection(self.servers).for_aiokafka(),
        )
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def send(self, producer: AIOKafkaProducer, *values: bytes) -> None:
        for value in values:
            await producer.send_and_wait(self.topic, value, key=b"k", partition=0)

    async def batches(self) -> list[Batch]:
        return [batch async for batch in self.log.read(self.topic, 0, 0)]

    async def end(self) -> int:
        return (await self.log.end_offsets([self.place]))[self.place]


def values(batches: list[Batch]) -> list[bytes | None]:
    return [record.value for batch in batches for record in batch.records]


@pytest.fixture
def case(kafka: str) -> Case:
    return Case(kafka)


def test_aborted_records_are_not_read_and_their_offsets_are_passed(case: Case) -> None:
    async def use(case: Case) -> None:
        async with case.producer("x") as producer:
            for value, ending in (
                (b"aborted first", producer.abort_transaction),
                (b"committed", producer.commit_transaction),
                (b"aborted again", producer.abort_transaction),
                (b"committed too", producer.commit_transaction),
                (b"aborted last", producer.abort_transaction),
            ):
                await producer.begin_transaction()
                await case.send(producer, value)
                await ending()
        async with case.producer("x"):  # comes back once the last marker is written
            pass
        batches = await case.batches()
        assert values(batches) == [b"committed", b"committed too"]
        assert batches[0].first_offset == 0
        assert batches[-1].next_offset == await case.end() == 10  # five records, five markers

    case.run(use)


def test_transactions_that_interleave_are_told_apart(case: Case) -> None:
    async def use(case: Case) -> None:
        async with case.producer("good") as good, case.producer("bad") as bad:
            await good.begin_transaction()
            await bad.begin_transaction()
            for number in range(3):
                await case.send(good, b"good %d" % number)
                await case.send(bad, b"bad %d" % number)
            await bad.abort_transaction()
            await case.send(good, b"good 3")
            await good.commit_transaction()
        async with case.producer("good"):
            pass
        assert values(await case.batches()) == [b"good 0", b"good 1", b"good 2", b"good 3"]

    case.run(use)


def test_an_open_transaction_holds_back_what_comes_after_it(case: Case) -> None:
    async def use(case: Case) -> None:
        async with case.producer("open") as producer:
            await case.log.append([Write(case.topic, 0, b"k", b"before")])
            await producer.begin_transaction()
            await case.send(producer, b"open")
            await case.log.append([Write(case.topic, 0, b"k", b"after")])
            assert await case.end() == 1
            assert values(await case.batches()) == [b"before"]
            await producer.abort_transaction()
            seen: list[Batch] = []
            async with aclosing(case.log.follow(case.topic, 0, 1)) as following:  # type: ignore[type-var]
                while not values(seen):
                    seen.append(await anext(following))
            assert values(seen) == [b"after"]

    case.run(use)


def test_taking_over_aborts_what_the_one_before_left_open(case: Case) -> None:
    async def use(case: Case) -> None:
        async with case.producer("customers-0") as zombie:
            await zombie.begin_transaction()
            await case.send(zombie, b"of the zombie")
            mine = case.log.transactions("customers", 0)
            await mine.take_over()
            assert await case.end() == 2  # its record and the marker that aborts it
            assert values(await case.batches()) == []
            await mine.commit([Write(case.topic, 0, b"k", b"mine")])
            assert values(await case.batches()) == [b"mine"]
            await mine.close()

    case.run(use)


def test_a_zombie_stays_fenced(case: Case) -> None:
    async def use(case: Case) -> None:
        zombie = case.log.transactions("customers", 0)
        await zombie.take_over()
        mine = case.log.transactions("customers", 0)
        await mine.take_over()
        for _ in range(2):
            with pytest.raises(FencedError, match="customers-0"):
                await zombie.commit([Write(case.topic, 0, b"k", b"of the zombie")])
        await mine.commit([Write(case.topic, 0, b"k", b"mine")])
        assert values(await case.batches()) == [b"mine"]
        await zombie.close()
        await mine.close()

    case.run(use)


@pytest.mark.parametrize("answer", [ProducerFenced, InvalidProducerEpoch, InvalidTxnState])
def test_whichever_way_the_broker_says_that_a_transaction_was_ended_by_another_is_being_fenced(
    case: Case, answer: type[KafkaError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them comes is a matter of when the successor aborts it, so it is said for it."""

    async def refuse(*_: Any) -> dict[TopicPartition, int]:
        raise answer

    async def use(case: Case) -> None:
        mine = case.log.transactions("customers", 0)
        await mine.take_over()
        monkeypatch.setattr("streams.engine.kafka.transactions.send_batches", refuse)
        with pytest.raises(FencedError, match=r"another worker has taken .*customers-0 over"):
            await mine.commit([Write(case.topic, 0, b"k", b"too late")])
        await mine.close()

    case.run(use)


@pytest.mark.parametrize(
    ("ends", "error"), [(ProducerFenced, FencedError), (asyncio.TimeoutError, LogError)]
)
def test_an_abort_that_fails_ends_the_owner(
    kafka: str, ends: type[Exception], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(kafka)
    case.log = KafkaWorkerLog(connection(kafka), case.group, transaction_timeout_ms=500)

    async def too_large(*_: Any) -> dict[TopicPartition, int]:
        raise TooLargeError("as large as can be")

    async def end(*_: Any, committed: bool) -> None:
        assert not committed
        if ends is asyncio.TimeoutError:
            await asyncio.sleep(PATIENCE_SECONDS)  # the broker is away
        raise ends

    async def use(case: Case) -> None:
        mine = case.log.transactions("customers", 0)
        await mine.take_over()
        monkeypatch.setattr("streams.engine.kafka.transactions.send_batches", too_large)
        monkeypatch.setattr(TransactionSender, "end", end)
        for _ in range(2):  # it stays so
            with pytest.raises(error):
                await mine.commit([Write(case.topic, 0, b"k", b"too large")])
        await mine.close()

    case.run(use)


def test_a_commit_that_was_interrupted_must_be_taken_over_again(case: Case) -> None:
    async def use(case: Case) -> None:
        mine = case.log.transactions("customers", 0)
        await mine.take_over()
        await mine.commit([Write(case.topic, 0, b"k", b"before")])
        write = [Write(case.topic, 0, b"k", b"interrupted")]
        interrupted = asyncio.create_task(mine.commit(write))
        await asyncio.sleep(0)  # it has begun, and waits for the broker
        interrupted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await interrupted
        with pytest.raises(LogError, match="taken over again"):
            await mine.commit([Write(case.topic, 0, b"k", b"too early")])
        await mine.take_over()
        await mine.commit([Write(case.topic, 0, b"k", b"in time")])
        assert values(await case.batches())[-1] == b"in time"
        assert b"too early" not in values(await case.batches())
        await mine.close()

    case.run(use)


def test_who_sleeps_in_a_commit_for_longer_than_its_transaction_lasts_is_fenced_off(
    kafka: str,
) -> None:
    case = Case(kafka)
    case.log = KafkaWorkerLog(connection(kafka), case.group, transaction_timeout_ms=1_000)

    def sleep(point: str) -> None:
        if point == "before commit":
            time.sleep(4)  # the whole process: twice the commit's time, and late enough

    async def use(case: Case) -> None:
        owner = case.log.transactions("customers", 0)
        await owner.take_over()
        fault_points.listen(sleep)
        with pytest.raises(FencedError, match="lasted longer than 1000 ms"):
            await owner.commit([Write(case.topic, 0, b"k", b"nobody knows")])
        fault_points.listen(None)
        await owner.take_over()
        await owner.commit([Write(case.topic, 0, b"k", b"kept")])
        await owner.close()
        assert values(await case.batches()) in ([b"kept"], [b"nobody knows", b"kept"])

    try:
        case.run(use)
    finally:
        fault_points.listen(None)


def test_who_sleeps_in_an_abort_for_longer_than_its_transaction_lasts_is_fenced_off(
    kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(kafka)
    case.log = KafkaWorkerLog(connection(kafka), case.group, transaction_timeout_ms=1_000)
    end = TransactionSender.end

    async def too_large(*_: object) -> None:
        raise TooLargeError("of a record batch")

    async def sleep_in_an_abort(sender: TransactionSender, *, committed: bool) -> None:
        if not committed:
            time.sleep(4)  # noqa: ASYNC251 - the whole process
            await asyncio.sleep(1)
        await end(sender, committed=committed)

    async def use(case: Case) -> None:
        owner = case.log.transactions("customers", 0)
        await owner.take_over()
        monkeypatch.setattr(TransactionSender, "end", sleep_in_an_abort)
        with monkeypatch.context() as refused:
            refused.setattr(transactions, "send_batches", too_large)
            with pytest.raises(FencedError, match="lasted longer than 1000 ms"):
                await owner.commit([Write(case.topic, 0, b"k", b"too large")])
        await owner.take_over()
        await owner.commit([Write(case.topic, 0, b"k", b"kept")])
        await owner.close()
        assert values(await case.batches()) == [b"kept"]

    case.run(use)


def test_writing_without_having_taken_over_is_refused(case: Case) -> None:
    async def use(case: Case) -> None:
        with pytest.raises(LogError, match="must be taken over"):
            await case.log.transactions("customers", 0).commit([Write(case.topic, 0, b"k", b"v")])

    case.run(use)


def test_the_writes_of_several_record_batches_are_one_transaction(case: Case) -> None:
    async def use(case: Case) -> None:
        mine = case.log.transactions("customers", 0)
        await mine.take_over()
        large = [Write(case.topic, 0, b"%d" % number, b"v" * 300_000) for number in range(10)]
        last_offsets = await mine.commit(large)
        assert last_offsets == {case.place: 9}
        batches = await case.batches()
        assert [record.key for batch in batches for record in batch.records] == [
            b"%d" % number for number in range(10)
        ]
        await mine.close()

    case.run(use)
