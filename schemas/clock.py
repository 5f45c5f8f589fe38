"""Ticks of the clock: time is an event like any other."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schemas.fields import Time
from schemas.reading import Reader, check_time


class Tick(msgspec.Struct, frozen=True, gc=False):
    """It is now `now`."""

    now: Time


_READER = Reader(Tick)


def parse_tick(value: bytes | None, latest: datetime) -> Tick:
    """The tick that `value` holds; `latest` is the wall clock + 24 h. Raises InvalidRecord."""
    tick = _READER.read(value)
    check_time("now", tick.now, latest)
    return tick
