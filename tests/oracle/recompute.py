"""Everything put together: input records in, the whole result out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.dormancy import Silence
from tests.oracle.events import ContactEvent, ErasureEvent, FileEvent, OrderEvent
from tests.oracle.fields import day_of
from tests.oracle.intake import Intake, Taken, take_in
from tests.oracle.ranking import Figures, Ranking, rank_value
from tests.oracle.records import InputRecord
from tests.oracle.results import DormancyEvent, OracleResult, Standing
from tests.oracle.rules import Rules, read_rules

FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)


def recompute(
    records: Iterable[InputRecord],
    *,
    partitions: int,
    rules: Mapping[str, Any] | None = None,
    wall_clock: datetime = FAR_FUTURE,
) -> OracleResult:
    """What has to come out after `records`, at rest and with damping off.

    `records` are in the order in which each partition processes them, the topics mixed as they
    are; `partitions` is the number that the inputs have; `rules` is shaped like the TOML.
    """
    exact_rules = read_rules(rules)
    intake = take_in(records, exact_rules, wall_clock, partitions)
    said: dict[str, list[DormancyEvent]] = {}
    silences: dict[str, Silence] = {}
    lives: dict[str, list[Taken]] = {}
    for customer, taken in intake.taken.items():
        for life in _lives(taken):
            silence = _live(customer, life, intake, exact_rules)
            said.setdefault(customer, []).extend(silence.said)
            if life and not isinstance(life[-1].event, ErasureEvent):
                silences[customer], lives[customer] = silence, life
    return OracleResult(
        customers=_standings(silences, lives, intake, exact_rules),
        counts=intake.counts,
        dead=intake.dead,
        said={customer: events for customer, events in said.items() if events},
        erasures=_erasures(intake),
        stream_times=intake.stream_times,
    )


def _lives(taken: list[Taken]) -> list[list[Taken]]:
    """A customer's events, cut behind each erasure: after it the customer is unknown."""
    lives: list[list[Taken]] = [[]]
    for one in taken:
        lives[-1].append(one)
        if isinstance(one.event, ErasureEvent):
            lives.append([])
    return lives


def _live(customer: str, life: list[Taken], intake: Intake, rules: Rules) -> Silence:
    """One life from its first event to its erasure, or to the partition's stream time."""
    silence = Silence(customer, rules)
    for taken in life:
        silence.live(taken)
    now = intake.stream_times.get(intake.partitions[customer])
    if now is not None and life and not isinstance(life[-1].event, ErasureEvent):
        silence.fall_due(now)
    return silence


def _erasures(intake: Intake) -> dict[str, int]:
    counted = {
        customer: sum(isinstance(one.event, ErasureEvent) for one in taken)
        for customer, taken in intake.taken.items()
    }
    return {customer: count for customer, count in counted.items() if count}


def _standings(
    silences: dict[str, Silence], lives: dict[str, list[Taken]], intake: Intake, rules: Rules
) -> dict[str, Standing]:
    everyone = {
        customer: _figures(
            life, silences[customer], intake.stream_times.get(intake.partitions[customer]), rules
        )
        for customer, life in lives.items()
    }
    ranking = Ranking(everyone, rules)
    return {
        customer: _standing(figures, silences[customer], ranking, rules)
        for customer, figures in everyone.items()
    }


def _figures(life: list[Taken], silence: Silence, now: datetime | None, rules: Rules) -> Figures:
    """The sums over the window, from the list of all events of this life."""
    events = [taken.event for taken in life]
    orders = [event for event in events if isinstance(event, OrderEvent)]
    files = [event for event in events if isinstance(event, FileEvent)]
    newest = silence.kept.newest()
    window: list[OrderEvent] = []
    recency_days = None
    if now is not None:
        today = day_of(now, rules.zone)
        since = today - timedelta(rules.window_days)
        window = [order for order in orders if day_of(order.ordered_at, rules.zone) > since]
        recency_days = None if newest is None else (today - newest).days
    return Figures(
        revenue=sum(order.revenue for order in window),
        profit=sum(order.profit for order in window),
        unknown_profit=sum(order.unknown_profit for order in window),
        frequency=sum(order.orders for order in window),
        lifetime_orders=sum(order.orders for order in orders),
        recency_days=recency_days,
        has_contact=any(isinstance(event, OrderEvent | ContactEvent) for event in events),
        is_disqualified=bool(files) and files[-1].disqualified,
    )


def _standing(figures: Figures, silence: Silence, ranking: Ranking, rules: Rules) -> Standing:
    return Standing(
        tier=ranking.tier(figures),
        stage=silence.stage,
        rfm=ranking.rfm(figures),
        revenue=figures.revenue,
        profit=figures.profit,
        unknown_profit=figures.unknown_profit,
        frequency=figures.frequency,
        recency_days=figures.recency_days,
        usual_gap_days=silence.kept.usual_gap(),
        first_order_day=silence.kept.first(),
        last_order_day=silence.kept.newest(),
        lifetime_orders=silence.kept.lifetime_orders,
        lifetime_revenue=silence.kept.lifetime_revenue,
        rank_value=rank_value(figures, rules) if figures.is_active else None,
        share=ranking.share(figures) if figures.is_active else None,
    )
