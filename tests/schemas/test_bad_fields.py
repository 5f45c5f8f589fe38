"""Every mistake in a field has its code, and a reason that names field and value."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.invalid import CODES, InvalidRecord
from tests.schemas.events import KINDS, to_bytes
from tests.schemas.mistakes import ABSENT, FIELDS, MISTAKES

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
