"""What came of it: read back from the log, and held against what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from streams.engine.log import LogClient
from tests.faults.following import ends_of
from tests.oracle.records import INPUT_TOPICS
from tests.pressure.writing import Meant


class _Standing(msgspec.Struct):
    frequency: int
    revenue: int
    tier: str


@dataclass
class Found:
    """In the log: records sent (again, too), what the standings add up to, dead letters."""

    records: int
    customers: int
    orders: int  # of all standings, within the window
    revenue: int
    dead: int
    tiers: dict[str, int] = field(default_factory=dict)


def look(client: LogClient, prefix: str) -> Found:
    """The log at rest."""
    ends = ends_of(client, [prefix + topic for topic in INPUT_TOPICS])
    decode = msgspec.json.Decoder(_Standing).decode
    standings = {
        record.key: decode(record.value)
        for _, record in client.read(f"{prefix}customer-standings")
        if record.value is not None
    }
    tiers: dict[str, int] = {}
    for one in standings.values():
        tiers[one.tier] = tiers.get(one.tier, 0) + 1
    return Found(
        records=sum(sum(own.values()) for own in ends.values()),
        customers=len(standings),
        orders=sum(one.frequency for one in standings.values()),
        revenue=sum(one.revenue for one in standings.values()),
        dead=sum(1 for _ in client.read(f"{prefix}dead-letters")),
        tiers=tiers,
    )


def differences(meant: Meant, found: Found) -> list[str]:
    """What is not as it should be, in sentences. All orders lie in one window, and who has called
    has not ordered."""
    wrong = []
    if (found.orders, found.revenue) != (meant.orders, meant.revenue):
        wrong.append(
            f"{found.orders:,} orders of {found.revenue:,} stand in the tables, "
            f"not {meant.orders:,} of {meant.revenue:,}"
        )
    if found.tiers.get("prospect", 0) != meant.calls:
        wrong.append(f"{found.tiers} stand in the tables, and not {meant.calls:,} prospects")
    if found.dead != meant.dead:
        wrong.append(f"{found.dead:,} dead letters, not {meant.dead:,}")
    if found.records < meant.counted + meant.repeated + meant.dead:
        wrong.append(f"{found.records:,} records in the log are fewer than were sent")
    return wrong
