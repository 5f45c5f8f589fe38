"""Stories of orders, complaints, silence and erasures, of which alerts are said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.oracle.actions import Emitted
from tests.oracle.sending import (
    Sent,
    cancellation,
    complaint,
    erasure,
    file,
    giving_back,
    order,
    tick,
)
from tests.oracle.strategies import Stream

_BEGINNING = datetime(2019, 3, 1, 9, tzinfo=UTC)
_WHO = st.sampled_from(["ann", "bob", "冯"])
_STEPS = ("opened", "opened", "opened", "accepted", "resolved", "rejected")


class Deed(NamedTuple):
    """What somebody does, `hours` after the deed before; `late_days`: on a day long gone."""

    what: str
    who: str
    hours: int
    late_days: int
    amount: int
    complaint_id: str
    step: str
    severity: int


_DEEDS = st.builds(
    Deed,
    st.sampled_from(["order"] * 6 + ["complain"] * 4 + ["tick"] * 4
                    + ["cancel", "return", "file", "erase"]),
    _WHO,
    st.sampled_from([0, 1, 13, 24, 24 * 4, 24 * 30, 24 * 100, 24 * 400]),
    st.sampled_from([0, 0, 0, 3, 100]),
    st.sampled_from([100, 300, 1000, 5000]),
    st.sampled_from(["k-1", "k-2"]),
    st.sampled_from(_STEPS),
    st.integers(1, 5),
)  # fmt: skip


@st.composite
def alert_stories(draw: st.DrawFn, *, falls: bool) -> Stream:
    """A stream, with rules under which everybody active is important enough for alerts.

    Without `falls` a fall from a tier is no reason: others' orders may bring one at any time.
    """
    deeds = draw(st.lists(_DEEDS, min_size=10, max_size=30))
    emitted = tuple(
        Emitted(position, sent, deed.who) for position, (deed, sent) in enumerate(_sent(deeds))
    )
    churn: dict[str, Any] = {
        "min_tier": "small",
        "cooldown_days": draw(st.sampled_from([0, 7, 60, 60])),
        "complaint_days": draw(st.sampled_from([0, 5])),
        "warn_score": draw(st.sampled_from([30, 40, 70])),
        "weights": {"tier_fall": 20 if falls else 0},
    }
    zone = draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"]))
    business = {"time_zone": zone, "window_days": draw(st.sampled_from([150, 365]))}
    return Stream(emitted, draw(st.integers(1, 2)), {"business": business, "churn": churn})


def _sent(deeds: list[Deed]) -> Iterator[tuple[Deed, Sent]]:
    now = _BEGINNING
    for number, deed in enumerate(deeds):
        now += timedelta(hours=deed.hours)
        yield deed, _record(deed, now, f"e{number}")


def _record(deed: Deed, now: datetime, event_id: str) -> Sent:
    then = (now - timedelta(days=deed.late_days)).isoformat()
    if deed.what == "tick":
        return tick(now.isoformat())
    if deed.what == "complain":
        return complaint(deed.who, then, event_id=event_id, complaint_id=deed.complaint_id,
                         step=deed.step, severity=deed.severity)  # fmt: skip
    if deed.what == "file":
        return file(deed.who, account_manager=deed.complaint_id)
    if deed.what == "erase":
        return erasure(deed.who)
    kinds = {"order": order, "cancel": cancellation, "return": giving_back}
    return kinds[deed.what](deed.who, then, deed.amount, event_id=event_id)
