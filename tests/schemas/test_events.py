"""Valid events: what is read, what may be left out, and where the bounds lie."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.calls import parse_call
from schemas.clock import parse_tick
from schemas.complaints import parse_complaint
from schemas.customers import KeyDate, parse_customer
from schemas.invalid import InvalidRecord
from schemas.orders import OrderLine, parse_order
from tests.schemas.events import (
    CALL,
    COMPLAINT,
    CUSTOMER,
    KINDS,
    LATEST,
    ORDER,
    TICK,
    to_bytes,
)

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize("topic", ["orders", "call-logs", "complaints"])
def test_every_field_is_read(topic: str) -> None:
    event, parse = KINDS[topic]
    again = json.loads(msgspec.json.encode(parse(to_bytes(event))))
    assert again == event


def test_an_orders_values_have_their_types() -> None:
    order = parse_order(to_bytes(ORDER), LATEST)
    assert order.ordered_at == datetime(2026, 11, 21, 10, 0, tzinfo=CHINA)
    assert order.occurred_at == datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
    assert order.lines == [OrderLine("S-1", "tea", 2, 1234, 1000)]


def test_a_customers_file_has_what_is_named_and_ignores_the_rest() -> None:
    file = parse_customer(to_bytes(CUSTOMER))
    assert (file.name, file.kind, file.strategic, file.disqualified) == (
        "王小明", "company", True, False,
    )  # fmt: skip
    assert file.key_dates == [KeyDate("founded", 2, 29)]
    assert file.credit is not None
    assert msgspec.json.decode(file.credit["answers"]) == ["a", None]
    assert file.target_revenue == 100_000_000
    assert not hasattr(file, "notes")


def test_the_answers_of_credit_may_be_any_json() -> None:
    answers = b'{"customer_id": "C-1", "credit": {"huge": 1e400, "many": %s}}' % (b"9" * 10_000)
    file = parse_customer(answers)
    assert file.credit is not None
    assert bytes(file.credit["huge"]) == b"1e400"


REQUIRED = {
    "orders": "event_id customer_id order_id type ordered_at amount",
    "call-logs": "event_id customer_id call_id agent_id called_at direction outcome",
    "complaints": "event_id customer_id complaint_id occurred_at step category",
    "customers": "customer_id",
    "clock": "now",
}


@pytest.mark.parametrize("topic", KINDS)
def test_optional_fields_may_be_absent_or_null(topic: str) -> None:
    event, parse = KINDS[topic]
    required = REQUIRED[topic].split()
    least = {name: value for name, value in event.items() if name in required}
    nulls = dict.fromkeys(event) | least
    assert parse(to_bytes(least)) == parse(to_bytes(nulls))


@pytest.mark.parametrize("topic", KINDS)
def test_unknown_fields_are_ignored(topic: str) -> None:
    event, parse = KINDS[topic]
    more = {**event, "unknown": {"deep": [1.5, None, "😀", 10**30]}}
    assert parse(to_bytes(more)) == parse(to_bytes(event))


def test_of_a_field_given_twice_the_last_one_counts() -> None:
    value = to_bytes(ORDER)[:-1] + b', "amount": 7}'
    assert parse_order(value, LATEST).amount == 7


@pytest.mark.parametrize("amount", [0, 10**15])
def test_amounts_reach_from_nothing_to_a_thousand_billions(amount: int) -> None:
    order = parse_order(to_bytes({**ORDER, "amount": amount, "cost": amount}), LATEST)
    assert (order.amount, order.cost) == (amount, amount)


@pytest.mark.parametrize(
    "name", ["x", "x" * 128, "😀" * 128, "\x00", " ", "a\nb", '"', "\\ud800", "\u2028"]
)
def test_an_identifier_is_1_to_128_characters_of_any_kind(name: str) -> None:
    event = {**ORDER, "event_id": name}
    for value in (to_bytes(event), json.dumps(event).encode()):
        assert parse_order(value, LATEST).event_id == name


def test_severity_is_3_unless_given() -> None:
    without: dict[str, Any] = {**COMPLAINT, "severity": None}
    assert parse_complaint(to_bytes(without), LATEST).severity == 3
    assert parse_complaint(to_bytes({**COMPLAINT, "severity": 5}), LATEST).severity == 5


@pytest.mark.parametrize("step", ["accepted", "rejected", "assigned", "resolved", "feedback"])
def test_only_an_opened_complaint_needs_a_category(step: str) -> None:
    later = {**COMPLAINT, "step": step, "category": None}
    assert parse_complaint(to_bytes(later), LATEST).step == step


@pytest.mark.parametrize(("month", "day"), [(1, 31), (2, 29), (4, 30), (12, 31)])
def test_a_key_date_is_any_day_of_a_leap_year(month: int, day: int) -> None:
    dates = [{"name": "birthday", "month": month, "day": day}]
    file = parse_customer(to_bytes({**CUSTOMER, "key_dates": dates}))
    assert file.key_dates == [KeyDate("birthday", month, day)]


def test_a_promise_may_lie_ahead_a_call_may_not() -> None:
    far = parse_call(to_bytes({**CALL, "follow_up_at": "2031-01-01T00:00:00Z"}), LATEST)
    assert far.follow_up_at == datetime(2031, 1, 1, tzinfo=UTC)


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.timedeltas(timedelta(days=-5), timedelta(days=5)), OFFSETS, OFFSETS)
def test_the_future_is_the_same_whatever_the_offsets(
    ahead: timedelta, offset: timezone, our_offset: timezone
) -> None:
    now = (LATEST + ahead).astimezone(offset)
    refused = False
    try:
        parse_tick(to_bytes({"now": now.isoformat()}), LATEST.astimezone(our_offset))
    except InvalidRecord as error:
        refused = error.code == "future"
    assert refused == (ahead > timedelta(0))


def test_exactly_24_hours_ahead_is_not_the_future() -> None:
    assert parse_tick(to_bytes({"now": "2026-11-22T10:00:00Z"}), LATEST).now == LATEST
    assert parse_tick(to_bytes({"now": "2026-11-22T18:00:00+08:00"}), LATEST).now == LATEST


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21t10:00:00z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21 10:00:00+08:00", datetime(2026, 11, 21, 2, tzinfo=UTC)),
        ("2026-11-21T10:00:00-00:00", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ("2026-11-21T10:00:00.5-03:30", datetime(2026, 11, 21, 13, 30, 0, 500_000, tzinfo=UTC)),
        ("0002-01-01T00:00:00Z", datetime(2, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_of_rfc_3339(text: str, time: datetime) -> None:
    assert parse_tick(to_bytes({**TICK, "now": text}), LATEST).now == time


@pytest.mark.parametrize("nines", ["9999995", "9999999", "999999999"])
def test_the_last_instant_of_a_day_is_not_rounded_into_the_next(nines: str) -> None:
    event = {**ORDER, "ordered_at": f"2026-11-20T23:59:59.{nines}Z", "event_id": f"X.{nines}"}
    order = parse_order(to_bytes(event), LATEST)
    assert order.ordered_at == datetime(2026, 11, 20, 23, 59, 59, 999_999, tzinfo=UTC)
    assert order.event_id == f"X.{nines}"
