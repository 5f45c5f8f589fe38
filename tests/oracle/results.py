"""What comes out of the oracle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Standing:
    """One customer at the end. Money in minor units of the base currency."""

    tier: str
    stage: str | None
    rfm: str | None
    revenue: int
    profit: int
    unknown_profit: int  # orders of the window whose cost is not known
    frequency: int
    recency_days: int | None
    usual_gap_days: Fraction | None
    first_order_day: date | None
    last_order_day: date | None
    lifetime_orders: int
    lifetime_revenue: int
    rank_value: int | None  # 12 significant bits; None where not active
    share: Fraction | None  # above / n; None where not active


@dataclass(frozen=True, slots=True)
class DormancyEvent:
    """Something said of a customer's silence; `day` is that of `at` in the business time zone."""

    customer: str
    stage: str  # slipping | dormant | inactive | reactivated | cleared
    held_before: str | None  # the field `from`
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """A record that can't be used; `code` is None where none is named, or several apply."""

    topic: str
    partition: int
    offset: int
    code: str | None


@dataclass(slots=True)
class Counts:
    """What became of the records of one topic."""

    taken: int = 0
    repeated: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class OracleResult:
    """Everything at the end. Erased customers are in `said` and `erasures` only."""

    customers: dict[str, Standing]
    counts: dict[str, Counts]  # by topic
    dead: list[DeadRecord]  # in processing order
    said: dict[str, list[DormancyEvent]]  # by customer, in order; absent where nothing was said
    erasures: dict[str, int]  # by customer: tombstones taken, known to us before or not
    stream_times: dict[int, datetime] = field(default_factory=dict)  # by partition
