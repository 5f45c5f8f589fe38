"""What happens in the load: an endless, seeded story of mixed events.

Stream time moves with the orders alone and ids are remembered for longer than a story lasts, so
that what comes of it doesn't depend on which topic is read ahead of which. The exception is an
erasure: see `load`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.oracle.actions import FAULTS, spoilt
from tests.oracle.sending import (
    Sent,
    call,
    cancellation,
    complaint,
    erasure,
    file,
    giving_back,
    order,
    tick,
)

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
EVENT_SECONDS = 900  # of stream time from one event to the next
CUSTOMERS = 400

RULES = """
[business]
window_days = 40
dedupe_days = 3650

[pyramid]
demotion_margin = 0

[dormancy]
dormant_days = 15
"""
RULES_READ: dict[str, Any] = {
    "business": {"window_days": 40, "dedupe_days": 3650},
    "pyramid": {"demotion_margin": 0},
    "dormancy": {"dormant_days": 15},
}


class Event(NamedTuple):
    """A record to be sent, and whose it is; None: nobody's (a tick, a record without sense)."""

    sent: Sent
    customer: str | None

    @property
    def erases(self) -> bool:
        return self.customer is not None and self.sent.value is None


@dataclass
class _Teller:
    """Where the story is."""

    random: Random
    number: int = 0
    orders: deque[tuple[str, str, int, int | None]] = field(
        default_factory=lambda: deque(maxlen=500)
    )
    told: deque[Event] = field(default_factory=lambda: deque(maxlen=200))

    @property
    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self.number * EVENT_SECONDS)

    def somebody(self) -> str:
        """Those who order change slowly, so that others fall silent and some come back."""
        middle = self.number / 12
        return f"c{round(self.random.gauss(middle, CUSTOMERS / 10)) % CUSTOMERS:03}"

    def at(self) -> str:
        late = timedelta(days=self.random.choice([0] * 19 + [1, 3]))
        return (self.now - late).isoformat()


def story(seed: int) -> Iterator[Event]:
    """The events in the order of sending; the same for the same seed."""
    teller = _Teller(Random(seed))
    kinds, weights = zip(*_KINDS, strict=True)
    while True:
        teller.number += 1
        (tell,) = teller.random.choices(kinds, weights)
        event = tell(teller)
        teller.told.append(event)
        yield event


def _order(teller: _Teller) -> Event:
    random, customer, at = teller.random, teller.somebody(), teller.at()
    amount = random.choice([random.randrange(100, 5_000), random.randrange(100, 500_000)])
    cost = random.choice([None, amount // 2])
    teller.orders.append((customer, at, amount, cost))
    return Event(order(customer, at, amount, event_id=f"o{teller.number}", cost=cost), customer)


def _cancellation(teller: _Teller) -> Event:
    if not teller.orders:
        return _order(teller)
    at = teller.random.randrange(len(teller.orders))
    customer, day, amount, cost = teller.orders[at]
    del teller.orders[at]
    name = f"x{teller.number}"
    return Event(cancellation(customer, day, amount, event_id=name, cost=cost), customer)


def _giving_back(teller: _Teller) -> Event:
    if not teller.orders:
        return _order(teller)
    customer, day, amount, _ = teller.orders.popleft()
    return Event(giving_back(customer, day, amount // 3, event_id=f"b{teller.number}"), customer)


def _call(teller: _Teller) -> Event:
    customer, name = teller.somebody(), f"k{teller.number}"
    return Event(call(customer, teller.at(), event_id=name, call_id=name), customer)


def _complaint(teller: _Teller) -> Event:
    customer, name = teller.somebody(), f"m{teller.number}"
    severity = teller.random.randint(1, 5)
    sent = complaint(customer, teller.at(), event_id=name, complaint_id=name, severity=severity)
    return Event(sent, customer)


def _file(teller: _Teller) -> Event:
    customer = teller.somebody()
    disqualified = teller.random.random() < 0.1
    manager = f"manager {teller.random.randrange(5)}"
    return Event(file(customer, disqualified=disqualified, account_manager=manager), customer)


def _erasure(teller: _Teller) -> Event:
    customer = teller.somebody()
    return Event(erasure(customer), customer)


def _tick(teller: _Teller) -> Event:
    """It comes too late to move time, wherever it is read."""
    return Event(tick(BEGINNING.isoformat()), None)


def _repeat(teller: _Teller) -> Event:
    told = [event for event in teller.told if not event.erases]
    return teller.random.choice(told) if told else _order(teller)


def _bad(teller: _Teller) -> Event:
    fault = teller.random.choice(FAULTS)
    name = f"bad{teller.number}"
    return Event(spoilt(teller.somebody(), fault, teller.now.isoformat(), name), None)


_KINDS: tuple[tuple[Callable[[_Teller], Event], float], ...] = (
    (_order, 65), (_cancellation, 6), (_giving_back, 4), (_call, 8), (_complaint, 3), (_file, 4),
    (_erasure, 0.5), (_tick, 1), (_repeat, 6), (_bad, 2.5),
)  # fmt: skip
