"""Calls: who spoke with a customer, how it went, and what was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from schemas.fields import Identifier, Time, Whole
from schemas.reading import Reader, check_far_time, check_time


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call, out or in; `follow_up_at` is when something was promised for."""

    event_id: Identifier
    customer_id: Identifier
    call_id: Identifier
    agent_id: Identifier
    called_at: Time
    direction: Literal["out", "in"]
    outcome: Literal["reached", "no_answer", "refused"]
    duration_s: Whole | None = None
    need: Literal["none", "weak", "strong"] | None = None
    attitude: Literal["negative", "neutral", "positive"] | None = None
    visit_wanted: bool | None = None
    follow_up_at: Time | None = None
    area: str | None = None
    note: str | None = None


_READER = Reader(Call)


def parse_call(value: bytes | None, latest: datetime) -> Call:
    """The call that `value` holds; `latest` is the wall clock + 24 h. Raises InvalidRecord."""
    call = _READER.read(value)
    check_time("called_at", call.called_at, latest)
    if call.follow_up_at is not None:
        check_far_time("follow_up_at", call.follow_up_at)
    return call
