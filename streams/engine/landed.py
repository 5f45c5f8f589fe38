"""What a commit brought, for those who measure: handed on once the commit has landed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from streams.engine.records import Write


class Taken(NamedTuple):
    """Of a batch that was folded in: which it was, and when the log got each of its records, in
    milliseconds since 1970."""

    topic: str
    first_offset: int
    next_offset: int
    stamps_ms: list[int]


class Landed(NamedTuple):
    """One commit of one partition."""

    batches: list[Taken]  # folded in since the commit before
    tally: Counter[tuple[str, str]]  # see `Partition.tally`
    late_orders: int
    outputs: list[Write]  # all that was written but for the changelog
    changelog_records: int
    seconds: float  # what the transaction and the store took
    at: datetime  # the wall clock after it
