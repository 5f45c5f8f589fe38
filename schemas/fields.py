"""The kinds of value that fields of input events have, with the bounds of each.

`extra["code"]` names the code of CODES that a value outside the bounds gets; without it the
code is `out_of_range`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Identifier = Annotated[str, Meta(min_length=1, max_length=128, extra={"code": "bad_identifier"})]
"""1 to 128 characters, any of them (NUL too)."""

Whole = Annotated[int, Meta(ge=0, le=10**15)]
"""A whole number, or money in minor units."""

Time = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset. Finer than microseconds is cut off, never rounded up."""

Currency = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=3,
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
        extra={"code": "bad_currency"},
    ),
]
"""Three characters; that they are capital letters `schemas.orders` checks: a pattern here would
more than double the time to decode an order (0.65 µs)."""
