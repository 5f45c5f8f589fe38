"""Redis comes to hold what the topic does, whatever befalls it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.outputs import Standing
from streams.domain.days import micros
from tests.commands.said import standing
from tests.projection.worker import (
    APP,
    BrokenLog,
    LogWithHole,
    Standings,
    partitions,
    projecting,
    until,
    until_equal,
)
from tests.redis_server import RedisServer

LATER = datetime(2026, 11, 28, 10, tzinfo=UTC)

Story = Callable[[], Awaitable[None]]


@pytest.fixture
def standings(tmp_path: Path) -> Standings:
    return Standings(tmp_path / "log.db")


def run(story: Story) -> None:
    async def told() -> None:
        await story()

    asyncio.run(told())


def people(turn: int, count: int = 300) -> list[Standing]:
    """Half of them in each partition; each turn they are in other tiers and with others."""
    tiers, managers = ("super", "large", "small"), ("ann", "bob", None)
    return [
        standing(
            f"{'ab'[number % 2]}{number}",
            revenue=1000 * turn + number,
            tier=tiers[(number + turn) % 3],
            account_manager=managers[(number * turn) % 3],
            alert="warn" if (number + turn) % 5 else None,
            alert_until=LATER if (number + turn) % 5 else None,
        )
        for number in range(count)
    ]


def test_redis_comes_to_hold_the_newest_of_the_topic(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        owned = partitions()
        standings.say(*people(1), *people(2))
        standings.erase("a0", "b1")
        async with projecting(standings, redis_server, lambda: owned):
            await until_equal(standings, redis_server)
            standings.say(*people(3, 5))
            standings.erase("a2", "a0", "nobody")
            await until_equal(standings, redis_server)

    run(story)


def test_a_redis_that_is_absent_at_the_start_is_filled_when_it_comes(
    standings: Standings, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.kill()

    async def story() -> None:
        owned = partitions()
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned) as projection:
            await until(lambda: min(projection.staleness_seconds.values(), default=0) > 1)
            redis_server.start()
            await until_equal(standings, redis_server)
            await until(lambda: max(projection.staleness_seconds.values()) < 1)

    run(story)
    gone, back = (record.getMessage() for record in caplog.records)
    assert f"Redis at 127.0.0.1:{redis_server.port}/0 fails" in gone
    assert "is back" in back


def test_a_redis_stopped_emptied_and_started_under_load_catches_up(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def load() -> None:
        for turn in range(2, 40):
            await asyncio.sleep(0.05)  # the pace of the load
            standings.say(*people(turn))
            standings.erase(f"a{2 * turn}", f"b{2 * turn + 1}")

    async def fail() -> None:
        with redis_server.client() as client:
            for _ in range(2):
                await until(lambda: client.dbsize() > 200)
                client.save()
                redis_server.kill()
                redis_server.start()  # with what was saved
                await until(lambda: client.dbsize() > 200)
                client.flushall()
                await until(lambda: client.dbsize() > 200)
                (redis_server.folder / "dump.rdb").unlink()
                redis_server.kill()
                redis_server.start()  # with nothing

    async def story() -> None:
        owned = partitions()
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned):
            await asyncio.gather(load(), fail())
            await until_equal(standings, redis_server)

    run(story)


def test_a_frozen_redis_catches_up_when_it_answers_again(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        owned = partitions()
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned) as projection:
            await until_equal(standings, redis_server)
            redis_server.freeze()
            standings.say(*people(2))
            standings.erase("a0")
            await until(lambda: min(projection.staleness_seconds.values()) > 6)
            redis_server.thaw()
            await until_equal(standings, redis_server)

    run(story)


def test_the_position_goes_on_only_when_all_before_it_is_written(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        owned = partitions()
        standings.say(*people(1))
        with redis_server.client() as client:
            client.set(f"{APP}:customer:a298", "in the way")  # of the last slice
            async with projecting(standings, redis_server, lambda: owned) as projection:
                await until(lambda: projection.staleness_seconds.get(0, 0) > 1)
                assert client.hget(f"{APP}:customer:a0", "tier") == "large"
                assert client.hget(f"{APP}:partition:0", "position") == "0"
                client.delete(f"{APP}:customer:a298")
                await until_equal(standings, redis_server)

    run(story)


def test_a_hole_on_the_way_is_not_the_end(standings: Standings, redis_server: RedisServer) -> None:
    async def story() -> None:
        owned, log = partitions(), LogWithHole(standings.path, APP)
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned, log) as projection:
            with redis_server.client() as client:
                await until(lambda: projection.staleness_seconds.get(0, 0) > 2.5)
                assert not client.hexists(f"{APP}:partition:0", "caught_up_at")
                log.passed.set()
                await until(lambda: client.hexists(f"{APP}:partition:0", "caught_up_at"))
            await until_equal(standings, redis_server)

    run(story)


def test_each_worker_writes_its_own_partitions(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        first, second = partitions()
        standings.say(*people(1))
        async with (
            projecting(standings, redis_server, lambda: [first]) as one,
            projecting(standings, redis_server, lambda: [second]) as other,
        ):
            await until_equal(standings, redis_server)
            standings.say(*people(2))
            standings.erase("a0", "b1")
            await until_equal(standings, redis_server)
            assert (set(one.staleness_seconds), set(other.staleness_seconds)) == ({0}, {1})

    run(story)


def test_a_partition_that_moves_is_gone_on_with(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        owned, taken_over = partitions(), partitions()
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned) as former:
            await until_equal(standings, redis_server)
            gone = owned.pop()
            assert set(former.staleness_seconds) == {0}
            async with projecting(standings, redis_server, lambda: [taken_over[1]]):
                standings.say(*people(2))
                await until_equal(standings, redis_server)
            assert gone.identity.number == 1

    run(story)


def test_two_owners_at_once_do_no_harm(standings: Standings, redis_server: RedisServer) -> None:
    async def story() -> None:
        owned, taken_over = partitions(), partitions()
        async with (
            projecting(standings, redis_server, lambda: owned),
            projecting(standings, redis_server, lambda: taken_over),
        ):
            with redis_server.client() as client:
                for turn in range(1, 12):
                    before = client.hget(f"{APP}:partition:0", "owner")
                    standings.say(*people(turn))
                    standings.erase(f"a{2 * turn}")
                    await until(lambda: client.hget(f"{APP}:partition:0", "owner") != before)  # noqa: B023
            await until_equal(standings, redis_server)

    run(story)


def test_an_alert_ends_as_stream_time_goes_on(
    standings: Standings, redis_server: RedisServer
) -> None:
    async def story() -> None:
        owned = partitions()
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned):
            await until_equal(standings, redis_server)
            for partition in owned:
                partition.move_time(micros(LATER))
            standings.now = LATER.isoformat()
            await until_equal(standings, redis_server)
        with redis_server.client() as client:
            assert client.keys(f"{APP}:alerts*") == []

    run(story)


def test_what_is_no_standing_is_left_out_and_told(
    standings: Standings, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        owned = partitions()
        standings.say(*people(1, 4))
        standings.junk("a9", b"[]")
        async with projecting(standings, redis_server, lambda: owned):
            await until_equal(standings, redis_server)

    run(story)
    (told,) = caplog.messages
    assert "customer-standings[0] offset 2 is no standing" in told


def test_an_error_of_our_own_is_told_once_counted_and_costs_staleness_alone(
    standings: Standings, redis_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        owned, log = partitions(), BrokenLog(standings.path, APP)
        standings.say(*people(1))
        async with projecting(standings, redis_server, lambda: owned, log) as projection:
            await until(lambda: projection.failures > 4)
            assert len(projection.staleness_seconds) == 2
            log.mended = True
            await until_equal(standings, redis_server)
            failures = projection.failures
            owned[:] = partitions()  # lost and taken over again
            await until(lambda: len(projection.staleness_seconds) == 2)
            assert projection.failures == failures

    run(story)
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 2  # one a partition
    assert "an error of Tierstream's own, KeyError('nobody')" in told[0].getMessage()
