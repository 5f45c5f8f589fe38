"""The whole demo, as a person runs it: in an empty folder, through a real worker."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.demo.managers import MANAGERS
from streams.demo.worker_process import worker_command
from tests.redis_server import HOST, RedisServer

ACTIVE = 8_332  # customers with an order in the 365 days up to 1998-06-30
INACTIVE = 15_238


def tierstream(
    folder: Path, *words: str, redis: str | None = None
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name[:11] != "TIERSTREAM_"}
    if redis is not None:
        kept["TIERSTREAM_REDIS_URL"] = redis
    return subprocess.run(
        [*worker_command()[:-1], *words],
        cwd=folder,
        env={**kept, "COLUMNS": "80", "TERM": "dumb"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return tierstream(folder, "demo")


def standings(folder: Path) -> Sequence[dict[str, object]]:
    printed = tierstream(folder, "standings", "--format", "ndjson")
    assert printed.returncode == 0, printed.stderr
    return [orjson.loads(line) for line in printed.stdout.splitlines()]


def dumped(folder: Path, topic: str) -> Sequence[dict[str, Any]]:
    printed = tierstream(folder, "dump", topic)
    assert printed.returncode == 0, printed.stderr
    return [orjson.loads(line)["value"] for line in printed.stdout.splitlines()]


def test_the_demo_ends_well_and_plain_where_there_is_no_terminal(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert demo.returncode == 0, demo.stderr
    assert "\x1b" not in demo.stdout
    assert f"{ACTIVE:,} active customers, revenue 1,069,356.50" in demo.stdout
    assert f"{INACTIVE:,} inactive" in demo.stdout
    assert "tierstream standings --tier super" in demo.stdout


def test_the_alerts_of_the_two_busiest_account_managers_are_shown(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    alerts = dumped(folder, "churn-alerts")
    lately = [alert for alert in alerts if alert["at"] >= "1998-06-24"]
    told = Counter(alert["account_manager"] for alert in lately)
    assert f"since 1998-06-24: {len(lately):,}, to 12 account managers" in demo.stdout
    busiest = sorted(told, key=lambda manager: (-told[manager], manager))[:2]
    for manager in busiest:
        assert f"{manager}: {told[manager]} alerts of " in demo.stdout
    most = max(
        (alert for alert in lately if alert["account_manager"] == busiest[0]),
        key=lambda alert: alert["revenue_at_risk"],
    )
    shown = " ".join(demo.stdout.split())
    assert f"{most['severity']} score {most['score']} " in shown
    assert " ".join(reason["text"] for reason in most["reasons"]) in shown
    assert f"→ {most['advice']}" in shown
    assert f"tierstream customer {most['customer_id']}" in demo.stdout


def test_whom_the_demo_alerts_of_is_somebodys_and_was_on_file_before_the_first_order(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert demo.returncode == 0, demo.stderr
    assert {alert["account_manager"] for alert in dumped(folder, "churn-alerts")} == set(MANAGERS)
    first = [each for each in dumped(folder, "tier-changes") if each["from"] is None]
    assert {(each["to"], each["at"]) for each in first} == {("suspect", "1996-12-31T23:59:59Z")}


def test_what_the_demo_left_can_be_looked_at_without_settings(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    found = standings(folder)
    heads = Counter(standing["tier"] for standing in found)
    assert len(found) == 23_570
    assert heads["inactive"] == INACTIVE
    assert heads.total() - INACTIVE == ACTIVE
    assert heads["super"] >= 85  # the rule's own numbers: damping keeps customers above it
    assert heads["super"] + heads["large"] >= 85 + 332
    assert heads["super"] + heads["large"] + heads["medium"] >= 85 + 332 + 1_252


def test_the_pyramid_that_was_shown_is_that_of_the_standings(
    demo: subprocess.CompletedProcess[str], folder: Path
) -> None:
    heads = Counter(str(standing["tier"]) for standing in standings(folder))
    for tier in ("super", "large", "medium", "small"):
        lines = demo.stdout.splitlines()
        (line,) = [line for line in lines if f" {tier} " in line and line.count("%") == 2]
        assert line.split()[0] == f"{heads[tier]:,}"


def test_a_second_demo_replaces_the_first_and_where_a_redis_is_given_reads_a_card_back(
    demo: subprocess.CompletedProcess[str], folder: Path, redis_server: RedisServer
) -> None:
    again = tierstream(folder, "demo", redis=redis_server.url)
    assert again.returncode == 0, again.stderr
    found = standings(folder)
    assert len(found) == 23_570
    assert "answered by redis" not in demo.stdout
    assert f"answered by redis {HOST}:{redis_server.port}/0" in again.stdout
    heads = Counter(str(standing["tier"]) for standing in found)
    with redis_server.client() as client:
        in_redis = {tier: int(client.zcard(f"tierstream:tier:{tier}")) for tier in heads}
    assert 0 < sum(in_redis.values()) <= len(found)  # it is never waited for


def test_data_of_ones_own_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / ".tierstream").mkdir()
    (tmp_path / ".tierstream" / "log.db").write_bytes(b"mine")
    refused = tierstream(tmp_path, "demo")
    assert refused.returncode == 1
    assert "holds data that the demo did not make" in refused.stderr
    assert (tmp_path / ".tierstream" / "log.db").read_bytes() == b"mine"
