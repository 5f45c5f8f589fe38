"""The customer's file: each record is the whole file and replaces the one before."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.fields import Identifier, Whole
from schemas.invalid import InvalidRecord
from schemas.reading import Reader

_DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class KeyDate(msgspec.Struct, frozen=True, gc=False):
    """A day that comes every year, such as a birthday; 29 February is one."""

    name: str
    month: Annotated[int, Meta(ge=1, le=12)]
    day: Annotated[int, Meta(ge=1, le=31)]


class CustomerFile(msgspec.Struct, frozen=True, gc=False):
    """What is known of a customer. `target_revenue`: per year, minor units of the base currency.

    `credit` has the answers as raw JSON. Free sections are not here: whoever wants them keeps
    the bytes that the file was read from.
    """

    customer_id: Identifier
    name: str | None = None
    account_manager: str | None = None
    region: str | None = None
    kind: Literal["person", "company"] | None = None
    strategic: bool | None = None
    disqualified: bool | None = None
    personality: str | None = None
    key_dates: list[KeyDate] | None = None
    credit: dict[str, msgspec.Raw] | None = None
    target_revenue: Whole | None = None


_READER = Reader(CustomerFile)


def parse_customer(value: bytes) -> CustomerFile:
    """The file that `value` holds. A tombstone (None) is the caller's. Raises InvalidRecord."""
    file = _READER.read(value)
    for index, key_date in enumerate(file.key_dates or ()):
        _check_day(f"key_dates[{index}]", key_date)
    return file


def _check_day(path: str, key_date: KeyDate) -> None:
    if key_date.day > _DAYS_OF_MONTH[key_date.month - 1]:
        raise InvalidRecord(
            "impossible_day",
            f"{path} must be a day of the year, got month {key_date.month} day {key_date.day}",
        )
