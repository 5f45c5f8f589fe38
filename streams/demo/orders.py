"""The orders that the demo ships: CDNOW's purchase log, see `data/README.md`."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from importlib.resources import as_file, files
from itertools import groupby
from pathlib import Path

import msgspec

BEGIN = "1996-12-31T23:59:59Z"  # before the first order
LAST_WEEK = "1998-06-24"  # its first day
LAST_DAY = "1998-06-30"
END = f"{LAST_DAY}T23:59:59Z"  # where the demo's stream time ends


def orders_file() -> Path:
    """The path of the shipped NDJSON file."""
    with as_file(files("streams.demo").joinpath("data", "cdnow-orders.ndjson.gz")) as path:
        return path


def order_lines() -> list[bytes]:
    """Every order as its line of JSON, without the line's end."""
    with gzip.open(orders_file()) as lines:
        return lines.read().splitlines()


def split_by_day(
    lines: Sequence[bytes], since: str
) -> tuple[list[bytes], list[tuple[str, list[bytes]]]]:
    """The orders before the day `since` (`YYYY-MM-DD`), and from it on day by day.

    `lines` are in order of the day.
    """
    day_of = msgspec.json.Decoder(_Ordered).decode
    days = [(day_of(line).ordered_at[:10], line) for line in lines]
    before = [line for day, line in days if day < since]
    groups = groupby(days[len(before) :], key=lambda each: each[0])
    return before, [(day, [line for _, line in group]) for day, group in groups]


class _Ordered(msgspec.Struct):
    ordered_at: str
