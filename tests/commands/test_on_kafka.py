"""The commands on Apache Kafka itself: what they promise on the embedded log holds there too."""

from __future__ import annotations

import gzip
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from streams.engine.partitioner import default_partition
from tests.commands.conftest import Cli, Log
from tests.commands.said import AT, letter, progress, standing


@pytest.fixture(autouse=True)
def _broker(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERSTREAM_BROKER", f"kafka://{kafka}")
    monkeypatch.setenv("TIERSTREAM_TOPIC_PREFIX", f"{uuid4().hex[:8]}.")


def test_what_is_replayed_is_dumped(cli_call: Cli) -> None:
    values = [{"customer_id": f"客{n % 100}", "n": n} for n in range(5_000)]
    lines = b"\n".join(msgspec.json.encode(value) for value in values)
    Path("orders.gz").write_bytes(gzip.compress(lines + b"\nno json"))
    assert cli_call("replay", "orders", "orders.gz").code == 0
    dumped = cli_call("dump", "orders").lines
    (unusable,) = (line for line in dumped if line["key"] is None)
    assert unusable["value"] == "no json"
    usable = [line for line in dumped if line["key"] is not None]
    assert sorted(line["value"]["n"] for line in usable) == list(range(5_000))
    for line in usable:
        assert line["key"] == line["value"]["customer_id"]
        assert line["partition"] == default_partition(line["key"].encode(), 4)


def test_a_tombstone_and_headers_come_through(cli_call: Cli) -> None:
    raw = '{"key": "a", "value": null, "headers": {"h": "ü"}}'
    assert cli_call("replay", "--raw", "customers", "-", stdin=raw).code == 0
    (line,) = cli_call("dump", "customers").lines
    assert (line["key"], line["value"], line["headers"]) == ("a", None, {"h": "ü"})


def test_ticks_reach_every_partition_and_settle_says_who_has_not_read_them(
    cli_call: Cli, log: Log
) -> None:
    for partition in range(log.partitions):
        log.put("progress", progress(partition, AT), str(partition), partition)
    assert cli_call("settle", "--timeout", 0).code == 0
    assert cli_call("tick", "2026-11-21T10:00:00Z").code == 0
    assert {line["partition"] for line in cli_call("dump", "clock").lines} == {0, 1, 2, 3}
    result = cli_call("settle", "--timeout", 0)
    assert result.code == 1
    assert "partition 3: 1 record of " in result.err


def test_standings_and_customers_are_read_from_the_topics(cli_call: Cli, log: Log) -> None:
    log.put("customer-standings", standing("a"), "a")
    log.put("customer-standings", standing("b"), "b")
    log.put("customer-standings", None, "b")
    (line,) = cli_call("standings", "--format", "ndjson").lines
    assert line["customer_id"] == "a"
    (found,) = cli_call("customer", "a", "--format", "json").lines
    assert found["answered_by"] == "topics"


def test_dead_letters_are_sent_again_once(cli_call: Cli, log: Log) -> None:
    topic = log.settings.topic("orders")
    log.put("dead-letters", letter(topic, 1, 17, b'{"customer_id":"a"}'), None, 1)
    assert cli_call("dead-letters", "resend", "--set", "amount=1").code == 0
    (line,) = cli_call("dump", "orders").lines
    assert (line["key"], line["value"]) == ("a", {"customer_id": "a", "amount": 1})
    assert line["headers"] == {"tierstream_resent_from": f"{topic}/1/17"}
    assert cli_call("dead-letters", "list") == (0, "no dead letters\n", "")
