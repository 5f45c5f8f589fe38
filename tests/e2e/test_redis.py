"""Redis beside the whole product: it holds what the topic does, and is never waited for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import on_embedded, on_kafka
from tests.e2e.driver import Tierstream, until
from tests.oracle.cdnow import LAST_INSTANT, SHIPPED
from tests.oracle.sending import Sent, call, complaint, erasure, file, order
from tests.projection.equal import Held, expected, held
from tests.redis_server import RedisServer

NOW = "2026-11-20T12:00:00Z"
SETTLE_SECONDS = 250


def wanted(tierstream: Tierstream, now: str) -> Held:
    """What Redis should hold by the topic."""
    newest: dict[str, tuple[int, Any]] = {}
    for line in tierstream.dump("customer-standings"):
        newest[line["key"]] = (line["partition"], line["value"])
    living = [(partition, value) for partition, value in newest.values() if value is not None]
    return expected(tierstream.app, living, now)


def until_equal(tierstream: Tierstream, server: RedisServer, now: str) -> Held:
    """Wait until Redis holds what the topic does, and nothing else; what that is."""
    whole = wanted(tierstream, now)
    with server.client() as client:
        until(lambda: held(client, tierstream.app) == whole)
    return whole


def customers(day: int) -> list[Sent]:
    """Orders of sixty customers on a day of November; each day others are the largest."""
    at = f"2026-11-{day:02}"
    return [order(f"c{n}", at, 100 + 1000 * ((n * day) % 61)) for n in range(60)]


def files(managers: int) -> list[Sent]:
    return [file(f"c{n}", name=f"N{n}", account_manager=f"m{n % managers}") for n in range(60)]


def answered_by(tierstream: Tierstream, customer: str) -> str:
    return str(tierstream.customer(customer)["answered_by"]).split()[0]


@on_embedded
@pytest.mark.slow
def test_redis_is_filled_again_after_it_was_stopped_emptied_and_started_under_load(
    tierstream: Tierstream, redis_server: RedisServer
) -> None:
    tierstream.set(REDIS_URL=redis_server.url, STANDINGS_INTERVAL="1")
    worker = tierstream.start()
    tierstream.run("replay", "orders", SHIPPED)
    with redis_server.client() as client:
        until(lambda: client.dbsize() > 500)
        redis_server.kill()
        redis_server.start()
        until(lambda: client.dbsize() > 500)
        client.flushall()
        until(lambda: client.dbsize() > 500)
        redis_server.kill()
        tierstream.send(erasure("00001"), erasure("00002"), *files(3))
        redis_server.start()
    tierstream.settle(SETTLE_SECONDS)
    tierstream.tick(LAST_INSTANT)
    tierstream.settle(SETTLE_SECONDS)
    whole = until_equal(tierstream, redis_server, LAST_INSTANT)
    assert len(whole) > 23_000
    worker.stop()
    assert "Redis at" in worker.text
    assert "is back" in worker.text


@on_embedded
def test_a_frozen_redis_holds_nothing_up(tierstream: Tierstream, redis_server: RedisServer) -> None:
    tierstream.set(REDIS_URL=redis_server.url)
    worker = tierstream.start()
    tierstream.send(*files(3), *customers(1), *customers(2))
    tierstream.send(complaint("c1", NOW, severity=5), call("c1", NOW, outcome="refused"))
    tierstream.tick(NOW)
    tierstream.settle()
    until_equal(tierstream, redis_server, NOW)
    until(lambda: answered_by(tierstream, "c1") == "redis")
    before = tierstream.customer("c1")["standing"]
    assert (before["open_complaints"], before["last_call_outcome"]) == (1, "refused")
    assert before["name"] == "N1"
    redis_server.freeze()
    tierstream.send(*files(4), *customers(3), erasure("c2"))
    tierstream.settle()
    assert answered_by(tierstream, "c1") == "worker"
    assert tierstream.customer("c1")["standing"]["frequency"] == 3
    redis_server.thaw()
    until_equal(tierstream, redis_server, NOW)
    redis_server.freeze()
    worker.stop()


@on_embedded
def test_a_customer_leaves_the_managers_list_when_the_alert_is_over(
    tierstream: Tierstream, redis_server: RedisServer
) -> None:
    day = "2026-11-03T12:00:00Z"
    redis_server.kill()  # the worker starts without it
    tierstream.set(REDIS_URL=redis_server.url)
    tierstream.start()
    tierstream.send(*files(3), *customers(1), *customers(2))
    tierstream.tick(day)
    tierstream.settle()
    standings = tierstream.standings()
    best = max(standings, key=lambda name: int(standings[name]["revenue"]))
    tierstream.send(complaint(best, day, severity=5))
    tierstream.settle()
    assert answered_by(tierstream, best) == "worker"
    (alert,) = (one for one in tierstream.values("churn-alerts") if one["customer_id"] == best)
    managers = f"{tierstream.app}:alerts:{alert['account_manager']}"
    redis_server.start()
    with redis_server.client() as client:
        until_equal(tierstream, redis_server, day)
        assert client.zscore(managers, best) == alert["revenue_at_risk"] > 0
        over = datetime.fromisoformat(alert["cooldown_until"])
        for now in (over - timedelta(seconds=1), over):
            tierstream.tick(now.isoformat())
            tierstream.settle()
            until_equal(tierstream, redis_server, now.isoformat())
            assert (client.zscore(managers, best) is None) == (now == over)
        tierstream.send(erasure(best))
        tierstream.settle()
        until_equal(tierstream, redis_server, over.isoformat())
        assert not [key for key in client.scan_iter() if best in key.split(":")]


@on_kafka
@pytest.mark.slow
def test_two_workers_share_one_redis(tierstream: Tierstream, redis_server: RedisServer) -> None:
    tierstream.set(REDIS_URL=redis_server.url)
    first = tierstream.start()
    tierstream.send(*files(3), *customers(1))
    tierstream.settle()
    tierstream.start()
    tierstream.send(*customers(2), *files(4), erasure("c3"))
    tierstream.settle()
    first.kill()
    with redis_server.client() as client:
        client.flushall()
    tierstream.send(*customers(3), erasure("c4"))
    tierstream.tick(NOW)
    tierstream.settle()
    until_equal(tierstream, redis_server, NOW)
