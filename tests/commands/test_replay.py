"""Lines become records, each where Kafka's default partitioner puts its key; none is lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streams.engine.partitioner import default_partition
from tests.commands.conftest import Cli, Log


def order(customer_id: str) -> str:
    return f'{{"event_id": "e-{customer_id}", "customer_id": "{customer_id}", "amount": 1}}'


def test_each_line_is_a_record_under_its_customer_id(cli_call: Cli, log: Log) -> None:
    Path("orders.ndjson").write_text("\n".join(order(f"客-{n}") for n in range(50)) + "\n")
    result = cli_call("replay", "orders", "orders.ndjson")
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("replayed 50 records to orders in ")
    records = log.records("orders")
    assert sorted(value for _, _, value in records if value) == sorted(
        order(f"客-{n}").encode() for n in range(50)
    )
    for partition, key, value in records:
        assert key is not None
        assert value == order(key.decode()).encode()
        assert partition == default_partition(key, 4)


def test_lines_of_one_customer_keep_their_order_over_files(cli_call: Cli, log: Log) -> None:
    for name, numbers in (("a", range(6_000)), ("b", range(6_000, 7_000))):
        lines = (f'{{"customer_id": "c", "n": {number}}}' for number in numbers)
        Path(name).write_text("\n".join(lines))
    assert cli_call("replay", "orders", "a", "b").code == 0
    values = [value for _, _, value in log.records("orders")]
    assert values == [b'{"customer_id": "c", "n": %d}' % number for number in range(7_000)]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        '{"event_id": "e"}',
        '{"customer_id": 17}',
        '{"customer_id": null}',
        '["customer_id"]',
        '{"customer_id": "\\ud800"}',
        "[" * 100_000,
    ],
)
def test_a_line_without_a_usable_customer_id_is_sent_without_a_key(
    cli_call: Cli, log: Log, line: str
) -> None:
    assert cli_call("replay", "orders", "-", stdin=line).code == 0
    ((_, key, value),) = log.records("orders")
    assert (key, value) == (None, line.encode())


def test_bytes_that_are_no_utf8_are_sent_as_they_are(cli_call: Cli, log: Log) -> None:
    assert cli_call("replay", "orders", "-", stdin=b'{"customer_id": "\xff"}').code == 0
    assert [(key, value) for _, key, value in log.records("orders")] == [
        (None, b'{"customer_id": "\xff"}')
    ]


def test_empty_lines_and_line_ends_of_windows_are_left_out(cli_call: Cli, log: Log) -> None:
    text = f"\ufeff{order('a')}\r\n\r\n   \n{order('a')}"
    assert cli_call("replay", "orders", "-", stdin=text).code == 0
    assert [value for _, _, value in log.records("orders")] == [order("a").encode()] * 2


@pytest.mark.parametrize("name", ["orders.ndjson.gz", "named-otherwise"])
def test_gzip_is_known_by_its_bytes(cli_call: Cli, log: Log, name: str) -> None:
    Path(name).write_bytes(gzip.compress(order("a").encode()))
    assert cli_call("replay", "orders", name).code == 0
    assert cli_call("replay", "orders", "-", stdin=Path(name).read_bytes()).code == 0
    assert [value for _, _, value in log.records("orders")] == [order("a").encode()] * 2


def test_a_broken_gzip_is_an_error_that_says_what_was_sent(cli_call: Cli, log: Log) -> None:
    whole = gzip.compress(b"".join(order(str(n)).encode() + b"\n" for n in range(20_000)))
    Path("cut.gz").write_bytes(whole[: len(whole) // 2])
    result = cli_call("replay", "orders", "cut.gz")
    sent = len(log.records("orders"))
    assert result.code == 1
    assert 0 < sent < 20_000
    assert "cut.gz breaks off after line " in result.err
    assert f"{sent:,} records were sent before it" in result.err


def test_a_line_for_the_clock_goes_to_every_partition_without_a_key(
    cli_call: Cli, log: Log
) -> None:
    line = '{"now": "2026-11-21T10:00:00Z", "customer_id": "a"}'
    assert cli_call("replay", "clock", "-", stdin=line).code == 0
    assert log.records("clock") == [(p, None, line.encode()) for p in range(4)]


def test_a_missing_file_is_an_error_before_anything_is_sent(cli_call: Cli, log: Log) -> None:
    Path("there.ndjson").write_text(order("a"))
    result = cli_call("replay", "orders", "there.ndjson", "not-there.ndjson")
    assert result.code == 1
    assert result.err == "tierstream: not-there.ndjson is no file; nothing was sent\n"
    assert log.records("orders") == []


@pytest.mark.parametrize("topic", ["order", "tier-changes"])
def test_any_other_topic_is_refused_with_the_list(cli_call: Cli, topic: str) -> None:
    result = cli_call("replay", topic, "-")
    assert result.code == 1
    assert repr(topic) in result.err
    assert "orders, call-logs, complaints, customers, clock" in result.err


def test_raw_lines_are_sent_as_they_are(cli_call: Cli, log: Log) -> None:
    lines = """
        {"key": "a", "value": "no json", "headers": {"h": "ü"}}
        {"key": "b", "value": null}
        {"key": null, "value": "{}"}
        {"key": "", "value": "", "partition": 3}
    """
    result = cli_call("replay", "--raw", "customers", "-", stdin=lines)
    assert result.code == 0
    records = list(log.client.read("customers"))
    found = {(record.key, record.value, tuple(record.headers)) for _, record in records}
    assert found == {
        (b"a", b"no json", (("h", "ü".encode()),)),
        (b"b", None, ()),
        (None, b"{}", ()),
        (b"", b"", ()),
    }
    places = {record.key: partition for partition, record in records}
    assert places[b"a"] == default_partition(b"a", 4)
    assert places[b""] == 3


@pytest.mark.parametrize(
    "bad",
    [
        '{"key": "a"}',
        '{"key": 1, "value": null}',
        '{"key": "a", "value": {}}',
        '{"key": "a", "value": "", "header": {}}',
        '{"key": "a", "value": "", "partition": 4}',
        '{"key": "\\ud800", "value": ""}',
        "text",
    ],
)
def test_a_bad_raw_line_is_named_and_nothing_after_it_is_sent(
    cli_call: Cli, log: Log, bad: str
) -> None:
    good = '{"key": "a", "value": "1"}'
    Path("raw").write_text(f"{good}\n{good}\n{bad}\n{good}\n")
    result = cli_call("replay", "--raw", "orders", "raw")
    assert result.code == 1
    assert "raw, line 3" in result.err
    assert result.err.endswith("2 records were sent before it, none after\n")
    assert len(log.records("orders")) == 2


def test_topics_are_created_and_named_with_the_prefix(
    cli_call: Cli, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("TIERSTREAM_TOPIC_PREFIX", "eu.")
    monkeypatch.setenv("TIERSTREAM_PARTITIONS", "2")
    assert cli_call("replay", "orders", "-", stdin=order("a")).code == 0
    log: Log = request.getfixturevalue("log")
    assert log.client.topics()["eu.orders"] == 2
    assert len(log.records("orders")) == 1
