"""Stages of silence, as pure functions of the newest order day, the usual gap and the day."""

from __future__ import annotations

import msgspec

from streams.domain.churn_rules import CHANCES
from streams.domain.customer import NEVER, NO_DAY, Day
from streams.domain.rules import Rules

NONE, SLIPPING, DORMANT, INACTIVE = range(4)
SLIPPING_ORDER_DAYS = 3  # that a usual gap must stand on
STAGES = (None, "slipping", "dormant", "inactive")


class Gap(msgspec.Struct, frozen=True, gc=False):
    """The usual gap: `span` days between the first and the last of `order_days` days."""

    span: int
    order_days: int

    @property
    def days(self) -> float | None:
        """The mean gap in days; None where there are not two order days."""
        return self.span / (self.order_days - 1) if self.order_days >= 2 else None


def usual_gap(days: list[Day], window_days: int) -> Gap:
    """The gap between the order days of the window that ends on the newest order day."""
    newest, oldest, count = NO_DAY, NO_DAY, 0
    for day in reversed(days):
        if newest != NO_DAY and day.day <= newest - window_days:
            break
        if day.orders >= 1:
            if newest == NO_DAY:
                newest = day.day
            oldest = day.day
            count += 1
    return Gap(newest - oldest, count)


def stage_begins(newest: int, span: int, order_days: int, rules: Rules) -> tuple[int, int, int]:
    """The days on which slipping, dormant and inactive begin in a silence after `newest`, given
    the usual gap. NEVER: it is skipped.

    A day has one stage: a stage that would begin on or after the day of a later one is skipped.
    """
    inactive = newest + rules.window_days
    dormant = newest + rules.dormant_days + 1
    if dormant >= inactive:
        dormant = NEVER
    slipping = NEVER
    if order_days >= SLIPPING_ORDER_DAYS:
        factor, unit = rules.slipping_ratio
        limit = factor * span // (unit * (order_days - 1))
        least = rules.slipping_min_days
        slipping = newest + (limit if limit > least else least) + 1
        if slipping >= dormant or slipping >= inactive:
            slipping = NEVER
    return slipping, dormant, inactive


def stage_days(newest: int, gap: Gap, rules: Rules) -> list[tuple[int, int]]:
    """(day, stage) of each stage that a silence after `newest` comes to, in rising order."""
    begins = stage_begins(newest, gap.span, gap.order_days, rules)
    return [(day, stage) for stage, day in enumerate(begins, SLIPPING) if day != NEVER]


def revenue_at_risk(revenue: int, stage: int, rules: Rules) -> int:
    """Revenue times the chance of loss that the rules give to the stage, rounded half to even."""
    times, parts = rules.churn.chance_of_loss[CHANCES[stage]].as_integer_ratio()
    whole, rest = divmod(revenue * times, parts)
    return whole + (2 * rest > parts or (2 * rest == parts and whole % 2))
