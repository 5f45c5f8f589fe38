"""Kinds of field, and the mistakes that each kind knows."""

from __future__ import annotations

from typing import Any

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
