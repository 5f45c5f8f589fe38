"""What others must be told: tier-changes, stages of silence and alerts, from before and after."""

from __future__ import annotations

import msgspec

from streams.domain import dormancy
from streams.domain.alerts import Moment, SaidOfAlerts, catch_up, consider
from streams.domain.assess import Standing, assess
from streams.domain.customer import UNKNOWN, Customer
from streams.domain.scene import Scene


class TierChanged(msgspec.Struct, frozen=True, gc=False):
    """The tier went from one to another; UNKNOWN as `from_tier`: not spoken of before."""

    from_tier: int
    to_tier: int
    cause: str
    recency_days: int | None


class StageSaid(msgspec.Struct, frozen=True, gc=False):
    """A stage of silence began, ended by an order (`reactivated`) or otherwise (`cleared`)."""

    stage: str
    from_stage: int
    at_us: int
    standing: Standing  # as it is at `at_us`


Said = TierChanged | StageSaid | SaidOfAlerts


def decide_on_time(
    customer: Customer, today: int, at_us: int, scene: Scene, cause: str
) -> list[Said]:
    """Time has passed, up to `today`, or borders or rules have moved: what is said now.

    Stages passed on the way and alerts are said in order, each with the first instant of its day.
    By other rules a stage may hold no longer: it is cleared.
    """
    caught_up = catch_up(customer, today, scene)
    after = caught_up.standing or assess(customer, today, scene.borders, scene.rules)
    said: list[Said] = []
    if after.stage < customer.stage:
        said.append(StageSaid("cleared", customer.stage, at_us, after))
        customer.stage = dormancy.NONE
    if after.stage > customer.stage:
        begins = dormancy.stage_days(after.last_order_day, after.gap, scene.rules)
        for day, stage in begins:
            if customer.stage < stage <= after.stage:
                said.append(_stage_on(customer, stage, day, today, after, scene))
                customer.stage = stage
    said += _take(customer, after, today, cause)
    customer.stage = after.stage
    said += caught_up.said
    if caught_up.standing is None:
        said += consider(customer, Moment(today, at_us, caught_up.tier, after), scene)
    return said


def decide_on_event(
    customer: Customer, today: int, at_us: int, newest_before: int, cause: str, scene: Scene
) -> list[Said]:
    """An event was folded in: what is said at once. `newest_before`: as before the event."""
    tier_was = customer.tier
    after = assess(customer, today, scene.borders, scene.rules)
    said = _take(customer, after, today, cause)
    newer_order = after.last_order_day > newest_before
    held, holds = customer.stage, after.stage
    if held:
        if newer_order:
            said.append(StageSaid("reactivated", held, at_us, after))
            held = dormancy.NONE
        elif holds < held:
            said.append(StageSaid("cleared", held, at_us, after))
            held = dormancy.NONE
    if holds > held:
        said.append(StageSaid(_name(holds), held, at_us, after))
    customer.stage = holds
    return [*said, *consider(customer, Moment(today, at_us, tier_was, after, newer_order), scene)]


def decide_on_erasure(customer: Customer, today: int, at_us: int, scene: Scene) -> list[Said]:
    """The customer is about to be erased: the stage that is cleared, and the end of the chain."""
    standing = assess(customer, today, scene.borders, scene.rules)
    said: list[Said] = []
    if customer.stage:
        said.append(StageSaid("cleared", customer.stage, at_us, standing))
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


def _stage_on(
    customer: Customer, stage: int, day: int, today: int, after: Standing, scene: Scene
) -> StageSaid:
    """A stage that began on a day that has passed, with the figures of that day."""
    standing = after
    if day < today:
        under = list(customer.under)
        standing = assess(customer, day, scene.borders, scene.rules)
        customer.under = under
    at_us = scene.calendar.start_of(day)
    return StageSaid(_name(stage), customer.stage, at_us, standing)


def _name(stage: int) -> str:
    name = dormancy.STAGES[stage]
    assert name is not None
    return name
