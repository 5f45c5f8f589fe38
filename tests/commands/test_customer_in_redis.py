"""One customer, where a Redis is set: it is asked first, and the answer says where it is from."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from redis import asyncio as redis_asyncio

from streams.domain.days import micros
from streams.projection.fields import card_of
from streams.projection.keys import Keys
from streams.projection.target import Target
from tests.commands.conftest import Cli, Log
from tests.commands.said import standing
from tests.redis_server import RedisServer

UNTIL = datetime(2026, 11, 28, 10, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 1, tzinfo=UTC)
SAID = standing("a", tier="super", alert="warn", alert_until=UNTIL, open_complaints=2, name="Ann")


def project(server: RedisServer, *, caught_up: bool = True, app: str = "tierstream") -> None:
    """Do what a worker does: one customer of partition 3, at the stream time NOW."""

    async def work() -> None:
        async with redis_asyncio.Redis.from_url(server.url, decode_responses=True) as client:
            target = Target(client, Keys(app), 3, "state")
            await target.take_over(1000)
            card = card_of("a", msgspec.json.encode(SAID), 3)
            await target.write([card], position=1)
            await target.write(stream_time_us=micros(NOW), caught_up=caught_up)

    asyncio.run(work())


@pytest.fixture
def url(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TIERSTREAM_REDIS_URL", redis_server.url)
    return redis_server.url


def answer(result: Any) -> Any:
    assert result.code == 0
    (found,) = result.lines
    return found


def test_redis_answers_first(cli_call: Cli, redis_server: RedisServer, url: str) -> None:
    project(redis_server)
    result = cli_call("customer", "a", "--format", "json")
    found = answer(result)
    assert result.err == ""
    assert found["answered_by"] == f"redis 127.0.0.1:{redis_server.port}/0"
    said = msgspec.json.decode(msgspec.json.encode(SAID))
    assert found["standing"] == {**said, "recency_days": 21}  # of the partition's stream time
    assert (found["tables"], found["why"]) == (None, None)


def test_each_application_has_its_own_keys(
    cli_call: Cli, log: Log, redis_server: RedisServer, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(redis_server, app="shop.crm")
    assert cli_call("customer", "a").code == 1
    monkeypatch.setenv("TIERSTREAM_TOPIC_PREFIX", "shop.")
    monkeypatch.setenv("TIERSTREAM_APP_ID", "crm")
    assert answer(cli_call("customer", "a", "--format", "json"))["standing"]["name"] == "Ann"


def test_the_card_says_that_redis_answered(
    cli_call: Cli, redis_server: RedisServer, url: str
) -> None:
    project(redis_server)
    lines = [" ".join(line.split()) for line in cli_call("customer", "a").out.splitlines()]
    assert lines[0] == "customer a"
    assert "open complaints 2" in lines
    assert "alert warn" in lines
    assert lines[-2] == f"money in CNY; answered by redis 127.0.0.1:{redis_server.port}/0"
    assert lines[-1] == "the alert's reasons, tables and why: --full"


def test_with_full_redis_is_not_asked(
    cli_call: Cli, log: Log, redis_server: RedisServer, url: str
) -> None:
    project(redis_server)
    log.put("customer-standings", standing("a"), "a")
    result = cli_call("customer", "a", "--full", "--format", "json")
    assert answer(result)["answered_by"] == "topics"


@pytest.mark.parametrize("fault", ["empty", "being filled", "behind", "frozen", "gone"])
def test_where_redis_cannot_answer_the_others_do(
    cli_call: Cli, log: Log, redis_server: RedisServer, url: str, fault: str
) -> None:
    log.put("customer-standings", standing("a"), "a")
    said = {
        "empty": "knows no customer 'a'",
        "being filled": "is being filled",
        "behind": "s behind",
        "frozen": "does not answer",
        "gone": "does not answer",
    }[fault]
    if fault != "empty":
        project(redis_server, caught_up=fault != "being filled")
    if fault == "behind":
        with redis_server.client() as client:
            client.hincrby("tierstream:partition:3", "caught_up_at", -11)
    if fault == "frozen":
        redis_server.freeze()
    if fault == "gone":
        redis_server.kill()
    result = cli_call("customer", "a", "--format", "json")
    assert answer(result)["answered_by"] == "topics"
    assert f"Redis at 127.0.0.1:{redis_server.port}/0" in result.err
    assert said in result.err


def test_user_and_password_are_never_shown(
    cli_call: Cli, log: Log, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.put("customer-standings", standing("a"), "a")
    monkeypatch.setenv("TIERSTREAM_REDIS_URL", redis_server.url.replace("//", "//ann:s3cret@"))
    refused = cli_call("customer", "a")
    assert refused.code == 0
    assert "Redis at 127.0.0.1" in refused.err
    monkeypatch.setenv("TIERSTREAM_REDIS_URL", "redis://ann:s3cret@host:port/0")
    wrong = cli_call("customer", "a")
    assert wrong.code == 1
    assert "TIERSTREAM_REDIS_URL can't be used" in wrong.err
    for each in (refused, wrong):
        assert "s3cret" not in each.out + each.err
        assert "ann" not in each.out + each.err
