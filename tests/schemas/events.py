"""Valid events to start from, one of each kind, and how each kind is parsed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.calls import parse_call
from schemas.clock import parse_tick
from schemas.complaints import parse_complaint
from schemas.customers import parse_customer
from schemas.orders import parse_order

LATEST = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)  # the wall clock says the 21st

ORDER: dict[str, Any] = {
    "event_id": "E-1",
    "customer_id": "C-1",
    "order_id": "O-1",
    "type": "placed",
    "ordered_at": "2026-11-21T10:00:00+08:00",
    "occurred_at": "2026-11-21T11:00:00Z",
    "amount": 12_34,
    "cost": 10_00,
    "currency": "CNY",
    "lines": [{"sku": "S-1", "category": "tea", "quantity": 2, "amount": 12_34, "cost": 10_00}],
    "region": "华东",
    "channel": "web",
    "sales_rep": "R-1",
}
CALL: dict[str, Any] = {
    "event_id": "E-2",
    "customer_id": "C-1",
    "call_id": "L-1",
    "agent_id": "A-1",
    "called_at": "2026-11-21T10:00:00+08:00",
    "direction": "out",
    "outcome": "reached",
    "duration_s": 95,
    "need": "strong",
    "attitude": "positive",
    "visit_wanted": True,
    "follow_up_at": "2027-01-15T09:00:00+08:00",
    "area": "浦东",
    "note": "wants a quote",
}
COMPLAINT: dict[str, Any] = {
    "event_id": "E-3",
    "customer_id": "C-1",
    "complaint_id": "K-1",
    "occurred_at": "2026-11-21T10:00:00+08:00",
    "step": "opened",
    "category": "delivery",
    "severity": 4,
    "department": "logistics",
    "satisfaction": 80,
}
CUSTOMER: dict[str, Any] = {
    "customer_id": "C-1",
    "name": "王小明",
    "account_manager": "M-1",
    "region": "华东",
    "kind": "company",
    "strategic": True,
    "disqualified": False,
    "personality": "calm",
    "key_dates": [{"name": "founded", "month": 2, "day": 29}],
    "credit": {"years": 7, "answers": ["a", None]},
    "target_revenue": 1_000_000_00,
    "notes": {"free": ["section"]},
}
TICK: dict[str, Any] = {"now": "2026-11-21T10:00:00Z"}

Parse = Callable[[bytes], msgspec.Struct]

KINDS: dict[str, tuple[dict[str, Any], Parse]] = {
    "orders": (ORDER, lambda value: parse_order(value, LATEST)),
    "call-logs": (CALL, lambda value: parse_call(value, LATEST)),
    "complaints": (COMPLAINT, lambda value: parse_complaint(value, LATEST)),
    "customers": (CUSTOMER, parse_customer),
    "clock": (TICK, lambda value: parse_tick(value, LATEST)),
}
"""Topic -> a valid event with every field, and how its bytes are parsed."""


def to_bytes(event: object) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode()
