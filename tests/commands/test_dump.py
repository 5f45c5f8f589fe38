"""A topic as NDJSON: a line is a record, whatever is in it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.commands.json_lines import json_line, one_line, shown
from tests.commands.conftest import Cli, Log


def test_a_record_is_key_value_headers_partition_and_offset(cli_call: Cli, log: Log) -> None:
    log.put("orders", b'{"n": 1.10}', "007", 2, (("h", b"x"), ("binary", b"\xff")))
    log.put("orders", b"[]", None, 2)
    result = cli_call("dump", "orders")
    assert result.code == 0
    assert '"value":{"n": 1.10}' in result.out
    assert result.lines == [
        {
            "key": "007",
            "value": {"n": 1.1},
            "headers": {"h": "x", "binary": "/w=="},
            "partition": 2,
            "offset": 0,
        },
        {"key": None, "value": [], "headers": {}, "partition": 2, "offset": 1},
    ]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (None, None),
        (b"", ""),
        (b"no json", "no json"),
        (b"NaN", "NaN"),
        (b'{"a": 1', '{"a": 1'),
        (b'"text"', "text"),
        (b"1" + b"0" * 30, 10**30),
        (b'{\n "a":\r\n "\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80"\n}', {"a": "é\u2028😀"}),
        ("zwei\nZeilen\u2028".encode(), "zwei\nZeilen\u2028"),
    ],
)
def test_a_value_is_json_where_it_is_and_else_text(
    cli_call: Cli, log: Log, raw: bytes | None, value: object
) -> None:
    log.put("customers", raw, "a")
    result = cli_call("dump", "customers")
    assert result.out.isascii()
    assert result.out.count("\n") == 1
    (line,) = result.lines
    assert line["value"] == value
    assert "encoding" not in line


def test_bytes_that_are_no_utf8_are_base64_and_marked(cli_call: Cli, log: Log) -> None:
    log.put("orders", b"\xff\x00", b"\xfe")
    (line,) = cli_call("dump", "orders").lines
    assert (line["value"], line["encoding"]) == ("/wA=", "base64")
    assert (line["key"], line["key_encoding"]) == ("/g==", "base64")


def test_a_topic_that_nobody_wrote_to_is_empty(cli_call: Cli) -> None:
    assert cli_call("dump", "tier-changes") == (0, "", "")
    assert cli_call("dump", "tierstream-customers-changelog") == (0, "", "")


def test_an_unknown_topic_is_refused_with_the_list(cli_call: Cli) -> None:
    result = cli_call("dump", "tier-change")
    assert result.code == 1
    assert "'tier-change'" in result.err
    assert "tier-changes, dormant-customers" in result.err


def test_every_record_of_a_long_topic_is_there(cli_call: Cli, log: Log) -> None:
    lines = "\n".join(f'{{"customer_id":"{n}"}}' for n in range(3_001))
    cli_call("replay", "orders", "-", stdin=lines)
    found = {line["value"]["customer_id"] for line in cli_call("dump", "orders").lines}
    assert found == {str(n) for n in range(3_001)}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_a_line_of_json_is_ascii_and_holds_the_value(value: object) -> None:
    line = json_line(value)
    assert line.isascii()
    assert b"\n" not in line
    assert b"\r" not in line
    assert msgspec.json.decode(line) == value
    assert one_line(line) == line


@given(st.binary())
def test_any_bytes_become_one_document_of_ascii(raw: bytes) -> None:
    document, _ = shown(raw)
    assert document.isascii()
    assert document.splitlines() == [document]
    msgspec.json.decode(document)
