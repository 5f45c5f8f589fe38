"""What could not be used is listed with the reason, put right and sent again in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.engine.partitioner import default_partition
from streams.engine.records import Record
from tests.commands.conftest import Cli, Log
from tests.commands.said import letter

SOLD = b'{"customer_id":"a","type":"sold","amount":100000000000000000001}'


def bury(log: Log, *letters: Any) -> None:
    for each in letters:
        log.put("dead-letters", each, each.key)


def sent(log: Log, topic: str = "orders") -> list[tuple[int, Record]]:
    return list(log.client.read(topic))


def test_the_list_tells_id_code_reason_and_what_the_code_means(cli_call: Cli, log: Log) -> None:
    bury(log, letter("orders", 1, 17, SOLD, b"a"))
    result = cli_call("dead-letters", "list")
    assert result.code == 0
    title, line, _, meaning = result.out.splitlines()
    assert title.split() == ["id", "code", "key", "at", "resent", "reason"]
    assert line.split()[:3] == ["orders/1/17", "bad_value", "a"]
    assert "got 'sold'" in line
    assert meaning.startswith("1 bad_value: ")


def test_the_list_as_ndjson_has_the_letters(cli_call: Cli, log: Log) -> None:
    bury(log, letter("orders", 1, 17, b"\xff", None, "not_utf8"), letter("orders", 0, 3, SOLD))
    (line,) = cli_call("dead-letters", "list", "--code", "not_utf8", "--format", "ndjson").lines
    assert (line["event_id"], line["value"], line["encoding"]) == ("orders/1/17", "/w==", "base64")
    assert line["resent_at"] is None


def test_without_letters_the_list_says_so(cli_call: Cli) -> None:
    assert cli_call("dead-letters", "list") == (0, "no dead letters\n", "")


def test_a_letter_is_put_right_and_sent_again_in_one_command(cli_call: Cli, log: Log) -> None:
    bury(log, letter("orders", 1, 17, SOLD, b"a", headers=(("h", b"\xff"),)))
    fix = ("--set", "type=placed", "--set", "cost=5", "--set", 'note="5"')
    result = cli_call("dead-letters", "resend", "orders/1/17", *fix)
    assert (result.code, result.err) == (0, "sent 1 dead letters again\n")
    ((partition, record),) = sent(log)
    assert partition == default_partition(b"a", 4)
    assert record.key == b"a"
    assert msgspec.json.decode(record.value or b"") == {
        "customer_id": "a",
        "type": "placed",
        "amount": 100_000_000_000_000_000_001,
        "cost": 5,
        "note": "5",
    }
    assert tuple(record.headers) == (("h", b"\xff"), ("tierstream_resent_from", b"orders/1/17"))


@pytest.mark.parametrize("value", [b"no json", b"\xff\x00", b"", None, b'{"a": 1.10}'])
def test_without_a_correction_the_value_goes_again_byte_for_byte(
    cli_call: Cli, log: Log, value: bytes | None
) -> None:
    bury(log, letter("customers", 1, 17, value, b"\xfe"))
    assert cli_call("dead-letters", "resend").code == 0
    ((_, record),) = sent(log, "customers")
    assert (record.key, record.value) == (b"\xfe", value)


@pytest.mark.parametrize("key", [None, b"b", b'"a"'])
def test_it_goes_under_the_customer_id_of_its_value_where_that_belongs(
    cli_call: Cli, log: Log, key: bytes | None
) -> None:
    bury(log, letter("orders", 2, 17, b'{"customer_id":"a"}', key))
    assert cli_call("dead-letters", "resend").code == 0
    ((partition, record),) = sent(log)
    assert (partition, record.key) == (default_partition(b"a", 4), b"a")


def test_a_key_can_be_given(cli_call: Cli, log: Log) -> None:
    bury(log, letter("customers", 2, 17, None, None, "no_key"))
    assert cli_call("dead-letters", "resend", "customers/2/17", "--key", "ü").code == 0
    ((partition, record),) = sent(log, "customers")
    assert (partition, record.key) == (default_partition("ü".encode(), 4), "ü".encode())
    assert record.value is None


def test_a_tick_goes_to_its_own_partition_again(cli_call: Cli, log: Log) -> None:
    bury(log, letter("clock", 3, 0, b'{"now":"2026-11-21T10:00:00Z","customer_id":"a"}'))
    assert cli_call("dead-letters", "resend").code == 0
    ((partition, record),) = sent(log, "clock")
    assert (partition, record.key) == (3, None)


def test_what_was_sent_again_is_neither_listed_nor_sent_a_second_time(
    cli_call: Cli, log: Log
) -> None:
    bury(log, letter("orders", 1, 17, SOLD, b"a"), letter("orders", 1, 18, SOLD, b"a"))
    cli_call("dead-letters", "resend", "orders/1/17")
    listed = cli_call("dead-letters", "list", "--format", "ndjson").lines
    assert [line["event_id"] for line in listed] == ["orders/1/18"]
    everything = cli_call("dead-letters", "list", "--all", "--format", "ndjson").lines
    assert [bool(line["resent_at"]) for line in everything] == [True, False]
    assert cli_call("dead-letters", "resend").err == "sent 1 dead letters again\n"
    assert cli_call("dead-letters", "resend").err == "sent 0 dead letters again\n"
    assert cli_call("dead-letters", "resend", "orders/1/17").code == 0
    assert len(sent(log)) == 3


def test_one_code_alone_is_sent_again(cli_call: Cli, log: Log) -> None:
    bury(log, letter("orders", 1, 17, SOLD), letter("orders", 1, 18, b"{}", code="no_key"))
    assert cli_call("dead-letters", "resend", "--code", "no_key").code == 0
    assert [record.value for _, record in sent(log)] == [b"{}"]


@pytest.mark.parametrize("as_object", [True, False])
def test_letters_edited_by_hand_are_sent_from_a_file(
    cli_call: Cli, log: Log, as_object: bool
) -> None:
    bury(log, letter("orders", 1, 17, SOLD, b"a"), letter("orders", 1, 18, SOLD, b"a"))
    first, _ = cli_call("dead-letters", "list", "--format", "ndjson").lines
    fixed = {"customer_id": "客", "type": "placed"}
    first["value"] = fixed if as_object else msgspec.json.encode(fixed).decode()
    Path("fixed.ndjson").write_bytes(msgspec.json.encode(first))
    assert cli_call("dead-letters", "resend", "--file", "fixed.ndjson").code == 0
    ((_, record),) = sent(log)
    assert record.key == "客".encode()
    assert msgspec.json.decode(record.value or b"") == fixed


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(cli_call: Cli, log: Log) -> None:
    bury(log, letter("orders", 1, 17, b'{"customer_id":"a"}'))
    result = cli_call("dead-letters", "resend", "--set", "amount=1", "--dry-run")
    assert result.lines == [
        {
            "topic": "orders",
            "key": "a",
            "value": {"customer_id": "a", "amount": 1},
            "headers": {"tierstream_resent_from": "orders/1/17"},
        }
    ]
    assert sent(log) == []
    assert len(cli_call("dead-letters", "list", "--format", "ndjson").lines) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["orders/9/9"], "no dead letter has the ID orders/9/9; nothing was sent"),
        (["--set", "a=1"], "the value of orders/1/18 is no JSON object"),
        (["orders/1/17", "--code", "no_key"], "give one of them"),
        (["--file", "broken.ndjson"], "broken.ndjson, line 2 is no line of"),
    ],
)
def test_nothing_is_sent_where_not_all_can_be(
    cli_call: Cli, log: Log, arguments: list[str], sentence: str
) -> None:
    bury(log, letter("orders", 1, 17, SOLD), letter("orders", 1, 18, b"no json"))
    line = cli_call("dead-letters", "list", "--format", "ndjson").out.splitlines()[0]
    Path("broken.ndjson").write_text(f'{line}\n{{"event_id": "orders/1/18"}}\n')
    result = cli_call("dead-letters", "resend", *arguments)
    assert result.code == 1
    assert sentence in result.err
    assert sent(log) == []


def test_a_letter_of_a_topic_that_is_no_input_here_is_refused(cli_call: Cli, log: Log) -> None:
    bury(log, letter("eu.orders", 1, 17, SOLD))
    result = cli_call("dead-letters", "resend")
    assert result.code == 1
    assert "eu.orders/1/17" in result.err
    assert "TIERSTREAM_TOPIC_PREFIX" in result.err


@pytest.mark.parametrize("change", ["amount", "=1", ""])
def test_a_change_that_is_none_is_a_wrong_usage(cli_call: Cli, change: str) -> None:
    assert cli_call("dead-letters", "resend", "--set", change).code == 2


def test_a_record_that_is_no_dead_letter_is_an_error_that_says_where_it_is(
    cli_call: Cli, log: Log
) -> None:
    log.put("dead-letters", b"{}", "a", 1)
    result = cli_call("dead-letters", "list")
    assert result.code == 1
    assert "partition 1, offset 0 of dead-letters" in result.err
