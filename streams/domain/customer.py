"""What is remembered of one customer. As bytes: `packed.py`."""

from __future__ import annotations

from typing import Final

import msgspec

NO_DAY: Final = -(1 << 40)  # "no such day": before every day
NEVER: Final = (1 << 31) - 1  # a due day that never comes
UNKNOWN: Final = -1  # the tier of someone nobody has spoken of yet

#: The turnover of one customer stays under this, so that every sum fits 64 bits.
SUM_LIMIT: Final = 1 << 62

MOST_EVENTS: Final = 128  # taken, in the state itself; older ones go into chunks


class Day(msgspec.Struct, array_like=True, gc=False):
    """The orders of one calendar day: sums in minor units of the base currency."""

    day: int
    revenue: int
    profit: int
    orders: int
    unknown_profit: int  # orders that came without a cost


class CallRecord(msgspec.Struct, array_like=True, gc=False):
    """A call, as the card shows it."""

    called_us: int
    call_id: str
    agent_id: str
    direction: str
    outcome: str
    duration_s: int | None
    need: str | None
    attitude: str | None
    visit_wanted: bool | None
    follow_up_us: int | None
    area: str | None
    note: str | None


class CallDay(msgspec.Struct, array_like=True, gc=False):
    """The calls of one calendar day."""

    day: int
    calls: int
    reached: int


class Promise(msgspec.Struct, array_like=True, gc=False):
    """A follow-up that was promised in a call and not yet kept by a later one."""

    follow_up_us: int
    called_us: int
    call_id: str


class ComplaintRecord(msgspec.Struct, array_like=True, gc=False):
    """One complaint: how it was opened and the newest step known of it."""

    opened_us: int | None = None
    category: str | None = None
    severity: int | None = None
    step: str = ""
    step_us: int = NO_DAY
    department: str | None = None
    department_us: int = NO_DAY
    satisfaction: int | None = None
    satisfaction_us: int = NO_DAY


class Contact(msgspec.Struct, array_like=True, gc=False):
    """Calls and complaints: what was said between the customer and us."""

    call_days: list[CallDay] = []
    last_call: CallRecord | None = None
    reached_us: int = NO_DAY  # when the customer was last reached
    promises: list[Promise] = []
    complaints: dict[str, ComplaintRecord] = {}


class SeenChunk(msgspec.Struct, array_like=True, gc=False):
    """Older events taken, kept under a key of their own: its number, and the newest of them."""

    number: int
    newest_us: int | None  # as in `seen_us`


class Churn(msgspec.Struct, array_like=True, gc=False):
    """What is remembered of alerts: the reasons that held at the last look, and the last alert.

    Kept of those alone who are important enough for alerts, or have a live one.
    """

    best_tier: int = UNKNOWN  # held since the newest order: before the silence or the fall
    stage: int = 0
    revenue_drop: bool = False
    severe: list[str] = []  # complaints
    overdue: list[str] = []
    severity: int = 0  # of the live alert, as in schemas.outputs.SEVERITIES; 0: none
    until_us: int = NO_DAY  # when its cooldown ends
    held_back: bool = False  # a reason began in the cooldown, and nobody was told


class Customer(msgspec.Struct, array_like=True, gc=False):
    """One customer's state.

    `days` are in rising order. The figures from `tier` to `rank` are those of the last
    assessment: what was said and what is counted in the ranking.
    """

    days: list[Day] = []
    lifetime_revenue: int = 0
    lifetime_orders: int = 0
    turnover: int = 0  # all amounts and profits ever, unsigned: no sum of them can be greater
    first_let_go: int = NO_DAY  # the oldest order day no longer kept; NO_DAY: none
    last_let_go: int = NO_DAY  # the newest of them
    seen: list[int] = []  # hashes of the events taken last, in the order in which they were
    seen_us: list[int | None] = []  # the stream time of each (None: before there was one)
    seen_chunks: list[SeenChunk] = []
    contacted: bool = False  # a call, a complaint or an order event ever came
    contact: Contact | None = None
    tier: int = UNKNOWN
    stage: int = 0
    rfm: int = 0  # such as 545; 0: none
    revenue: int = 0
    profit: int = 0
    frequency: int = 0
    rank: int = 0
    under: list[int] = msgspec.field(default_factory=lambda: [-1, -1, -1])  # see damped_tier
    due: int = NEVER  # the day under which the due index has this customer
    file: bytes | None = None  # the customer's file as it came, JSON
    account_manager: str | None = None
    name: str | None = None
    disqualified: bool = False
    churn: Churn | None = None

    @property
    def active(self) -> bool:
        """At least one order in the window that was not cancelled."""
        return self.frequency >= 1
