"""The fields of a JSON object, each checked as the contract says."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

_GREATEST = 10**15
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII
)


class MalformedError(Exception):
    """A value is not what the contract asks for."""


def parse_object(value: bytes | None) -> dict[str, Any]:
    """A record's value as a JSON object."""
    try:
        parsed = json.loads((value or b"").decode("utf-8"), parse_constant=_refuse)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise MalformedError(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise MalformedError(f"not an object: {parsed!r}")
    return parsed


def _refuse(constant: str) -> None:
    raise MalformedError(f"not JSON: {constant}")


@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """An RFC 3339 time with an offset, in UTC."""
    if not _RFC_3339.fullmatch(text):
        raise MalformedError(f"not an RFC 3339 time with an offset: {text!r}")
    try:
        return datetime.fromisoformat(text.upper().replace(" ", "T")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedError(f"no such time: {text!r}") from error


@lru_cache(maxsize=4096)
def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a time zone."""
    return instant.astimezone(zone).date()


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a time zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


class Fields:
    """Reads the fields of one object; every reader raises MalformedError."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = fields

    def identifier(self, name: str) -> str:
        value = self.text(name)
        if value is None or not 1 <= len(value) <= 128:
            raise MalformedError(f"{name} must have 1 to 128 characters: {value!r}")
        return value

    def text(self, name: str) -> str | None:
        value: str | None = self._typed(name, str)
        return value

    def flag(self, name: str) -> bool | None:
        value: bool | None = self._typed(name, bool)
        return value

    def objects(self, name: str) -> list[dict[str, Any]]:
        items: list[Any] = self._typed(name, list) or []
        if not all(isinstance(item, dict) for item in items):
            raise MalformedError(f"{name} must be a list of objects")
        return items

    def choice(self, name: str, choices: Collection[str]) -> str:
        value = self.optional_choice(name, choices)
        if value is None:
            raise MalformedError(f"{name} is missing")
        return value

    def optional_choice(self, name: str, choices: Collection[str]) -> str | None:
        value = self.text(name)
        if value is not None and value not in choices:
            raise MalformedError(f"{name} must be one of {choices}: {value!r}")
        return value

    def whole(self, name: str) -> int:
        value = self.optional_whole(name)
        if value is None:
            raise MalformedError(f"{name} is missing")
        return value

    def optional_whole(self, name: str, least: int = 0, most: int = _GREATEST) -> int | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if type(value) is not int or not least <= value <= most:
            raise MalformedError(f"{name} must be a whole number, {least} to {most}: {value!r}")
        return value

    def time(self, name: str) -> datetime:
        value = self.optional_time(name)
        if value is None:
            raise MalformedError(f"{name} is missing")
        return value

    def optional_time(self, name: str) -> datetime | None:
        value = self.text(name)
        return None if value is None else parse_time(value)

    def _typed(self, name: str, kind: type) -> Any:
        value = self._fields.get(name)
        if value is not None and not isinstance(value, kind):
            raise MalformedError(f"{name} must be a {kind.__name__}: {value!r}")
        return value
