"""When an alert is said: a reason begins to hold for a customer who is important enough.

*Important enough* is who held `min_tier` or a better tier since their newest order, so before the
silence or the fall. What holds is remembered, so each reason alerts once as long as it holds.
While the last alert's cooldown lasts, only one of higher severity is said; what was held back is
said as the first day after it begins, if a reason still holds. Nobody is told of a customer who is
disqualified.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.domain import churn
from streams.domain.assess import Standing, assess
from streams.domain.churn_facts import Facts, facts_of, next_change
from streams.domain.customer import NEVER, NO_DAY, UNKNOWN, Churn, Customer
from streams.domain.days import DAY_US
from streams.domain.dormancy import STAGES
from streams.domain.pyramid import SMALL
from streams.domain.scene import Scene


class AlertSaid(msgspec.Struct, frozen=True, gc=False):
    """An account manager is told."""

    alert: churn.Alert
    at_us: int
    until_us: int  # when its cooldown ends
    standing: Standing  # as it is at `at_us`


class AlertHeldBack(msgspec.Struct, frozen=True, gc=False):
    """A reason began to hold in the cooldown of an alert that is no less severe."""

    at_us: int


SaidOfAlerts = AlertSaid | AlertHeldBack


class Moment(NamedTuple):
    """When a customer is looked at, and as what."""

    today: int
    at_us: int
    tier_was: int  # at the look before
    standing: Standing
    newer_order: bool = False  # a newer order has just come in


def live(held: Churn | None, at_us: int) -> Churn | None:
    """What is known of the alert whose cooldown still lasts at this instant, or None."""
    return held if held is not None and held.severity and at_us < held.until_us else None


def consider(customer: Customer, moment: Moment, scene: Scene) -> list[SaidOfAlerts]:
    """Look at a customer who has just been assessed: what is said. Sets the due day too."""
    held = customer.churn
    best = _best_tier(held, moment)
    if best > scene.rules.churn.lowest_tier or customer.disqualified:
        if held is not None:
            _forget(customer, held, best, moment, scene)
        return []
    if held is None:
        held = customer.churn = Churn()
    held.best_tier = best
    facts = _facts(customer, best, moment, scene)
    begun = _take(held, facts, moment, scene)
    waited = held.held_back and moment.today >= _ends_on(held, scene)
    said = _say(held, facts, moment, scene) if begun or waited else []
    _end(held, moment.at_us)
    change = next_change(customer, facts, moment.today, scene.rules, scene.calendar)
    customer.due = min(customer.due, change, _ends_on(held, scene))
    return said


class CaughtUp(NamedTuple):
    """What time alone has brought. `standing`: of today, where today is all that had to be done."""

    said: list[SaidOfAlerts]
    tier: int
    standing: Standing | None


def catch_up(customer: Customer, today: int, scene: Scene) -> CaughtUp:
    """Look at a customer on every day up to `today` on which time alone may bring an alert.

    So what is said doesn't depend on how many days are taken together. The customer's tier stays
    as it was.
    """
    said: list[SaidOfAlerts] = []
    day, tier = customer.due, customer.tier
    standing = None
    if day > today or (customer.churn is None and not _may_rise(customer)):
        return CaughtUp(said, tier, standing)
    begins_today, under = day == today, list(customer.under)
    while day <= today:
        tier_was = customer.tier
        customer.due = NEVER
        standing = assess(customer, day, scene.borders, scene.rules)
        customer.tier = standing.tier
        at_us = scene.calendar.start_of(day)
        said += consider(customer, Moment(day, at_us, tier_was, standing), scene)
        day = customer.due = min(customer.due, standing.due)
    tier_now, customer.tier = customer.tier, tier
    if begins_today:
        return CaughtUp(said, tier_now, standing)
    customer.under = under
    return CaughtUp(said, tier_now, None)


def _may_rise(customer: Customer) -> bool:
    """Whether time alone may make the customer important: a day leaves the window that took more
    than it gave, such as one with a cancellation whose order never came."""
    return any(day.revenue < 0 or day.orders < 0 or day.profit < 0 for day in customer.days)


def reasons_now(customer: Customer, today: int, scene: Scene) -> churn.Alert | None:
    """What an alert would say of a customer now; None where no reason holds."""
    if customer.churn is None:
        return None
    under = list(customer.under)
    standing = assess(customer, today, scene.borders, scene.rules)
    customer.under = under
    moment = Moment(today, 0, customer.tier, standing)
    return churn.score(_facts(customer, customer.churn.best_tier, moment, scene), scene.rules)


def _best_tier(held: Churn | None, moment: Moment) -> int:
    """The best tier since the newest order; a newer order begins anew with what it has changed."""
    best = moment.standing.tier
    if moment.tier_was != UNKNOWN:
        best = min(best, moment.tier_was)
    if held is not None and held.best_tier != UNKNOWN and not moment.newer_order:
        best = min(best, held.best_tier)
    return best


def _facts(customer: Customer, best: int, moment: Moment, scene: Scene) -> Facts:
    return facts_of(customer, moment.standing, best, moment.today, scene.rules, scene.calendar)


def _take(held: Churn, facts: Facts, moment: Moment, scene: Scene) -> bool:
    """Remember what holds now; whether something does that did not before."""
    weights = scene.rules.churn.weights
    severe = [one.complaint_id for one in facts.severe]
    overdue = [one.complaint_id for one in facts.overdue]
    stage = STAGES[facts.stage]
    said_anew = facts.stage != held.stage or moment.newer_order
    fell = facts.tier > moment.tier_was and UNKNOWN < moment.tier_was <= SMALL
    begun = (
        (stage is not None and said_anew and weights[stage])
        or (fell and weights["tier_fall"])
        or (facts.dropped and not held.revenue_drop and weights["revenue_drop"])
        or (severe and not set(severe) <= set(held.severe) and weights["severe_complaint"])
        or (overdue and not set(overdue) <= set(held.overdue) and weights["overdue_complaint"])
    )
    held.stage, held.revenue_drop = facts.stage, facts.dropped
    held.severe, held.overdue = severe, overdue
    return bool(begun)


def _say(held: Churn, facts: Facts, moment: Moment, scene: Scene) -> list[SaidOfAlerts]:
    alert = churn.score(facts, scene.rules)
    last = live(held, moment.at_us)
    held.held_back = alert is not None and last is not None and alert.severity <= last.severity
    if alert is None:
        return []  # what was held back holds no more
    if held.held_back:
        return [AlertHeldBack(moment.at_us)]
    held.severity = alert.severity
    held.until_us = moment.at_us + scene.rules.churn.cooldown_days * DAY_US
    return [AlertSaid(alert, moment.at_us, held.until_us, moment.standing)]


def _end(held: Churn, at_us: int) -> None:
    if held.severity and at_us >= held.until_us and not held.held_back:
        held.severity, held.until_us = 0, NO_DAY


def _ends_on(held: Churn, scene: Scene) -> int:
    """The first day that begins after the live alert has ended; NEVER: there is none."""
    return scene.calendar.day_of(held.until_us - 1) + 1 if held.severity else NEVER


def _forget(customer: Customer, held: Churn, best: int, moment: Moment, scene: Scene) -> None:
    """Nothing holds for who is not important enough; an alert that is live stays so."""
    _end(held, moment.at_us)
    if not held.severity:
        customer.churn = None
        return
    customer.churn = Churn(best_tier=best, severity=held.severity, until_us=held.until_us)
    customer.due = min(customer.due, _ends_on(held, scene))
