"""A Faust app on the embedded log: whole batches, exact positions, partitions held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import faust
import pytest

from streams.engine.consumer import BatchSchema
from streams.engine.embedded.client import EmbeddedClient
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Batch, TopicPartition, Write
from streams.engine.transports import register

ORDERS = TopicPartition("orders", 0)
CALLS = TopicPartition("calls", 0)


class App:
    """An app with one agent for both topics, that notes the batches it is given."""

    def __init__(self, path: Path, lifecycle: Any = None) -> None:
        register()
        self.faust = faust.App(
            "tierstream",
            broker=f"embedded://{path}",
            store="memory://",
            datadir=str(path.parent / "faust"),
            topic_disable_leader=True,
            stream_buffer_maxsize=16,
            stream_wait_empty=False,
            web_enabled=False,
        )
        if lifecycle is not None:
            self.faust.lifecycle = lifecycle
        self.batches: list[Batch] = []
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        topic = self.faust.topic("orders", "calls", schema=BatchSchema(), acks=False, maxsize=16)
        self.faust.agent(topic)(self._take)

    async def _take(self, stream: Any) -> None:
        async for batch in stream:
            self.batches.append(batch)
            await self.may_go_on.wait()

    def values(self) -> list[bytes | None]:
        return [record.value for batch in self.batches for record in batch.records]

    @property
    def consumer(self) -> Any:
        return self.faust.consumer


class Lifecycle:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, set[TopicPartition]]] = []

    async def assigned(self, partitions: set[TopicPartition]) -> None:
        self.told.append(("assigned", partitions))

    async def revoked(self, partitions: set[TopicPartition]) -> None:
        self.told.append(("revoked", partitions))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def client(path: Path) -> EmbeddedClient:
    client = EmbeddedClient(path)
    client.create([NewTopic("orders", 1), NewTopic("calls", 1)])
    return client


def _append(client: EmbeddedClient, *values: bytes, topic: str = "orders") -> None:
    client.append(Write(topic, 0, b"k", value) for value in values)


@asynccontextmanager
async def _running(app: App) -> AsyncIterator[App]:
    app.faust.finalize()
    try:
        await app.faust.start()
        yield app
    finally:
        await app.faust.stop()


async def _until(met: Callable[[], bool]) -> None:
    """Until the condition is met; fails after ten seconds."""
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.002)


def test_an_agent_is_given_all_that_is_there_as_one_batch(
    path: Path, client: EmbeddedClient
) -> None:
    _append(client, b"1", b"2", b"3")

    async def use() -> None:
        async with _running(App(path)) as app:
            await _until(lambda: len(app.values()) == 3)
            (batch,) = app.batches
            assert (batch.topic, batch.partition) == ORDERS
            assert (batch.first_offset, batch.next_offset) == (0, 3)
            _append(client, b"4")
            await _until(lambda: len(app.values()) == 4)
            assert (app.batches[1].first_offset, app.batches[1].next_offset) == (3, 4)

    asyncio.run(use())


def test_a_backlog_comes_in_a_chain_of_bounded_batches(path: Path, client: EmbeddedClient) -> None:
    values = [b"%d" % i for i in range(10_000)]
    _append(client, *values)

    async def use() -> None:
        async with _running(App(path)) as app:
            await _until(lambda: len(app.values()) == 10_000)
            assert app.values() == values
            ends = [batch.next_offset for batch in app.batches]
            assert ends == [4_000, 8_000, 10_000]
            assert [batch.first_offset for batch in app.batches] == [0, *ends[:-1]]

    asyncio.run(use())


def test_what_is_marked_done_reaches_the_group_and_is_where_it_begins_again(
    path: Path, client: EmbeddedClient
) -> None:
    _append(client, b"1", b"2", b"3")

    async def first() -> None:
        async with _running(App(path)) as app:
            await _until(lambda: len(app.values()) == 3)
            app.consumer.mark_done(ORDERS, 2)

    async def second() -> None:
        async with _running(App(path)) as app:
            await _until(lambda: bool(app.batches))
            assert app.values() == [b"3"]

    asyncio.run(first())
    asyncio.run(second())


def test_nothing_is_remembered_of_what_was_delivered(path: Path, client: EmbeddedClient) -> None:
    async def use() -> None:
        async with _running(App(path)) as app:
            for i in range(50):
                _append(client, b"%d" % i)
                await _until(lambda i=i: len(app.batches) > i)  # type: ignore[misc]
            await _until(lambda: not app.consumer.unacked)
            assert (dict(app.consumer._acked), dict(app.consumer._acked_index)) == ({}, {})

    asyncio.run(use())


def test_a_partition_is_held_until_it_is_released_at_a_position(
    path: Path, client: EmbeddedClient
) -> None:
    _append(client, b"1", b"2", b"3")
    _append(client, b"call", topic="calls")

    async def use() -> None:
        lifecycle = Lifecycle()
        async with _running(App(path, lifecycle)) as app:
            await _until(lambda: app.consumer.flow_active and not app.faust.rebalancing)
            assert lifecycle.told == [("assigned", {ORDERS, CALLS})]
            assert app.consumer.held() == {ORDERS, CALLS}
            app.consumer.release({CALLS: 0})
            await _until(lambda: bool(app.batches))
            assert app.values() == [b"call"]
            app.consumer.release({ORDERS: 2})
            await _until(lambda: len(app.batches) == 2)
            assert app.values() == [b"call", b"3"]
            assert app.batches[1].first_offset == 2
            assert app.consumer.held() == set()

    asyncio.run(use())


def test_a_partition_held_again_rests_and_goes_on_where_it_is_told(
    path: Path, client: EmbeddedClient
) -> None:
    async def use() -> None:
        async with _running(App(path, Lifecycle())) as app:
            await _until(lambda: app.consumer.held() == {ORDERS, CALLS})
            app.consumer.release({ORDERS: 0, CALLS: 0})
            _append(client, b"1", b"2")
            await _until(lambda: len(app.values()) == 2)
            app.consumer.hold([ORDERS])
            _append(client, b"3")
            _append(client, b"call", topic="calls")
            await _until(lambda: app.values()[2:] == [b"call"])
            app.consumer.release({ORDERS: 1})
            await _until(lambda: len(app.values()) == 5)
            assert app.values() == [b"1", b"2", b"call", b"2", b"3"]

    asyncio.run(use())


def test_a_rebalance_holds_everything_and_hands_it_over_anew(
    path: Path, client: EmbeddedClient
) -> None:
    client.create([NewTopic("complaints", 1)])
    _append(client, b"1", b"2")

    async def use() -> None:
        lifecycle = Lifecycle()
        async with _running(App(path, lifecycle)) as app:
            await _until(lambda: app.consumer.held() == {ORDERS, CALLS})
            app.consumer.release({ORDERS: 0, CALLS: 0})
            await _until(lambda: len(app.values()) == 2)
            app.consumer.mark_done(ORDERS, 1)
            await app.consumer.subscribe(["orders", "calls", "complaints"])
            await _until(lambda: len(lifecycle.told) == 3)
            everything = {ORDERS, CALLS, TopicPartition("complaints", 0)}
            assert lifecycle.told[1:] == [
                ("revoked", {ORDERS, CALLS}),
                ("assigned", everything),
            ]
            assert dict(await app.consumer._committed({ORDERS})) == {ORDERS: 1}
            await _until(lambda: not app.faust.rebalancing)
            assert app.consumer.held() == everything
            app.consumer.release({ORDERS: 1})
            await _until(lambda: len(app.values()) == 3)
            assert app.values() == [b"1", b"2", b"2"]

    asyncio.run(use())


def test_a_slow_agent_holds_up_its_reading_not_the_memory(
    path: Path, client: EmbeddedClient
) -> None:
    _append(client, *(b"%d" % i for i in range(120_000)))

    async def use() -> None:
        app = App(path)
        app.may_go_on.clear()
        async with _running(app):
            await _until(lambda: bool(app.consumer._full))
            position = await app.consumer.position(ORDERS)
            assert position is not None
            assert position <= 20 * 4_000
            app.may_go_on.set()
            await _until(lambda: bool(app.batches) and app.batches[-1].next_offset == 120_000)
            assert len(app.values()) == 120_000

    asyncio.run(use())


@pytest.mark.parametrize("position", [4, -1])
def test_a_position_that_the_log_does_not_have_is_refused(
    path: Path, client: EmbeddedClient, position: int
) -> None:
    _append(client, b"1", b"2", b"3")

    async def use() -> None:
        async with _running(App(path, Lifecycle())) as app:
            await _until(lambda: app.consumer.held() == {ORDERS, CALLS})
            with pytest.raises(
                LogError, match=rf"orders\[0\] can't be read from offset {position}"
            ):
                app.consumer.release({ORDERS: position})

    asyncio.run(use())


def test_a_lifecycle_that_fails_stops_the_worker(path: Path, client: EmbeddedClient) -> None:
    class Failing(Lifecycle):
        async def assigned(self, partitions: set[TopicPartition]) -> None:
            raise LogError("the state can't be opened: make room")

    async def use() -> None:
        async with _running(App(path, Failing())) as app:
            await _until(lambda: app.faust.crashed)
            assert str(app.faust.crash_reason) == "the state can't be opened: make room"
            assert app.batches == []

    asyncio.run(use())


def test_a_batch_that_breaks_the_chain_stops_the_worker(path: Path, client: EmbeddedClient) -> None:
    _append(client, b"1", b"2", b"3")

    async def use() -> None:
        async with _running(App(path, Lifecycle())) as app:
            await _until(lambda: app.consumer.held() == {ORDERS, CALLS})
            app.consumer.release({ORDERS: 0})
            app.consumer._positions[ORDERS] = 2  # as a driver that lost its place would have it
            await _until(lambda: app.faust.crashed)
            assert isinstance(app.faust.crash_reason, LogError)
            assert "begins at offset 2 instead of 0" in str(app.faust.crash_reason)
            assert app.batches == []

    asyncio.run(use())


def test_a_second_worker_of_the_same_app_does_not_start(path: Path, client: EmbeddedClient) -> None:
    async def use() -> None:
        async with _running(App(path)):
            with pytest.raises(LogError, match="another worker of 'tierstream' is running on"):
                async with _running(App(path)):
                    pass

    asyncio.run(use())


def test_a_missing_topic_stops_the_worker_with_a_sentence(path: Path) -> None:
    EmbeddedClient(path).create([NewTopic("orders", 1)])

    async def use() -> None:
        async with _running(App(path)) as app:
            await _until(lambda: app.faust.crashed)
            assert "topic 'calls' does not exist" in str(app.faust.crash_reason)

    asyncio.run(use())


def test_what_faust_sends_is_in_the_log(path: Path, client: EmbeddedClient) -> None:
    async def use() -> None:
        async with _running(App(path)) as app:
            sent = await app.faust.topic("calls", value_serializer="raw").send(
                key=b"k", value=b"v", headers={"a": b"1"}
            )
            assert (await sent).offset == 0
            await _until(lambda: bool(app.batches))
            (record,) = app.batches[0].records
            assert (record.key, record.value, tuple(record.headers)) == (b"k", b"v", (("a", b"1"),))

    asyncio.run(use())
