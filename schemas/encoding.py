"""From events to bytes."""

from __future__ import annotations

import msgspec

_ENCODER = msgspec.json.Encoder()


def encode(event: msgspec.Struct) -> bytes:
    """`event` as a JSON object in UTF-8: fields in their declared order, times as RFC 3339,
    days as ISO 8601, integers of any size whole (msgspec writes those beyond 64 bits too)."""
    return _ENCODER.encode(event)
