"""Bytes to events, topic by topic; whatever the contract forbids raises MalformedError."""

from __future__ import annotations

from collections.abc import Callable

from tests.oracle.events import (
    ContactEvent,
    ErasureEvent,
    Event,
    FileEvent,
    OrderEvent,
    TickEvent,
)
from tests.oracle.fields import Fields, MalformedError, parse_object
from tests.oracle.money import to_base
from tests.oracle.records import CALL_LOGS, CLOCK, COMPLAINTS, CUSTOMERS, ORDERS, InputRecord
from tests.oracle.rules import Rules

_SIGNS = {"placed": 1, "cancelled": -1, "returned": -1}
_ORDERS = {"placed": 1, "cancelled": -1, "returned": 0}
_STEPS = ("opened", "accepted", "rejected", "assigned", "resolved", "feedback")
_CATEGORIES = ("product", "delivery", "service", "facility", "price", "other")


def parse_event(record: InputRecord, rules: Rules) -> Event:
    """The event in a record, without regard to its key, its partition and the wall clock."""
    if record.topic == CUSTOMERS and record.value is None:
        return _parse_tombstone(record.key)
    return _PARSERS[record.topic](Fields(parse_object(record.value)), rules)


def _parse_tombstone(key: bytes | None) -> ErasureEvent:
    try:
        customer = (key or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(f"a key that is not UTF-8: {key!r}") from error
    if key is not None and not 1 <= len(customer) <= 128:
        raise MalformedError(f"a key must have 1 to 128 characters: {customer!r}")
    return ErasureEvent(customer)


def _parse_order(fields: Fields, rules: Rules) -> OrderEvent:
    kind = fields.choice("type", _SIGNS)
    fields.identifier("order_id")
    fields.objects("lines")
    for name in ("region", "channel", "sales_rep"):
        fields.text(name)
    currency = fields.text("currency")
    amount = to_base(fields.whole("amount"), currency, rules)
    cost = fields.optional_whole("cost")
    profit = 0 if cost is None else amount - to_base(cost, currency, rules)
    return OrderEvent(
        customer=fields.identifier("customer_id"),
        event_id=fields.identifier("event_id"),
        ordered_at=fields.time("ordered_at"),
        occurred_at=fields.optional_time("occurred_at"),
        orders=_ORDERS[kind],
        revenue=_SIGNS[kind] * amount,
        profit=_SIGNS[kind] * profit,
        unknown_profit=_ORDERS[kind] if cost is None else 0,
    )


def _parse_call(fields: Fields, _: Rules) -> ContactEvent:
    fields.identifier("call_id")
    fields.identifier("agent_id")
    fields.choice("direction", ("out", "in"))
    fields.choice("outcome", ("reached", "no_answer", "refused"))
    fields.optional_whole("duration_s")
    fields.optional_choice("need", ("none", "weak", "strong"))
    fields.optional_choice("attitude", ("negative", "neutral", "positive"))
    fields.flag("visit_wanted")
    fields.optional_time("follow_up_at")
    for name in ("area", "note"):
        fields.text(name)
    return ContactEvent(
        fields.identifier("customer_id"), fields.identifier("event_id"), fields.time("called_at")
    )


def _parse_complaint(fields: Fields, _: Rules) -> ContactEvent:
    fields.identifier("complaint_id")
    fields.choice("step", _STEPS)
    fields.optional_choice("category", _CATEGORIES)
    fields.optional_whole("severity", 1, 5)
    fields.text("department")
    fields.optional_whole("satisfaction", 0, 100)
    return ContactEvent(
        fields.identifier("customer_id"), fields.identifier("event_id"), fields.time("occurred_at")
    )


def _parse_file(fields: Fields, _: Rules) -> FileEvent:
    for name in ("name", "account_manager", "region"):
        fields.text(name)
    fields.optional_choice("kind", ("person", "company"))
    fields.flag("strategic")
    fields.objects("key_dates")
    fields.optional_whole("target_revenue")
    return FileEvent(fields.identifier("customer_id"), bool(fields.flag("disqualified")))


def _parse_tick(fields: Fields, _: Rules) -> TickEvent:
    return TickEvent(fields.time("now"))


_PARSERS: dict[str, Callable[[Fields, Rules], Event]] = {
    ORDERS: _parse_order,
    CALL_LOGS: _parse_call,
    COMPLAINTS: _parse_complaint,
    CUSTOMERS: _parse_file,
    CLOCK: _parse_tick,
}
