"""Everyone's newest standing, recency brought up to the stream time of their partition."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from streams.engine.partitioner import default_partition
from tests.commands.conftest import Cli, Log
from tests.commands.said import progress, standing


def put(log: Log, *standings: object) -> None:
    for each in standings:
        log.put("customer-standings", each, each.customer_id)  # type: ignore[attr-defined]


def test_the_newest_standing_of_each_counts_the_largest_revenue_first(
    cli_call: Cli, log: Log
) -> None:
    put(log, standing("a", revenue=1), standing("c", revenue=5), standing("b", revenue=5))
    put(log, standing("gone"), standing("a", revenue=9, tier="super"))
    log.put("customer-standings", None, "gone")
    lines = cli_call("standings", "--format", "ndjson").lines
    assert [(line["customer_id"], line["revenue"]) for line in lines] == [
        ("a", 9),
        ("b", 5),
        ("c", 5),
    ]


def test_ndjson_lines_are_the_values(cli_call: Cli, log: Log) -> None:
    put(log, standing("客", revenue=10**25, name="a\u2028b"))
    result = cli_call("standings", "--format", "ndjson")
    assert result.out.isascii()
    (line,) = result.lines
    assert (line["customer_id"], line["revenue"], line["name"]) == ("客", 10**25, "a\u2028b")
    assert line["event_id"] == "e"
    assert set(line) == set(standing("x").__struct_fields__)


def test_recency_is_worked_out_at_the_stream_time_of_the_customers_partition(
    cli_call: Cli, log: Log
) -> None:
    put(log, standing("a"), standing("d"), standing("c", recency_days=None, last_order_day=None))
    partition = default_partition(b"a", 4)
    assert default_partition(b"d", 4) != partition
    log.put("progress", progress(partition, datetime(2026, 12, 1, tzinfo=UTC)), "p", partition)
    lines = cli_call("standings", "--format", "ndjson").lines
    recency = {line["customer_id"]: line["recency_days"] for line in lines}
    assert recency == {"a": 30, "d": 20, "c": None}


def test_an_alert_is_shown_until_it_ends_by_the_stream_time_of_the_partition(
    log: Log, cli_call: Cli
) -> None:
    at, partition = datetime(2026, 11, 24, 12, tzinfo=UTC), default_partition(b"a", 4)
    put(log, standing("a", alert="warn", alert_until=at))
    for now, shown in ((at - timedelta(seconds=1), "warn"), (at, None)):
        log.put("progress", progress(partition, now), "p", partition)
        (line,) = cli_call("standings", "--format", "ndjson").lines
        assert (line["alert"], line["alert_until"] is None) == (shown, shown is None)


def test_days_are_those_of_the_business_time_zone(
    cli_call: Cli, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("rules.toml").write_text('[business]\ntime_zone = "Asia/Shanghai"\n')
    monkeypatch.setenv("TIERSTREAM_RULES", "rules.toml")
    put(log, standing("a"))
    evening = datetime(2026, 11, 30, 20, tzinfo=UTC)  # in Shanghai it is December already
    partition = default_partition(b"a", 4)
    log.put("progress", progress(partition, evening), "p", partition)
    (line,) = cli_call("standings", "--format", "ndjson").lines
    assert line["recency_days"] == 30


def test_one_tier_alone(cli_call: Cli, log: Log) -> None:
    put(log, standing("a"), standing("b", tier="super"), standing("c", tier="suspect"))
    lines = cli_call("standings", "--tier", "super", "--format", "ndjson").lines
    assert [line["customer_id"] for line in lines] == ["b"]
    assert cli_call("standings", "--tier", "gold").code == 2


def test_csv_has_a_header_and_every_field(cli_call: Cli, log: Log) -> None:
    put(log, standing('a,"b"', stage="slipping", share=None))
    rows = list(csv.DictReader(io.StringIO(cli_call("standings", "--format", "csv").out)))
    assert len(rows) == 1
    row = rows[0]
    assert (row["customer_id"], row["revenue"], row["stage"]) == ('a,"b"', "123456", "slipping")
    assert (row["last_order_day"], row["share"], row["name"]) == ("2026-11-01", "", "")
    assert row["source"] == ""


def test_the_table_has_money_as_people_write_it(cli_call: Cli, log: Log) -> None:
    put(log, standing("客户", name="Zhang\x1b[31m"), standing("b", revenue=-5, rfm=None))
    result = cli_call("standings")
    title, first, second, last = result.out.splitlines()
    assert title.split()[:4] == ["customer", "tier", "RFM", "revenue"]
    assert first.split()[:4] == ["客户", "medium", "415", "1,234.56"]
    assert "\x1b" not in result.out
    assert "-0.05" in second
    assert last == "2 customers; money in CNY"
    assert title.index("tier") == first.index("medium") + 2  # two of the characters are wide


def test_decimals_are_those_of_the_base_currency(
    cli_call: Cli, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("rules.toml").write_text('[business]\nbase_currency = "JPY"\n')
    monkeypatch.setenv("TIERSTREAM_RULES", "rules.toml")
    put(log, standing("a"))
    assert " 123,456 " in cli_call("standings").out


def test_rules_that_cannot_be_used_are_an_error(
    cli_call: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("rules.toml").write_text("[pyramid]\nsuper = 2.0\n")
    monkeypatch.setenv("TIERSTREAM_RULES", "rules.toml")
    result = cli_call("standings")
    assert result.code == 1
    assert result.err.startswith("tierstream: pyramid.super must be")


def test_without_anybody_the_formats_are_empty(cli_call: Cli) -> None:
    assert cli_call("standings", "--format", "ndjson").out == ""
    assert cli_call("standings", "--format", "csv").out.count("\n") == 1
    assert cli_call("standings").out.endswith("0 customers; money in CNY\n")
