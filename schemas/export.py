"""JSON Schema (2020-12) of every topic, made from the types that the code itself uses."""

from __future__ import annotations

from inspect import cleandoc
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from schemas.calls import Call
from schemas.clock import Tick
from schemas.complaints import Complaint
from schemas.customers import CustomerFile
from schemas.internal import Borders, CountsChunk, Progress, Resent
from schemas.orders import Order
from schemas.outputs import (
    ChurnAlert,
    CustomerErased,
    DeadLetter,
    DormantCustomer,
    Standing,
    TierChange,
)

_OPENED_HAS_CATEGORY = {
    "if": {"properties": {"step": {"const": "opened"}}, "required": ["step"]},
    "then": {"properties": {"category": {"type": "string"}}, "required": ["category"]},
}

_TYPES: dict[str, Any] = {
    "orders": Order,
    "call-logs": Call,
    "complaints": Annotated[Complaint, Meta(extra_json_schema=_OPENED_HAS_CATEGORY)],
    "customers": CustomerFile,
    "clock": Tick,
    "tier-changes": TierChange,
    "dormant-customers": DormantCustomer,
    "customer-standings": Standing,
    "customer-erased": CustomerErased,
    "churn-alerts": ChurnAlert,
    "dead-letters": DeadLetter,
    "pyramid-counts": CountsChunk,
    "pyramid-borders": Borders,
    "progress": Progress,
    "dead-letters-resent": Resent,
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Topic (without prefix) -> the schema of its values; tombstones are not in it."""
    return {topic: _schema(kind) for topic, kind in _TYPES.items()}


def _schema(kind: Any) -> dict[str, Any]:
    schema = msgspec.json.schema(kind)
    for part in schema["$defs"].values():
        part["description"] = cleandoc(part["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
