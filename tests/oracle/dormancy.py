"""Dormancy: the stage that holds on a day, and what is said of one customer's silence."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import floor

from tests.oracle.days import KeptDays
from tests.oracle.events import ErasureEvent, OrderEvent
from tests.oracle.fields import day_of, first_instant
from tests.oracle.intake import Taken
from tests.oracle.results import DormancyEvent
from tests.oracle.rules import Rules

_RANKS: dict[str | None, int] = {None: 0, "slipping": 1, "dormant": 2, "inactive": 3}


def slipping_limit(kept: KeptDays, rules: Rules) -> int | None:
    """The greatest recency, in whole days, that is not slipping yet; None: too few order days."""
    gap = kept.usual_gap()
    if gap is None or len(kept.gap_days()) < 3:
        return None
    return max(rules.slipping_min_days, floor(rules.slipping_factor * gap))


def stage_at(recency_days: int, limit: int | None, rules: Rules) -> str | None:
    """The stage after so many days without an order; `limit` as of `slipping_limit`."""
    if recency_days >= rules.window_days:
        return "inactive"
    if recency_days > rules.dormant_days:
        return "dormant"
    if limit is not None and recency_days > limit:
        return "slipping"
    return None


class Silence:
    """One customer's life, from first contact to erasure or to the end, with what is said."""

    def __init__(self, customer: str, rules: Rules) -> None:
        self.kept = KeptDays(rules.window_days)
        self.stage: str | None = None
        self.said: list[DormancyEvent] = []
        self._customer = customer
        self._rules = rules
        self._done: date | None = None  # the last day whose stage has been looked at

    def live(self, taken: Taken) -> None:
        """What fell due before the event, then the event itself."""
        if taken.before is not None:
            self.fall_due(taken.before)
        if isinstance(taken.event, OrderEvent) and taken.after is not None:
            self._order(taken.event, taken.after)
        elif isinstance(taken.event, ErasureEvent) and taken.after is not None:
            self._erase(taken.after)

    def fall_due(self, until: datetime) -> None:
        """Say each stage that silence alone brings, in order, up to the day of `until`."""
        last_day = day_of(until, self._rules.zone)
        for day in self._beginnings(last_day):
            stage = self._on(day)
            if _RANKS[stage] > _RANKS[self.stage]:
                self._say(stage, first_instant(day, self._rules.zone))
        self._done = last_day

    def _beginnings(self, last_day: date) -> list[date]:
        """The days not yet looked at on which a stage can begin by silence, oldest first."""
        newest = self.kept.newest()
        if newest is None or self._done is None or self._done == last_day:
            return []
        limit = slipping_limit(self.kept, self._rules)
        first_recencies = {self._rules.dormant_days + 1, self._rules.window_days}
        if limit is not None:
            first_recencies.add(limit + 1)
        days = [newest + timedelta(recency) for recency in sorted(first_recencies)]
        return [day for day in days if self._done < day <= last_day]

    def _order(self, event: OrderEvent, now: datetime) -> None:
        newest_before = self.kept.newest()
        self.kept.fold(event, day_of(event.ordered_at, self._rules.zone))
        self._done = day_of(now, self._rules.zone)
        newest, stage = self.kept.newest(), self._on(self._done)
        newer = newest is not None and (newest_before is None or newest > newest_before)
        if self.stage is not None and newer:
            self._say("reactivated", now)
        elif _RANKS[stage] < _RANKS[self.stage]:
            self._say("cleared", now)
        if stage != self.stage:
            self._say(stage, now)

    def _erase(self, now: datetime) -> None:
        if self.stage is not None:
            self._say("cleared", now)

    def _on(self, day: date) -> str | None:
        """The stage that holds on a day, with the orders known now."""
        newest = self.kept.newest()
        if newest is None:
            return None
        limit = slipping_limit(self.kept, self._rules)
        return stage_at((day - newest).days, limit, self._rules)

    def _say(self, stage: str | None, at: datetime) -> None:
        if stage is None:
            return
        day = day_of(at, self._rules.zone)
        self.said.append(DormancyEvent(self._customer, stage, self.stage, day, at))
        self.stage = stage if stage in _RANKS else None
