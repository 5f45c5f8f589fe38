"""What others must be told: tier-changes and stages of silence, from before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from streams.domain import dormancy
from streams.domain.assess import Standing, assess
from streams.domain.customer import NO_DAY, UNKNOWN, Customer
from streams.domain.days import Calendar
from streams.domain.orders_fold import newest_order_day
from streams.domain.pyramid import Borders
from streams.domain.rules import Rules


class TierChanged(NamedTuple):
    """The tier went from one to another; UNKNOWN as `from_tier`: not spoken of before."""

    from_tier: int
    to_tier: int
    cause: str
    recency_days: int | None


class StageSaid(NamedTuple):
    """A stage of silence began, ended by an order (`reactivated`) or otherwise (`cleared`)."""

    stage: str
    from_stage: int
    at_us: int
    standing: Standing
    silent_days: int | None
    gap_days: float | None
    last_order_day: int


Said = TierChanged | StageSaid


@dataclass(slots=True)
class Scene:
    """What a decision needs beside the customer: the rules, the calendar and the borders known."""

    rules: Rules
    calendar: Calendar
    borders: Borders


def decide_on_time(customer: Customer, today: int, scene: Scene, cause: str) -> list[Said]:
    """Time alone has passed, up to `today`, or borders have moved: what is said now.

    Stages passed on the way are said in order, each with the first instant of its day.
    """
    said: list[Said] = []
    newest = newest_order_day(customer)
    if newest != NO_DAY:
        gap = dormancy.usual_gap(customer.days, scene.rules.window_days)
        for day, stage in dormancy.stage_days(newest, gap, scene.rules):
            if customer.stage < stage and day <= today:
                said.append(_stage_on(customer, stage, day, scene))
                customer.stage = stage
    after = assess(customer, today, scene.borders, scene.rules)
    said += _take(customer, after, today, cause)
    customer.stage = after.stage
    return said


def decide_on_event(
    customer: Customer, today: int, at_us: int, newest_before: int, cause: str, scene: Scene
) -> list[Said]:
    """An event was folded in: what is said at once. `newest_before`: as before the event."""
    after = assess(customer, today, scene.borders, scene.rules)
    said = _take(customer, after, today, cause)
    held, holds = customer.stage, after.stage
    if held:
        if newest_order_day(customer) > newest_before:
            said.append(_stage_now(customer, "reactivated", held, at_us, after, scene))
            held = dormancy.NONE
        elif holds < held:
            said.append(_stage_now(customer, "cleared", held, at_us, after, scene))
            held = dormancy.NONE
    if holds > held:
        name = dormancy.STAGES[holds]
        assert name is not None
        said.append(_stage_now(customer, name, held, at_us, after, scene))
    customer.stage = holds
    return said


def decide_on_erasure(customer: Customer, today: int, at_us: int, scene: Scene) -> list[Said]:
    """The customer is about to be erased: the stage that is cleared, and the end of the chain."""
    standing = assess(customer, today, scene.borders, scene.rules)
    said: list[Said] = []
    if customer.stage:
        said.append(_stage_now(customer, "cleared", customer.stage, at_us, standing, scene))
    said.append(TierChanged(customer.tier, UNKNOWN, "erasure", standing.recency_days))
    return said


def _take(customer: Customer, after: Standing, today: int, cause: str) -> list[Said]:
    """Make `after` the customer's standing (the stage aside); the tier-change, if any."""
    own_value_stayed = customer.rank == after.rank and customer.active == (after.frequency >= 1)
    before = customer.tier
    customer.revenue = after.revenue
    customer.profit = after.profit
    customer.frequency = after.frequency
    customer.rank = after.rank
    customer.rfm = after.rfm
    customer.tier = after.tier
    if after.due < customer.due or customer.due <= today:
        customer.due = after.due  # a due day that moves away is looked at again when it comes
    if after.tier == before:
        return []
    if own_value_stayed and customer.active and cause != "rules":
        cause = "overtaken"
    return [TierChanged(before, after.tier, cause, after.recency_days)]


def _stage_on(customer: Customer, stage: int, day: int, scene: Scene) -> StageSaid:
    """A stage that began on a day that has passed, with the figures of that day."""
    under = list(customer.under)
    standing = assess(customer, day, scene.borders, scene.rules)
    customer.under = under
    name = dormancy.STAGES[stage]
    assert name is not None
    return _stage_now(customer, name, customer.stage, scene.calendar.start_of(day), standing, scene)


def _stage_now(
    customer: Customer, stage: str, held: int, at_us: int, standing: Standing, scene: Scene
) -> StageSaid:
    gap = dormancy.usual_gap(customer.days, scene.rules.window_days)
    newest = newest_order_day(customer)
    return StageSaid(stage, held, at_us, standing, standing.recency_days, gap.days, newest)
