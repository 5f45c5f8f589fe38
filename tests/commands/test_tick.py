"""A tick goes to every partition; a time without an offset is refused."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Cli, Log


def test_a_tick_goes_to_every_partition_without_a_key(cli_call: Cli, log: Log) -> None:
    assert cli_call("tick", "2026-11-21T10:00:00+08:00").code == 0
    records = log.records("clock")
    assert [(partition, key) for partition, key, _ in records] == [(p, None) for p in range(4)]
    assert {value for _, _, value in records} == {b'{"now":"2026-11-21T10:00:00+08:00"}'}


@pytest.mark.parametrize(
    "time", ["2026-11-21T10:00:00", "2026-11-21", "tomorrow", "2026-02-30T00:00:00Z", "", '"']
)
def test_any_other_time_is_refused_and_nothing_is_sent(cli_call: Cli, log: Log, time: str) -> None:
    result = cli_call("tick", time)
    assert result.code == 1
    assert result.err.startswith("tierstream: TIME must be ")
    assert time in result.err
    assert log.records("clock") == []


def test_a_tick_far_ahead_is_sent_with_a_word_about_its_fate(cli_call: Cli, log: Log) -> None:
    result = cli_call("tick", "9000-01-01T00:00:00Z")
    assert result.code == 0
    assert "dead letter" in result.err
    assert len(log.records("clock")) == 4
