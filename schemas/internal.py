"""What the parts of Tierstream tell each other: progress, counts and borders of the ranking, and
what was sent again."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from schemas.fields import Time

Ranking = Literal["rank", "frequency", "monetary", "head"]


class Progress(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """How far one partition is. At rest means: see `tierstream settle`."""

    at: Time
    """Wall clock of the writing."""
    partition: int
    inputs: dict[str, int]
    """Full topic name -> next offset, past control records and compacted offsets."""
    stream_time: Time | None
    days_done: date | None
    """The day up to which all that falls due has been applied."""
    due_pending: bool
    """Some of what is due by stream time waits still."""
    rules: str
    """Digest of the rules that the owning worker goes by."""
    counts: int
    """Version of the newest counts that this partition has published."""
    counts_pending: bool
    """Counts have changed since."""
    borders: int
    """Version of the borders that the tiers stand by."""
    scores: int
    """Version of the borders that the scores stand by."""
    standings_pending: int
    """Customers whose standing is yet to be published."""
    web: str | None
    """Where the owning worker's web is, as host:port."""


class CountsChunk(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """Customers per value in one chunk of one partition's values, as absolute numbers.

    `counts` has (code, customers, sum) where there are customers; a code is the ordinal of a
    value at 12 significant bits. Kind `head` closes a version: all its chunks come before it.
    """

    kind: Ranking
    partition: int
    chunk: int
    version: int
    counts: list[tuple[int, int, int]]


class Borders(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """Where the pyramid's tiers and the scores begin.

    `super`, `large`, `medium`: the smallest rank value (12 bits) in that tier, null where nobody
    is. Cuts: the smallest value with a score of 2, 3, 4, 5, null where nobody has it.
    """

    version: int
    counts: dict[str, int]
    """Partition (as text) -> version of its counts that went in."""
    rules: str
    """Digest of the rules by which they were made."""
    customers: int
    """Active customers of all partitions."""
    super: int | None
    large: int | None
    medium: int | None
    frequency_cuts: list[int | None]
    monetary_cuts: list[int | None]
    at: Time
    """Wall clock of the making."""


class Resent(msgspec.Struct, frozen=True, gc=False):
    """A dead letter (the record's key is its event_id) was sent again; `at` by the wall clock."""

    at: Time
