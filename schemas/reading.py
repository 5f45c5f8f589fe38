"""From bytes to an event: one msgspec decode where all is well; `diagnosis` only where not."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from schemas.diagnosis import diagnose
from schemas.invalid import InvalidRecord
from schemas.nesting import SURELY_FLAT_BYTES, check_nesting

Event = TypeVar("Event", bound=msgspec.Struct)

_FINE_FRACTION = re.compile(rb'("(?:\w+_at|now)"\s*:\s*"[^"\\]*\.\d{6})\d+')


class Reader(Generic[Event]):
    """Decodes values of one type of event."""

    def __init__(self, kind: type[Event]) -> None:
        self._kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def read(self, value: bytes | None) -> Event:
        """The event that `value` holds, its types and bounds checked. Raises InvalidRecord."""
        if value is None:
            raise InvalidRecord("tombstone", f"a {self._kind.__name__} must have a value, got null")
        try:
            if not value.isascii():
                value.decode()  # msgspec skips what is unknown without a look at its encoding
            if len(value) > SURELY_FLAT_BYTES:
                check_nesting(value)
            if b"." in value and b".999999" in value:  # one byte is found 5 times as fast
                value = _cut_fractions(value)
            return self._decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise diagnose(self._kind, value, str(error)) from error


def check_time(field: str, time: datetime, latest: datetime) -> None:
    """Raises InvalidRecord where `time` is after `latest` (the wall clock + 24 h), or too early."""
    # Days first: comparing times of two offsets takes 0.6 µs, and no offset makes up three days.
    if time.toordinal() > latest.toordinal() - 3 and time > latest:
        raise InvalidRecord(
            "future",
            f"{field} must not lie more than 24 h ahead of the wall clock, got {time.isoformat()}",
        )
    if time.year == 1:
        raise _beyond(field, time)


def check_far_time(field: str, time: datetime) -> None:
    """Raises InvalidRecord where `time` is so early or late that a time zone can't show it."""
    if time.year in (1, 9999):
        raise _beyond(field, time)


def _beyond(field: str, time: datetime) -> InvalidRecord:
    return InvalidRecord(
        "bad_time", f"{field} must lie in the years 2 to 9998, got {time.isoformat()}"
    )


def _cut_fractions(value: bytes) -> bytes:
    """Without what times have beyond microseconds: msgspec rounds, and 23:59:59.9999999 would
    become the next day."""
    return _FINE_FRACTION.sub(rb"\1", value)
