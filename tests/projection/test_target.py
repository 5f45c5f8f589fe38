"""What is written to Redis in one stroke, and whose writes are taken; on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from redis import Redis
from redis import asyncio as redis_asyncio
from redis.exceptions import ConnectionError as RedisConnectionError

from schemas.outputs import Standing
from streams.domain.days import micros
from streams.projection.fields import Card, card_of
from streams.projection.keys import Keys
from streams.projection.target import ALIVE_SECONDS, LONGEST_GAP_SECONDS, RefusedError, Target
from tests.commands.said import standing
from tests.projection.equal import expected, held, plain
from tests.redis_server import RedisServer

APP = "shop.tierstream"
NOW = "2026-11-21T10:00:00Z"
LATER = datetime(2026, 11, 28, 10, tzinfo=UTC)
END = 1000

Targets = Callable[..., Target]


def run(server: RedisServer, story: Callable[[Targets], Awaitable[None]]) -> None:
    """Run a story; it makes targets by partition and state."""

    async def told() -> None:
        async with redis_asyncio.Redis.from_url(server.url, decode_responses=True) as client:

            def target(partition: int = 0, state: str = "state") -> Target:
                return Target(client, Keys(APP), partition, state)

            await story(target)

    asyncio.run(told())


def cards(*standings: Standing, partition: int = 0) -> list[Card]:
    return [card_of(each.customer_id, msgspec.json.encode(each), partition) for each in standings]


def check(client: Redis, *standings: Standing, now: str = NOW, partition: int = 0) -> None:
    """Redis holds these, and nothing else."""
    assert held(client, APP) == expected(APP, [(partition, plain(s)) for s in standings], now)


def alerted(customer_id: str, manager: str | None = "ann", **changes: Any) -> Standing:
    alert = {"alert": "warn", "alert_until": LATER, **changes}
    return standing(customer_id, account_manager=manager, **alert)


def test_a_customer_is_in_the_sets_of_tier_and_manager(redis_server: RedisServer) -> None:
    people = [
        alerted("a", revenue_at_risk=500),
        alerted("b:c", None, tier="super", revenue=9),
        standing("王", account_manager="ann", tier="inactive", revenue=-5),
    ]

    async def story(target: Targets) -> None:
        writer = target()
        assert await writer.take_over(END) == 0
        await writer.write(cards(*people), position=3)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, *people)
        assert client.zrange(f"{APP}:alerts:ann", 0, -1, withscores=True) == [("a", 500.0)]
        assert client.zrange(f"{APP}:alerts:unassigned", 0, -1) == ["b:c"]
        assert client.hget(f"{APP}:partition:0", "position") == "3"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (alerted("a"), alerted("a", tier="super")),
        (alerted("a"), alerted("a", "bob")),
        (alerted("a"), alerted("a", None)),
        (alerted("a", ""), alerted("a", "bob")),
        (alerted("a"), standing("a", account_manager="ann")),
        (alerted("a"), standing("a", account_manager="bob", tier="large")),
        (alerted("a", name="A", stage="dormant"), standing("a")),
    ],
)
def test_who_moves_leaves_the_old_sets(
    redis_server: RedisServer, before: Standing, after: Standing
) -> None:
    async def story(target: Targets) -> None:
        writer = target()
        await writer.take_over(END)
        for position, each in enumerate((before, after, before, after, after), 1):
            await writer.write(cards(each), position=position)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, after)


def test_nothing_is_left_of_who_is_erased(redis_server: RedisServer) -> None:
    async def story(target: Targets) -> None:
        writer = target()
        await writer.take_over(END)
        await writer.write(cards(alerted("a"), standing("b")), position=2)
        await writer.write(gone=["a", "never seen"], position=4)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, standing("b"))


def test_an_alert_ends_with_its_cooldown(redis_server: RedisServer) -> None:
    people = [alerted("a"), alerted("b", None), alerted("c", alert_until=LATER.replace(hour=11))]

    async def story(target: Targets) -> None:
        writer = target()
        await writer.take_over(END)
        await writer.write(cards(*people), position=3)
        await writer.write(stream_time_us=micros(LATER) - 1, caught_up=True)
        with redis_server.client() as client:
            check(client, *people)
        await writer.write(stream_time_us=micros(LATER), caught_up=True)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, *people, now=LATER.isoformat())
        assert client.hget(f"{APP}:partition:0", "stream_time") == "2026-11-28T10:00:00+00:00"


def test_a_former_owner_that_wakes_up_writes_nothing(redis_server: RedisServer) -> None:
    async def story(target: Targets) -> None:
        former, owner = target(), target()
        await former.take_over(END)
        await former.write(cards(standing("a", revenue=1)), position=1)
        assert await owner.take_over(END) == 1
        for write in (former.write(cards(standing("a", revenue=2)), position=2), former.write()):
            with pytest.raises(RefusedError):
                await write
        await owner.write(cards(standing("a", revenue=3)), position=3)
        with pytest.raises(RefusedError):
            await former.write(gone=["a"], position=2)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, standing("a", revenue=3))


def test_a_redis_that_was_emptied_or_put_back_is_noticed_at_the_next_write(
    redis_server: RedisServer,
) -> None:
    async def story(target: Targets) -> None:
        writer = target()
        await writer.take_over(END)
        with redis_server.client() as client:
            await writer.write(cards(standing("a", revenue=1)), position=1)
            client.save()
            await writer.write(cards(standing("a", revenue=2)), position=2)
            redis_server.kill()
            redis_server.start()
            with pytest.raises(RedisConnectionError):
                await writer.write()
            with pytest.raises(RefusedError):
                await writer.write(cards(standing("b")), position=3)
            check(client, standing("a", revenue=1))
            assert await writer.take_over(END) == 1
            client.flushall()
            with pytest.raises(RefusedError):
                await writer.write(cards(standing("b")), position=3)
            check(client)
            assert await writer.take_over(END) == 0

    run(redis_server, story)


def stale(client: Redis, seconds: int) -> None:
    """Make it look as if the projection had last been up to date so long ago."""
    (now, _) = client.time()
    client.hset(f"{APP}:partition:0", "caught_up_at", now - seconds)


@pytest.mark.parametrize("why", ["another state", "beyond the end", "too long ago"])
def test_what_cannot_be_gone_on_from_is_cleared_away(redis_server: RedisServer, why: str) -> None:
    many = [alerted(f"c{number}", f"m{number % 3}") for number in range(700)]
    others = standing("other", tier="super")

    async def story(target: Targets) -> None:
        former, neighbour = target(), target(1)
        await former.take_over(END)
        await former.write(cards(*many), position=700, caught_up=True)
        await neighbour.take_over(END)
        await neighbour.write(cards(others, partition=1), position=1)
        with redis_server.client() as client:
            stale(client, LONGEST_GAP_SECONDS + 1 if why == "too long ago" else ALIVE_SECONDS + 1)
        new = target(state="new" if why == "another state" else "state")
        assert await new.take_over(699 if why == "beyond the end" else END) == 0
        with redis_server.client() as client:
            check(client, others, partition=1)
            assert not client.hexists(f"{APP}:partition:0", "caught_up_at")  # it is being filled
        assert await neighbour.take_over(END) == 1

    run(redis_server, story)


def test_clearing_away_goes_on_where_it_broke_off(redis_server: RedisServer) -> None:
    async def story(target: Targets) -> None:
        writer = target()
        await writer.take_over(END)
        await writer.write(cards(standing("a")), position=1)
        with redis_server.client() as client:
            client.hset(f"{APP}:partition:0", "position", "")
        assert await target().take_over(END) == 0
        with redis_server.client() as client:
            check(client)

    run(redis_server, story)


def test_another_installation_at_work_is_left_alone(redis_server: RedisServer) -> None:
    async def story(target: Targets) -> None:
        theirs, ours = target(state="theirs"), target(state="ours")
        await theirs.take_over(END)
        await theirs.write(cards(standing("a")), position=1)
        with pytest.raises(RefusedError, match="another TIERSTREAM_APP_ID"):
            await ours.take_over(END)
        await theirs.write(cards(standing("a"), standing("b")), position=2)

    run(redis_server, story)
    with redis_server.client() as client:
        check(client, standing("a"), standing("b"))
