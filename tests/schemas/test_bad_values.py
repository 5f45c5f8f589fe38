"""Values that hold no event at all, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest

from schemas.calls import parse_call
from schemas.clock import parse_tick
from schemas.complaints import parse_complaint
from schemas.invalid import InvalidRecord
from schemas.nesting import MAX_DEPTH
from schemas.orders import parse_order
from tests.schemas.events import CUSTOMER, KINDS, LATEST, to_bytes

BAD_VALUES: list[tuple[bytes, str]] = [
    (b"", "not_json"),
    (b" ", "not_json"),
    (b"{", "not_json"),
    (b'{"a": 1,}', "not_json"),
    (b"{} {}", "not_json"),
    (b"{'a': 1}", "not_json"),
    (b'{"a": NaN}', "not_json"),
    (b'{"a": Infinity}', "not_json"),
    (b'{"a": 01}', "not_json"),
    (b'{"a": "\x00"}', "not_json"),
    (b'{"a": "\\x41"}', "not_json"),
    (b"\xef\xbb\xbf{}", "not_json"),
    (b"id,amount\n1,2\n", "not_json"),
    ("{}".encode("utf-16"), "not_utf8"),
    ("{}".encode("utf-16-le"), "not_json"),
    ('{"name": "王"}'.encode("gbk"), "not_utf8"),
    (b'{"unknown": "\xff"}', "not_utf8"),
    (b'{"unknown": "\xed\xa0\x80"}', "not_utf8"),
    (b'{"unknown": "\\ud800"}', "lone_surrogate"),
    (b'{"unknown": "\\\\\\ud83d\\ude00\\uDC00"}', "lone_surrogate"),
    (b'{"\\udfff": 1}', "lone_surrogate"),
    (b"null", "not_an_object"),
    (b"[]", "not_an_object"),
    (b"true", "not_an_object"),
    (b"12", "not_an_object"),
    (b'"{}"', "not_an_object"),
    (b"[" * 100_000, "too_deep"),
    (b'{"a":' * 100_000, "too_deep"),
    (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    (b'{"a": "' + b"[" * 100_000, "not_json"),
    (b"[]" * 100_000, "not_json"),
    (b'"' * 100_000, "not_json"),
    (b"{}", "missing_field"),
]


@pytest.mark.parametrize("topic", KINDS)
@pytest.mark.parametrize(
    ("value", "code"), BAD_VALUES, ids=[f"{code}-{at}" for at, (_, code) in enumerate(BAD_VALUES)]
)
def test_a_value_that_is_no_event_has_its_code(topic: str, value: bytes, code: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        KINDS[topic][1](value)
    assert refused.value.code == code
    assert len(refused.value.reason) < 400


@pytest.mark.parametrize("parse", [parse_order, parse_call, parse_complaint, parse_tick])
def test_a_tombstone_is_refused_where_events_are_expected(
    parse: Callable[[bytes | None, datetime], msgspec.Struct],
) -> None:
    with pytest.raises(InvalidRecord) as refused:
        parse(None, LATEST)
    assert refused.value.code == "tombstone"


@pytest.mark.parametrize("topic", KINDS)
@pytest.mark.parametrize(
    ("unknown", "code"),
    [
        (b'"\xff"', "not_utf8"),
        (b'{"\xc3": 1}', "not_utf8"),
        (b'"\\ud83d"', "lone_surrogate"),
        (b"[NaN]", "not_json"),
    ],
)
def test_an_unknown_field_must_be_sound_too(topic: str, unknown: bytes, code: str) -> None:
    event, parse = KINDS[topic]
    with pytest.raises(InvalidRecord) as refused:
        parse(to_bytes(event)[:-1] + b', "unknown": ' + unknown + b"}")
    assert refused.value.code == code


def nested(depth: int) -> bytes:
    """A customer's file that nests `depth` levels, the file's own among them."""
    inner = b"[" * (depth - 1) + b"]" * (depth - 1)
    return to_bytes(CUSTOMER)[:-1] + b', "deep": ' + inner + b"}"


def test_nesting_is_bounded_by_its_depth_alone() -> None:
    parse = KINDS["customers"][1]
    assert parse(nested(MAX_DEPTH)) == parse(to_bytes(CUSTOMER))
    with pytest.raises(InvalidRecord) as refused:
        parse(nested(MAX_DEPTH + 1))
    assert refused.value.code == "too_deep"
    assert f"got {MAX_DEPTH + 1}" in refused.value.reason


@pytest.mark.parametrize(
    "wide",
    [
        b"[" + b"[]," * 10_000 + b"[]]",
        b'"' + b"[" * 10_000 + b'"',
        b'"\\"' + b"{" * 10_000 + b'\\\\"',
    ],
)
def test_many_brackets_side_by_side_or_in_strings_are_no_depth(wide: bytes) -> None:
    parse = KINDS["customers"][1]
    assert parse(to_bytes(CUSTOMER)[:-1] + b', "wide": ' + wide + b"}") == parse(to_bytes(CUSTOMER))
