"""Every query of every panel and rule, on a real Prometheus that watches a real worker; and what
it shows against what the topics say."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.request import urlopen

import pytest

from streams.metrics.catalogue import STALLED
from tests.deploy.files import Query, image, metric_names, queries, recorded, rules
from tests.deploy.prometheus_server import (
    HOST,
    PACE_SECONDS,
    PrometheusServer,
    free_port,
    has_data,
    running,
)
from tests.e2e.driver import Tierstream, until
from tests.not_run import skip
from tests.oracle.cdnow import LAST_INSTANT, SHIPPED
from tests.redis_server import RedisServer, server_binary

#: What Grafana puts for its variables, at a scrape a second.
GRAFANA = {
    "$__rate_interval": "10s",
    "$__interval": "10s",
    "$__range": "10m",
    "$worker": ".*",
    "$partition": ".*",
    "$cause": ".*",
}
MANAGED = 400  # customers with an account manager

pytestmark = pytest.mark.slow


class Watched(NamedTuple):
    """A worker that has read real orders, and what Prometheus has seen of it."""

    tierstream: Tierstream
    prometheus: PrometheusServer
    web: str


@pytest.fixture(scope="module")
def watched(prometheus: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    binary = server_binary()
    if binary is None:
        skip("REDIS", "no Redis server is here: what is said of Redis can't be asked for")
    folder = tmp_path_factory.mktemp("watched")
    redis = RedisServer(binary, folder / "redis")
    redis.start()
    web = f"{HOST}:{free_port()}"
    environ = {
        "TIERSTREAM_BROKER": "embedded://log.db",
        "TIERSTREAM_REDIS_URL": redis.url,
        "TIERSTREAM_WEB": web,
    }
    try:
        with Tierstream(folder, environ) as tierstream:
            tierstream.start()
            tierstream.settle()
            with running(prometheus, folder / "prometheus", web) as server:
                send_everything(tierstream, server)
                yield Watched(tierstream, server, web)
    finally:
        redis.kill()


def send_everything(tierstream: Tierstream, server: PrometheusServer) -> None:
    """The real orders, and of everything else a little; then, when all of that has been seen,
    a little more, so that every counter is seen to grow."""
    orders = order_lines()
    customers = sorted({json.loads(line)["customer_id"] for line in orders})
    files = [{"customer_id": each, "account_manager": f"m{int(each) % 12}"} for each in customers]
    tierstream.run("replay", "customers", "-", stdin=ndjson(files[:MANAGED]))
    tierstream.run("replay", "orders", "-", stdin="\n".join(orders))
    send_contact(tierstream, customers[:5])
    tierstream.settle(100)
    tierstream.tick(LAST_INSTANT)
    tierstream.settle(100)
    wait_for_what_is_counted(server)
    tierstream.run("replay", "orders", "-", stdin="\n".join(orders[:50]))
    send_contact(tierstream, customers[-5:])
    send_contact(tierstream, customers[-5:])  # the same: repeated
    tierstream.run("replay", "customers", "-", stdin=ndjson(files[-5:]))
    tierstream.replay_raw("orders", [{"key": customers[0], "value": "{}"}])
    tierstream.replay_raw("customers", [{"key": customers[0], "value": None}])
    tierstream.tick(LAST_INSTANT)
    tierstream.settle(100)
    wait_for_what_is_counted(server)


def send_contact(tierstream: Tierstream, customers: list[str]) -> None:
    calls, complaints = [call(each) for each in customers], [complaint(each) for each in customers]
    tierstream.run("replay", "call-logs", "-", stdin=ndjson(calls))
    tierstream.run("replay", "complaints", "-", stdin=ndjson(complaints))


def order_lines() -> list[str]:
    """The real orders of every third customer: a third of the time that all would take."""
    with gzip.open(SHIPPED, "rt") as lines:
        return [line for line in lines.read().splitlines() if third(json.loads(line))]


def third(order: dict[str, Any]) -> bool:
    return int(order["customer_id"]) % 3 == 0


def ndjson(values: list[dict[str, Any]]) -> str:
    return "\n".join(map(json.dumps, values))


def call(customer: str) -> dict[str, Any]:
    return {
        "event_id": f"call-{customer}", "customer_id": customer, "call_id": f"c-{customer}",
        "agent_id": "a1", "called_at": "1998-06-01T10:00:00Z", "direction": "out",
        "outcome": "reached",
    }  # fmt: skip


def complaint(customer: str) -> dict[str, Any]:
    return {
        "event_id": f"complaint-{customer}", "customer_id": customer, "complaint_id": "k1",
        "occurred_at": "1998-06-01T10:00:00Z", "step": "opened", "category": "delivery",
        "severity": 5,
    }  # fmt: skip


def wait_for_what_is_counted(server: PrometheusServer) -> None:
    """Until Prometheus has scraped what there is now, and worked out what was counted of it."""
    now = time.time()
    scraped = f"min(timestamp(tierstream_customers)) > {now}"
    until(lambda: server.now(scraped))
    late = time.time() + PACE_SECONDS
    counted = f"min(timestamp(from_to_cause:tierstream_movements:increase1m)) > {late}"
    until(lambda: server.now(counted))


def filled_in(expression: str) -> str:
    for name, value in GRAFANA.items():
        expression = expression.replace(name, value)
    return expression


@pytest.mark.parametrize("query", queries(), ids=str)
def test_every_query_of_every_panel_returns_data(watched: Watched, query: Query) -> None:
    asked = filled_in(query.expression)
    server = watched.prometheus
    series = server.now(asked) if query.instant else server.since_the_beginning(asked)
    assert has_data(series), asked


@pytest.mark.parametrize("name", sorted(recorded()))
def test_every_recorded_series_has_data(watched: Watched, name: str) -> None:
    assert has_data(watched.prometheus.since_the_beginning(name))


def test_every_rule_is_worked_out_without_an_error(watched: Watched) -> None:
    said = watched.prometheus.rules()
    assert {rule["name"] for rule in said} == {
        rule.get("record") or rule["alert"] for rule in rules()
    }
    assert {rule["name"]: rule["lastError"] for rule in said if rule.get("lastError")} == {}
    assert {rule["health"] for rule in said} == {"ok"}


@pytest.mark.parametrize(
    "rule", [rule for rule in rules() if "alert" in rule], ids=lambda rule: rule["alert"]
)
def test_an_alert_is_asked_of_series_that_have_data(watched: Watched, rule: dict[str, Any]) -> None:
    names = metric_names(rule["expr"])
    assert names
    for name in names:
        assert has_data(watched.prometheus.since_the_beginning(name)), name


def test_of_a_healthy_worker_only_what_is_wrong_with_the_data_is_told(watched: Watched) -> None:
    alerts = [alert for rule in watched.prometheus.rules() for alert in rule.get("alerts", [])]
    firing = {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}
    assert firing == {"TierstreamDeadLetters"}


# -- what is shown is what there is


def test_the_customers_shown_are_those_who_stand_there(watched: Watched) -> None:
    standings = watched.tierstream.standings().values()
    heads = Counter(standing["tier"] for standing in standings)
    shown = watched.prometheus.now("tier:tierstream_customers:sum > 0")
    assert {each["metric"]["tier"]: int(each["value"][1]) for each in shown} == heads
    revenue = sum(standing["revenue"] for standing in standings) / 100
    assert watched.prometheus.number("sum(tier:tierstream_revenue:sum)") == pytest.approx(revenue)


def test_the_movements_shown_are_all_that_were_said(watched: Watched) -> None:
    said = Counter(
        (change["from"] or "none", change["to"] or "none", change["cause"])
        for change in watched.tierstream.values("tier-changes")
    )
    shown = watched.prometheus.now(
        "sum_over_time(from_to_cause:tierstream_movements:increase1m[10m]) > 0"
    )
    assert {
        (each["metric"]["from"], each["metric"]["to"], each["metric"]["cause"]): int(
            each["value"][1]
        )
        for each in shown
    } == said


def test_the_alerts_shown_are_all_that_were_said(watched: Watched) -> None:
    said = Counter(alert["severity"] for alert in watched.tierstream.values("churn-alerts"))
    shown = watched.prometheus.now(
        "sum by (severity) (sum_over_time(severity_reason:tierstream_alerts:increase1m[10m])) > 0"
    )
    assert said
    assert {each["metric"]["severity"]: int(each["value"][1]) for each in shown} == said


def test_one_dead_letter_is_shown_though_none_of_its_kind_was_before(watched: Watched) -> None:
    shown = "sum(sum_over_time(topic_code:tierstream_dead_letters:increase1m[10m]))"
    assert watched.prometheus.number(shown) == 1


def test_what_was_repeated_is_shown_as_that(watched: Watched) -> None:
    shown = (
        'sum(sum_over_time(topic_outcome:tierstream_events:increase1m{outcome="repeated"}[10m]))'
    )
    assert watched.prometheus.number(shown) == 10


# -- the image's health check


def check_health(web: str) -> int:
    """The exit code of what the image asks of a worker, asked here."""
    command = image("HEALTHCHECK").rest.split("CMD ", 1)[1]
    interpreter, *arguments = json.loads(command)
    assert interpreter == "python"
    environ = {**os.environ, "TIERSTREAM_WEB": web}
    asked = [sys.executable, *arguments]
    return subprocess.run(asked, env=environ, stderr=subprocess.DEVNULL, check=False).returncode


def test_the_images_health_check_tells_a_worker_that_lives_from_none(watched: Watched) -> None:
    assert check_health(watched.web) == 0
    assert check_health(f"{HOST}:{free_port()}") != 0


def test_what_is_scraped_is_what_the_worker_exposes(watched: Watched) -> None:
    with urlopen(f"http://{watched.web}/metrics", timeout=10) as answer:
        assert STALLED.name in answer.read().decode()
