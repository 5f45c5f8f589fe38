"""Checks of values in the rules file: each returns the value, or raises ValueError with what it
must be."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def whole(least: int, most: int) -> Callable[[Any], int]:
    """A whole number of a range."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def decimal(value: Any, sentence: str) -> Decimal:
    """A finite number; `sentence` says what it must be."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(sentence)
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(sentence)
    return number


def share(value: Any) -> Decimal:
    """A share of all."""
    number = decimal(value, sentence := "must be a share above 0 and at most 1")
    if not 0 < number <= 1:
        raise ValueError(sentence)
    return number


def margin(value: Any) -> Decimal:
    """A part of something, never the whole."""
    number = decimal(value, sentence := "must be at least 0 and under 1")
    if not 0 <= number < 1:
        raise ValueError(sentence)
    return number


def chance(value: Any) -> Decimal:
    """A chance, from never to surely."""
    number = decimal(value, sentence := "must be a chance from 0 to 1")
    if not 0 <= number <= 1:
        raise ValueError(sentence)
    return number


def weight(value: Any) -> Decimal:
    """A weight, not below 0."""
    number = decimal(value, sentence := "must be a weight from 0 to 1000000")
    if not 0 <= number <= 1_000_000:
        raise ValueError(sentence)
    return number


def factor(value: Any) -> Decimal:
    """A factor above 0."""
    number = decimal(value, sentence := "must be a factor above 0 and at most 1000")
    if not 0 < number <= 1000:
        raise ValueError(sentence)
    return number


def bands(value: Any) -> tuple[int, ...]:
    """Four numbers of days that rise."""
    sentence = "must be four whole numbers of days that rise"
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError(sentence)
    if any(isinstance(band, bool) or not isinstance(band, int) or band < 0 for band in value):
        raise ValueError(sentence)
    if sorted(set(value)) != value:
        raise ValueError(sentence)
    return tuple(value)


def word(words: tuple[str, ...]) -> Callable[[Any], str]:
    """One of some words."""

    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return check


def currency(value: Any) -> str:
    """A currency by its code."""
    letters = isinstance(value, str) and len(value) == 3 and value.isascii()
    if not letters or not value.isupper() or not value.isalpha():
        raise ValueError("must be an ISO 4217 code of three capital letters")
    return str(value)


def price(value: Any) -> Decimal:
    """A price, as text."""
    sentence = 'must be a price above 0, as text such as "7.10"'
    if not isinstance(value, str):
        raise ValueError(sentence)
    try:
        price = Decimal(value)
    except InvalidOperation:
        raise ValueError(sentence) from None
    if not price.is_finite() or not 0 < price <= 1_000_000_000:
        raise ValueError(sentence)
    return price


def time_zone(value: Any) -> str:
    """A time zone by its name."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError("must be an IANA time zone such as Asia/Shanghai") from None
    return str(value)
