"""Every mistake in a field has its code, and a reason that names field and value."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.invalid import CODES, InvalidRecord
from tests.schemas.events import KINDS, to_bytes

ABSENT = object()

FIELDS: dict[str, dict[str, str]] = {
    "required": {
        "orders": "event_id customer_id order_id type ordered_at amount",
        "call-logs": "event_id customer_id call_id agent_id called_at direction outcome",
        "complaints": "event_id customer_id complaint_id occurred_at step category",
        "customers": "customer_id",
        "clock": "now",
    },
    "identifier": {
        "orders": "event_id customer_id order_id",
        "call-logs": "event_id customer_id call_id agent_id",
        "complaints": "event_id customer_id complaint_id",
        "customers": "customer_id",
    },
    "whole": {
        "orders": "amount cost",
        "call-logs": "duration_s",
        "customers": "target_revenue",
    },
    "time": {
        "orders": "ordered_at occurred_at",
        "call-logs": "called_at follow_up_at",
        "complaints": "occurred_at",
        "clock": "now",
    },
    "past time": {
        "orders": "ordered_at occurred_at",
        "call-logs": "called_at",
        "complaints": "occurred_at",
        "clock": "now",
    },
    "far time": {"call-logs": "follow_up_at"},
    "word": {
        "orders": "type",
        "call-logs": "direction outcome need attitude",
        "complaints": "step category",
        "customers": "kind",
    },
    "text": {
        "orders": "region channel sales_rep currency",
        "call-logs": "area note",
        "complaints": "department",
        "customers": "name account_manager region personality",
    },
    "yes or no": {"call-logs": "visit_wanted", "customers": "strategic disqualified"},
    "currency": {"orders": "currency"},
    "severity": {"complaints": "severity"},
    "percentage": {"complaints": "satisfaction"},
    "list": {"orders": "lines", "customers": "key_dates"},
    "object": {"customers": "credit"},
}
"""Kind of field -> topic -> names of its fields of that kind."""

MISTAKES: dict[str, dict[str, list[Any]]] = {
    "required": {"missing_field": [ABSENT, None]},
    "identifier": {
        "bad_identifier": ["", "x" * 129, "😀" * 129],
        "wrong_type": [12, ["C-1"], {"id": "C-1"}, False],
    },
    "whole": {
        "out_of_range": [-1, 10**15 + 1, 2**64, -(2**63) - 1],
        "wrong_type": ["12", 12.0, 12.5, True, {}],
    },
    "time": {
        "naive_time": ["2026-11-21T10:00:00", "2026-11-21T10:00:00.5"],
        "bad_time": [
            "2026-11-21",
            "",
            "yesterday",
            "2026-02-30T10:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T10:00:00+24:00",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:59",
        ],
        "wrong_type": [1_700_000_000, 1.7e9, {}, True],
    },
    "past time": {
        "future": [
            "2026-11-22T10:00:00.000001Z",
            "2026-11-22T18:00:01+08:00",
            "9999-12-31T23:59:59.9999999Z",
            "9999-12-31T23:59:59-23:59",
        ]
    },
    "far time": {"bad_time": ["9999-01-01T00:00:00Z"]},
    "word": {"bad_value": ["PLACED", "", "placed "], "wrong_type": [1, [], True]},
    "text": {"wrong_type": [7, False, {}, []]},
    "yes or no": {"wrong_type": ["true", 1, []]},
    "currency": {"bad_currency": ["cny", "CNYX", "CN", "CN\n", "C1Y", "АБВ", ""]},
    "severity": {"out_of_range": [0, 6, -1], "wrong_type": ["3", 3.0]},
    "percentage": {"out_of_range": [-1, 101], "wrong_type": ["80", 80.0]},
    "list": {"wrong_type": [{}, "none", 1]},
    "object": {"wrong_type": [[], "good", 1]},
}
"""Kind of field -> code -> values that get it."""

BAD_FIELDS = [
    pytest.param(topic, name, value, code, id=f"{topic}-{name}-{code}-{number}")
    for kind, topics in FIELDS.items()
    for topic, names in topics.items()
    for name in names.split()
    for code, values in MISTAKES[kind].items()
    for number, value in enumerate(values)
]


def with_field(event: dict[str, Any], name: str, value: Any) -> bytes:
    rest = {key: old for key, old in event.items() if key != name}
    return to_bytes(rest if value is ABSENT else {**rest, name: value})


@pytest.mark.parametrize(("topic", "name", "value", "code"), BAD_FIELDS)
def test_a_bad_field_has_its_code_and_its_name(
    topic: str, name: str, value: Any, code: str
) -> None:
    event, parse = KINDS[topic]
    with pytest.raises(InvalidRecord) as refused:
        parse(with_field(event, name, value))
    assert (refused.value.code, refused.value.reason.split()[0]) == (code, name)
    assert code in CODES


@pytest.mark.parametrize(
    ("topic", "name", "value", "code", "path"),
    [
        ("orders", "lines", [{}, 7], "wrong_type", "lines[1]"),
        ("orders", "lines", [{}, {"quantity": -1}], "out_of_range", "lines[1].quantity"),
        ("orders", "lines", [{"amount": 1.5}], "wrong_type", "lines[0].amount"),
        ("orders", "lines", [{"sku": 5}], "wrong_type", "lines[0].sku"),
        ("customers", "key_dates", [{"month": 1, "day": 1}], "missing_field", "key_dates[0].name"),
        ("customers", "key_dates", [{"name": "b", "month": 13, "day": 1}], "out_of_range",
         "key_dates[0].month"),
        ("customers", "key_dates", [{"name": "b", "month": 1, "day": 0}], "out_of_range",
         "key_dates[0].day"),
        ("customers", "key_dates", [{"name": "b", "month": 2, "day": 30}], "impossible_day",
         "key_dates[0]"),
        ("customers", "key_dates", [{"name": "b", "month": 4, "day": 31}], "impossible_day",
         "key_dates[0]"),
    ],
)  # fmt: skip
def test_a_bad_field_further_in_is_named_by_its_path(
    topic: str, name: str, value: Any, code: str, path: str
) -> None:
    event, parse = KINDS[topic]
    with pytest.raises(InvalidRecord) as refused:
        parse(with_field(event, name, value))
    assert (refused.value.code, refused.value.reason.split()[0]) == (code, path)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1e3", "wrong_type"),
        ("1e400", "wrong_type"),
        ("-0.0", "wrong_type"),
        ("9" * 10_000, "out_of_range"),
        ("-" + "9" * 10_000, "out_of_range"),
    ],
)
def test_a_number_that_is_not_whole_or_is_huge_is_refused_as_it_is_written(
    number: str, code: str
) -> None:
    value = to_bytes({**KINDS["orders"][0], "amount": 0}).replace(
        b'"amount": 0', f'"amount": {number}'.encode()
    )
    with pytest.raises(InvalidRecord) as refused:
        KINDS["orders"][1](value)
    assert refused.value.code == code
    assert f"got {number[:50]}" in refused.value.reason


def test_a_reason_stays_a_sentence_however_long_the_value() -> None:
    event, parse = KINDS["orders"]
    with pytest.raises(InvalidRecord) as refused:
        parse(with_field(event, "type", "x" * 100_000))
    assert refused.value.reason == (
        f"type must be one of cancelled, placed, returned, got '{'x' * 59}…'"
    )


def test_a_reason_can_be_printed_and_has_letters_of_any_language() -> None:
    event, parse = KINDS["orders"]
    with pytest.raises(InvalidRecord) as refused:
        parse(with_field(event, "type", "下单\n\x9b\u202e"))
    assert refused.value.reason.endswith(r"got '下单\n\x9b\u202e'")


def test_of_a_field_given_twice_each_is_checked() -> None:
    _, parse = KINDS["clock"]
    with pytest.raises(InvalidRecord) as refused:
        parse(b'{"now": 5, "now": "2026-11-21T10:00:00Z"}')
    assert refused.value.reason.startswith("now must be a time with an offset")
    assert refused.value.reason.endswith("got 5")
