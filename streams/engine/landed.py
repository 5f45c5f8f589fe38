"""What a commit brought, for those who measure: handed on once the commit has landed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from streams.engine.records import Batch, Write


class Landed(NamedTuple):
    """One commit of one partition."""

    batches: list[Batch]  # folded in since the commit before
    tally: Counter[tuple[str, str]]  # see `Partition.tally`
    late_orders: int
    outputs: list[Write]  # all that was written but for the changelog
    changelog_records: int
    seconds: float  # what the transaction and the store took
    at: datetime  # the wall clock after it
