"""One example of each event out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from schemas.internal import Borders, CountsChunk, Progress, Resent
from schemas.outputs import (
    AlertReason,
    ChurnAlert,
    CustomerErased,
    DormantCustomer,
    Source,
    Standing,
    TierChange,
)

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
COMMON: dict[str, Any] = {
    "event_id": "orders-0-7",
    "customer_id": "C-1",
    "at": AT,
    "rules": "0123456789ab",
    "source": Source("orders", 0, 7),
}
TIER_CHANGE = TierChange(
    **COMMON,
    from_tier=None,
    to="small",
    direction="entered",
    cause="order",
    revenue=1234,
    profit=0,
    frequency=1,
    recency_days=0,
    rfm="511",
    share=0.25,
    account_manager=None,
)
DORMANT = DormantCustomer(
    **COMMON,
    from_stage="slipping",
    stage="dormant",
    silent_days=121,
    usual_gap_days=12.5,
    last_order_day=date(2026, 7, 23),
    tier="large",
    rfm="145",
    revenue=99,
    revenue_at_risk=None,
    p_alive=None,
    account_manager="M-1",
)
STANDING = Standing(
    **COMMON,
    tier="super",
    rfm="555",
    revenue=2**70,
    profit=-(2**70),
    frequency=3,
    recency_days=1,
    last_order_day=date(2026, 11, 20),
    share=0.0,
    stage=None,
    account_manager="M-1",
    name="王小明",
    revenue_at_risk=7,
    alert="warn",
    alert_until=AT,
    open_complaints=2,
    last_call_at=AT,
    last_call_outcome="no_answer",
)
ERASED = CustomerErased(**COMMON)
ALERT = ChurnAlert(
    **COMMON,
    account_manager="M-1",
    severity="warn",
    score=50,
    reasons=[
        AlertReason(
            code="slipping",
            weight=30,
            text="已 9 天没有下单。",
            facts={"silent_days": 9, "usual_gap_days": 4.5, "last_order_day": "2026-11-12"},
        ),
        AlertReason(
            code="tier_fall", weight=20, text="Fell.", facts={"from": "large", "to": "small"}
        ),
    ],
    tier="small",
    rfm="415",
    revenue=2**70,
    revenue_at_risk=7,
    advice="Call within two days.",
    cooldown_until=datetime(2026, 11, 28, 2, 0, tzinfo=UTC),
)
PROGRESS = Progress(
    at=AT,
    partition=0,
    inputs={"orders": 12, "clock": 3},
    stream_time=None,
    days_done=None,
    due_pending=False,
    rules="0123456789ab",
    counts=4,
    counts_pending=True,
    borders=2,
    scores=1,
    standings_pending=7,
    web="127.0.0.1:6066",
)
CHUNK = CountsChunk(
    kind="rank", partition=1, chunk=2, version=9, counts=[(5, 1, 5), (4096, 2, 2**70)]
)
BORDERS = Borders(
    version=3,
    counts={"0": 9, "1": 4},
    rules="0123456789ab",
    customers=2,
    super=None,
    large=None,
    medium=4096,
    frequency_cuts=[1, None, None, None],
    monetary_cuts=[None, None, 7, 8],
    at=AT,
)
EXAMPLES: dict[str, msgspec.Struct] = {
    "tier-changes": TIER_CHANGE,
    "dormant-customers": DORMANT,
    "customer-standings": STANDING,
    "customer-erased": ERASED,
    "churn-alerts": ALERT,
    "pyramid-counts": CHUNK,
    "pyramid-borders": BORDERS,
    "progress": PROGRESS,
    "dead-letters-resent": Resent(AT),
}
