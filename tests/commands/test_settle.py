"""At rest is what progress and borders say, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas.internal import Borders, Progress
from streams.commands.rest import Seen, behind
from tests.commands.conftest import Cli, Log

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)


def progress(partition: int, **changes: Any) -> Progress:
    """A partition at rest: 10 orders read, counts 3 published, borders 7 applied."""
    rest = Progress(
        at=AT,
        partition=partition,
        inputs={"orders": 10},
        stream_time=AT,
        days_done=AT.date(),
        due_pending=False,
        rules="0123456789ab",
        counts=3,
        counts_pending=False,
        borders=7,
        scores=7,
        standings_pending=0,
        web="127.0.0.1:6066",
    )
    return msgspec.structs.replace(rest, **changes)


def borders(version: int = 7, **counts: int) -> Borders:
    return Borders(
        version=version,
        counts={name.removeprefix("p"): number for name, number in counts.items()},
        rules="0123456789ab",
        customers=2,
        super=None,
        large=None,
        medium=None,
        frequency_cuts=[None] * 4,
        monetary_cuts=[None] * 4,
        at=AT,
    )


def seen(of_one: Progress, made: Borders | None) -> Seen:
    ends = {"orders": {0: 10, 1: 10}, "clock": {0: 0, 1: 0}}
    return Seen(2, ends, {0: progress(0), 1: of_one}, made)


def test_at_rest_nothing_is_behind() -> None:
    assert behind(seen(progress(1), borders(p0=3, p1=3))) == []


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"inputs": {"orders": 9}}, "partition 1: 1 record of orders unread"),
        ({"inputs": {}}, "partition 1: 10 records of orders unread"),
        ({"due_pending": True}, "partition 1: due days are being done"),
        ({"counts_pending": True}, "partition 1: its counts are about to be sent"),
        ({"counts": 4}, "partition 1: the borders are made from older counts than its newest"),
        ({"borders": 6}, "partition 1: the newest borders are not applied to the tiers yet"),
        ({"scores": 6}, "partition 1: the newest borders are not applied to the scores yet"),
        ({"standings_pending": 2}, "partition 1: 2 standings to be published"),
    ],
)
def test_whatever_is_behind_is_said(changes: dict[str, Any], clause: str) -> None:
    assert behind(seen(progress(1, **changes), borders(p0=3, p1=3))) == [clause]


def test_a_partition_without_progress_is_behind() -> None:
    ends = {"orders": {0: 10}}
    found = behind(Seen(3, ends, {0: progress(0)}, borders(p0=3)))
    assert found == ["no worker has taken partition 1, 2 over"]


def test_without_any_customer_there_need_be_no_borders() -> None:
    nothing = {"counts": 0, "borders": 0, "scores": 0}
    ends = {"orders": {0: 10}}
    assert behind(Seen(1, ends, {0: progress(0, **nothing)}, None)) == []
    assert behind(Seen(1, ends, {0: progress(0, **nothing | {"counts": 1})}, None)) != []


def write_rest(log: Log) -> None:
    """Every partition was behind, and is at rest now; no input has a record."""
    for partition in range(log.partitions):
        log.put("progress", progress(partition, due_pending=True), str(partition), partition)
        log.put("progress", progress(partition), str(partition), partition)
    log.put("pyramid-borders", borders(version=6), "borders", 0)
    log.put("pyramid-borders", borders(p0=3, p1=3, p2=3, p3=3), "borders", 0)


def test_settle_ends_at_once_where_the_newest_records_say_rest(cli_call: Cli, log: Log) -> None:
    write_rest(log)
    result = cli_call("settle", "--timeout", 0)
    assert result.code == 0
    assert result.err.startswith("at rest after ")


def test_progress_far_from_the_end_of_its_topic_is_found(cli_call: Cli, log: Log) -> None:
    for partition in range(log.partitions):
        log.put("progress", progress(partition), str(partition), 0)
    log.put("pyramid-borders", borders(p0=3, p1=3, p2=3, p3=3), "borders", 0)
    for _ in range(100):
        log.put("progress", progress(0), "0", 0)
        log.put("pyramid-borders", None, "another", 0)
    assert cli_call("settle", "--timeout", 0).code == 0


def test_what_was_sent_before_must_have_been_read(cli_call: Cli, log: Log) -> None:
    write_rest(log)
    cli_call("tick", "2026-11-21T10:00:00Z")
    result = cli_call("settle", "--timeout", 0)
    assert result.code == 1
    assert result.err.startswith(
        "tierstream: not at rest after 0 s: partition 0: 1 record of clock"
    )
    assert result.err.count("\n") == 1


def test_without_a_worker_settle_says_so(cli_call: Cli) -> None:
    result = cli_call("settle", "--timeout", "0.1")
    assert result.code == 1
    assert result.err == (
        "tierstream: not at rest after 0.1 s: no worker has taken partition 0, 1, 2, 3 over\n"
    )


def test_progress_that_this_version_cannot_read_is_an_error(cli_call: Cli, log: Log) -> None:
    log.put("progress", {"partition": "zero"}, "0", 0)
    result = cli_call("settle")
    assert result.code == 1
    assert "progress holds a record that this version can't read" in result.err


@pytest.mark.parametrize("timeout", ["-1", "soon", "nan", "inf"])
def test_a_timeout_that_is_none_is_a_wrong_usage(cli_call: Cli, timeout: str) -> None:
    result = cli_call("settle", "--timeout", timeout)
    assert result.code == 2
    assert repr(timeout) in result.err
