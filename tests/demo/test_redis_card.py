"""The demo's card from Redis, and whose keys it may replace; on a real server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from redis import asyncio as redis_asyncio

from streams.demo.redis_card import DemoRedis, TakenError, draw_card, interesting
from streams.projection.fields import card_of
from streams.projection.keys import Keys
from streams.projection.reading import NotInRedisError
from streams.projection.target import Target
from streams.settings import Settings
from tests.commands.said import AT, standing
from tests.projection.equal import plain
from tests.redis_server import RedisServer

ANN = standing("ann", tier="super", name="Ann", revenue=123_456)


def demo(server: RedisServer) -> DemoRedis:
    return DemoRedis(server.url, "tierstream")


def project(server: RedisServer, state: str = "state") -> None:
    """Do what a worker does with one standing."""

    async def work() -> None:
        async with redis_asyncio.Redis.from_url(server.url, decode_responses=True) as client:
            target = Target(client, Keys("tierstream"), 0, state)
            await target.take_over(1000)
            await target.write([card_of("ann", msgspec.json.encode(ANN), 0)], position=1)
            await target.write(caught_up=True)

    asyncio.run(work())


def test_the_card_is_read_back(redis_server: RedisServer) -> None:
    demo(redis_server).claim()
    project(redis_server)
    card = demo(redis_server).card(plain(ANN))
    assert card.standing == plain(ANN)
    shown = "\n".join(str(part) for part in draw_card(card, 2, "CNY").renderables)  # type: ignore[union-attr]
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "name Ann" in lines
    assert "revenue 1,234.56" in lines
    assert lines[-2] == f"money in CNY; answered by redis 127.0.0.1:{redis_server.port}/0"


def test_a_demo_replaces_what_a_demo_left(redis_server: RedisServer) -> None:
    for state in ("one", "two"):
        demo(redis_server).claim()
        with redis_server.client() as client:
            assert client.keys() == ["tierstream:demo"]
        project(redis_server, state)
        assert demo(redis_server).card(plain(ANN)).standing["name"] == "Ann"


def test_keys_that_no_demo_made_are_left_alone(redis_server: RedisServer) -> None:
    project(redis_server)
    with pytest.raises(TakenError, match="another TIERSTREAM_APP_ID"):
        demo(redis_server).claim()
    replace(demo(redis_server), app="other").claim()
    with redis_server.client() as client:
        assert client.exists("tierstream:customer:ann") == 1


def test_what_a_worker_of_ones_own_took_over_from_a_demo_is_left_alone(
    redis_server: RedisServer,
) -> None:
    demo(redis_server).claim()
    project(redis_server, "demo")
    with redis_server.client() as client:
        (now, _) = client.time()
        client.hset("tierstream:partition:0", "caught_up_at", now - 3600)
    project(redis_server, "one's own")
    with pytest.raises(TakenError):
        demo(redis_server).claim()


def test_a_redis_that_does_not_answer_is_not_used(redis_server: RedisServer) -> None:
    redis_server.kill()
    with pytest.raises(NotInRedisError, match="does not answer"):
        demo(redis_server).claim()


def test_without_a_url_there_is_no_redis() -> None:
    assert DemoRedis.of(Settings.from_env({})) is None


@pytest.mark.parametrize(
    ("alerts", "chosen"),
    [
        ({"a": 5, "b": 7}, "b"),
        ({"a": 0}, "a"),
        ({}, "c"),
    ],
)
def test_the_most_interesting_has_an_alert_and_most_to_lose(
    alerts: dict[str, int], chosen: str
) -> None:
    revenues = {"a": 1, "b": 2, "c": 3}
    everyone: list[dict[str, Any]] = [
        plain(
            standing(
                name, revenue=revenue, revenue_at_risk=alerts.get(name, 9),
                alert="warn" if name in alerts else None, alert_until=AT,
            )
        )
        for name, revenue in revenues.items()
    ]  # fmt: skip
    assert interesting(everyone)["customer_id"] == chosen
