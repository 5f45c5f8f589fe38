"""Records as a worker says them, for tests of the commands that read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from schemas.dead_letters import Original, dead_letter
from schemas.internal import Progress
from schemas.invalid import InvalidRecord
from schemas.outputs import (
    AlertReason,
    ChurnAlert,
    DeadLetter,
    DormantCustomer,
    Source,
    Standing,
    TierChange,
)

AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
_SAID: dict[str, Any] = {"event_id": "e", "at": AT, "rules": "0" * 12, "source": None}


def standing(customer_id: str, **changes: Any) -> Standing:
    """A medium customer whose one order came on 2026-11-01, twenty days before AT."""
    plain = Standing(
        **_SAID,
        customer_id=customer_id,
        tier="medium",
        rfm="415",
        revenue=123_456,
        profit=0,
        frequency=1,
        recency_days=20,
        last_order_day=date(2026, 11, 1),
        share=0.1,
        stage=None,
        account_manager=None,
        name=None,
        revenue_at_risk=12_346,
        alert=None,
        alert_until=None,
        open_complaints=0,
        last_call_at=None,
        last_call_outcome=None,
    )
    return msgspec.structs.replace(plain, **changes)


def tier_change(customer_id: str, **changes: Any) -> TierChange:
    """From small to medium, by an order."""
    plain = TierChange(
        **_SAID,
        customer_id=customer_id,
        from_tier="small",
        to="medium",
        direction="up",
        cause="order",
        revenue=123_456,
        profit=0,
        frequency=1,
        recency_days=0,
        rfm="515",
        share=0.1,
        account_manager=None,
    )
    return msgspec.structs.replace(plain, **changes)


def dormancy(customer_id: str) -> DormantCustomer:
    """Slipping."""
    return DormantCustomer(
        **_SAID,
        customer_id=customer_id,
        from_stage=None,
        stage="slipping",
        silent_days=20,
        usual_gap_days=4.5,
        last_order_day=date(2026, 11, 1),
        tier="medium",
        rfm="415",
        revenue=123_456,
        revenue_at_risk=123_456,
        p_alive=None,
        account_manager=None,
    )


def churn_alert(customer_id: str, **changes: Any) -> ChurnAlert:
    """A warning, for slipping."""
    reason = AlertReason("slipping", 30, "No order for 9 days.", {"silent_days": 9})
    plain = ChurnAlert(
        **_SAID,
        customer_id=customer_id,
        account_manager="maya",
        severity="warn",
        score=30,
        reasons=[reason],
        tier="medium",
        rfm="415",
        revenue=123_456,
        revenue_at_risk=37_037,
        advice="Call within two days.",
        cooldown_until=AT + timedelta(days=7),
    )
    return msgspec.structs.replace(plain, **changes)


def progress(partition: int, stream_time: datetime | None, web: str | None = None) -> Progress:
    """How far a partition is, as far as `standings` and `customer` want to know."""
    return Progress(
        at=AT,
        partition=partition,
        inputs={},
        stream_time=stream_time,
        days_done=None,
        due_pending=False,
        rules="0123456789ab",
        counts=0,
        counts_pending=False,
        borders=0,
        scores=0,
        standings_pending=0,
        web=web,
    )


def letter(
    topic: str,
    partition: int,
    offset: int,
    value: bytes | None,
    key: bytes | None = None,
    code: str = "bad_value",
    headers: tuple[tuple[str, bytes | None], ...] = (),
) -> DeadLetter:
    """A dead letter for the record at this place."""
    why = InvalidRecord(code, "type must be placed, cancelled or returned, got 'sold'")
    source = Source(topic, partition, offset)
    original = Original(key, value, headers)
    return dead_letter(source, original, why, at=AT, rules="0" * 12)
