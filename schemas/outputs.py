"""What is said to others: one type for each topic out, every field always there.

Unknown is null, a sum of nothing is 0. Money is in minor units of the base currency and has no
upper bound: sums may pass 64 bits, and the encoder writes them whole.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

import msgspec

from schemas.fields import Time

Tier = Literal["super", "large", "medium", "small", "inactive", "prospect", "suspect", "other"]
TIERS: tuple[Tier, ...] = get_args(Tier)
"""From the best to the last: `up` and `down` go by this order."""

Direction = Literal["entered", "left", "up", "down"]

Cause = Literal[
    "order",
    "cancellation",
    "return",
    "expiry",
    "overtaken",
    "contact",
    "profile",
    "rules",
    "erasure",
]

HeldStage = Literal["slipping", "dormant", "inactive"]
Stage = Literal["slipping", "dormant", "inactive", "reactivated", "cleared"]
"""The last two are said, not held."""

Severity = Literal["watch", "warn", "urgent"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Of alerts, rising."""

AlertCode = Literal[
    "inactive",
    "dormant",
    "slipping",
    "severe_complaint",
    "overdue_complaint",
    "tier_fall",
    "revenue_drop",
]

Outcome = Literal["reached", "no_answer", "refused"]

Encoding = Literal["text", "base64"]


class Source(msgspec.Struct, frozen=True, gc=False):
    """The input record that caused something; `topic` with its prefix."""

    topic: str
    partition: int
    offset: int


class Said(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """What events have in common.

    `at` is stream time, `rules` the first 12 hex digits of the SHA-256 of the rules in force;
    `source` is null where time or other customers caused it.
    """

    event_id: str
    customer_id: str
    at: Time | None
    rules: str
    source: Source | None


class TierChange(Said, kw_only=True, frozen=True, gc=False):
    """A customer's tier changed; `from_tier` null: unknown before, `to` null: erased.

    `share` is above / n of the pyramid, null where the customer is not active.
    """

    from_tier: Tier | None = msgspec.field(name="from")
    to: Tier | None
    direction: Direction
    cause: Cause
    revenue: int
    profit: int
    frequency: int
    recency_days: int | None
    rfm: str | None
    share: float | None
    account_manager: str | None


class DormantCustomer(Said, kw_only=True, frozen=True, gc=False):
    """A customer falls silent by one more stage, or stops being so."""

    from_stage: HeldStage | None = msgspec.field(name="from")
    stage: Stage
    silent_days: int | None
    usual_gap_days: float | None
    last_order_day: date | None
    tier: Tier | None
    rfm: str | None
    revenue: int
    revenue_at_risk: int | None
    p_alive: float | None
    account_manager: str | None


class Standing(Said, kw_only=True, frozen=True, gc=False):
    """Where a customer stands; `recency_days` and `share` as of `at`.

    `alert` is the severity of the live alert, the one whose cooldown lasts until `alert_until`.
    """

    tier: Tier
    rfm: str | None
    revenue: int
    profit: int
    frequency: int
    recency_days: int | None
    last_order_day: date | None
    share: float | None
    stage: HeldStage | None
    account_manager: str | None
    name: str | None
    revenue_at_risk: int
    alert: Severity | None
    alert_until: Time | None
    open_complaints: int
    last_call_at: Time | None
    last_call_outcome: Outcome | None


class CustomerErased(Said, kw_only=True, frozen=True, gc=False):
    """Every trace of the customer is gone."""


class AlertReason(msgspec.Struct, frozen=True, gc=False):
    """One reason for an alert: what it weighs, in words, and the facts that the words are of."""

    code: AlertCode
    weight: int
    text: str
    facts: dict[str, str | int | float | None]


class ChurnAlert(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """An account manager is told of a customer who may be lost, and why.

    `reasons`: all that hold, the weightiest first; `score` is the sum of their weights, at most
    100; `advice` is for the first. `tier`, `rfm` and `revenue` are as of `at`. Until
    `cooldown_until` only an alert of higher severity is said of the customer.
    """

    event_id: str
    customer_id: str
    account_manager: str | None
    severity: Severity
    score: int
    reasons: list[AlertReason]
    tier: Tier
    rfm: str | None
    revenue: int
    revenue_at_risk: int
    advice: str
    cooldown_until: Time
    at: Time
    rules: str
    source: Source | None


class Header(msgspec.Struct, frozen=True, gc=False):
    """A header of a dead record; `encoding` says how `value` holds its bytes."""

    key: str
    value: str | None
    encoding: Encoding


class DeadLetter(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """A record that could not be used, whole, with the code (schemas.invalid.CODES) and why.

    `encoding` says how `value` holds its bytes, `key_encoding` how `key` does; `text` is UTF-8.
    `customer_id` is null: whose record it is can't be trusted.
    """

    event_id: str
    customer_id: None
    at: Time | None
    rules: str
    source: Source
    topic: str
    partition: int
    offset: int
    key: str | None
    value: str | None
    encoding: Encoding
    key_encoding: Encoding
    headers: list[Header]
    code: str
    reason: str
