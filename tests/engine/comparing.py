"""Feeds the same records to the machine and to the oracle, and compares what both end with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from streams.engine.records import Record
from tests.engine.machine import WALL_CLOCK, Machine
from tests.oracle.records import InputRecord
from tests.oracle.results import Standing

_WALL_MS = int(WALL_CLOCK.timestamp() * 1000)


def feed_all(machine: Machine, records: Iterable[InputRecord], batch: int = 500) -> None:
    """Hand the records over in runs of one partition and topic, at most `batch` at once."""
    for (number, topic), run in groupby(records, key=lambda one: (one.partition, one.topic)):
        for part in _parts(run, batch):
            machine.feed(number, topic, part)


def shown(standing: Standing) -> dict[str, Any]:
    """What a standing of the oracle shows in `customer-standings`."""
    last = standing.last_order_day
    return {
        "tier": standing.tier,
        "stage": standing.stage,
        "rfm": standing.rfm,
        "revenue": standing.revenue,
        "profit": standing.profit,
        "frequency": standing.frequency,
        "last_order_day": None if last is None else last.isoformat(),
    }


def said(value: dict[str, Any]) -> dict[str, Any]:
    """The same of a published standing. Recency and share are as of `at`, so left out."""
    names = ("tier", "stage", "rfm", "revenue", "profit", "frequency", "last_order_day")
    return {name: value[name] for name in names}


def _parts(run: Iterator[InputRecord], most: int) -> Iterator[list[Record]]:
    part: list[Record] = []
    for one in run:
        part.append(Record(one.offset, one.key, one.value, one.headers, _WALL_MS))
        if len(part) == most:
            yield part
            part = []
    if part:
        yield part
