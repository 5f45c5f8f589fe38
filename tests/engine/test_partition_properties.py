"""Any stream of events, cut and interleaved at will: the engine ends where the oracle does."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.customer import NO_DAY, Customer
from streams.domain.days import DAY_US, as_date, instant
from streams.domain.dormancy import usual_gap
from streams.domain.orders_fold import first_order_day, newest_order_day
from streams.engine.partition import Partition
from streams.engine.table import CustomerTable
from tests.engine.comparing import feed_all, said, shown
from tests.engine.machine import Machine
from tests.engine.memory_store import MemoryStore
from tests.engine.stories import Step, customers, play, silence_said, steps
from tests.oracle import OracleResult, Standing, recompute
from tests.oracle.actions import WALL_CLOCK, Emitted
from tests.oracle.arrivals import arrivals
from tests.oracle.damping import above_without_reason, below_the_rule
from tests.oracle.records import CLOCK, InputRecord
from tests.oracle.rule_sets import rule_sets
from tests.oracle.sending import tick
from tests.oracle.strategies import Stream, streams


def expected(stream: Stream) -> OracleResult:
    return recompute(
        stream.records, partitions=stream.partitions, rules=stream.rules, wall_clock=WALL_CLOCK
    )


def by_customer(machine: Machine, topic: str) -> dict[str, list[dict[str, Any]]]:
    values = defaultdict(list)
    for value in machine.values(topic):
        values[value["customer_id"]].append(value)
    return values


@given(streams(), steps())
def test_everybody_stands_where_the_oracle_says(stream: Stream, cut: list[Step]) -> None:
    standings = play(stream, cut).standings()
    assert {name: said(value) for name, value in standings.items()} == {
        name: shown(standing) for name, standing in expected(stream).customers.items()
    }


@given(streams(), steps())
def test_what_is_said_of_silence_is_what_the_oracle_says(stream: Stream, cut: list[Step]) -> None:
    assert silence_said(play(stream, cut)) == {
        customer: [(event.stage, event.held_before, event.at) for event in events]
        for customer, events in expected(stream).said.items()
    }


@given(streams(), steps())
def test_every_record_is_counted_repeated_or_dead_as_the_oracle_says(
    stream: Stream, cut: list[Step]
) -> None:
    machine, result = play(stream, cut), expected(stream)
    tally = sum((partition.tally for partition in machine.partitions), Counter())
    for topic, counts in result.counts.items():
        found = {what: number for (name, what), number in tally.items() if name == topic}
        assert found.pop("counted", 0) == counts.taken
        assert found.pop("repeated", 0) == counts.repeated
        assert sum(found.values()) == counts.dead
    letters = {(v["topic"], v["partition"], v["offset"]): v["code"]
               for v in machine.values("dead-letters")}  # fmt: skip
    assert letters.keys() == {(one.topic, one.partition, one.offset) for one in result.dead}
    for one in result.dead:
        assert one.code in (None, letters[one.topic, one.partition, one.offset])


@given(streams(), steps())
def test_the_tables_are_those_of_the_oracle(stream: Stream, cut: list[Step]) -> None:
    machine, result = play(stream, cut), expected(stream)
    window_days = stream.rules["business"]["window_days"]
    states = customers(machine)
    assert states.keys() == result.customers.keys()
    for name, standing in result.customers.items():
        assert_table(states[name], standing, window_days)


def assert_table(state: Customer, standing: Standing, window_days: int) -> None:
    assert state.lifetime_orders == standing.lifetime_orders
    assert state.lifetime_revenue == standing.lifetime_revenue
    assert _date(first_order_day(state)) == standing.first_order_day
    assert _date(newest_order_day(state)) == standing.last_order_day
    gap = usual_gap(state.days, window_days)
    mean = Fraction(gap.span, gap.order_days - 1) if gap.order_days >= 2 else None
    assert mean == standing.usual_gap_days


def _date(day: int) -> date | None:
    return None if day == NO_DAY else as_date(day)


# -- what is said hangs together, whatever the rules


def all_rules() -> st.SearchStrategy[dict[str, Any]]:
    """Rules with damping of every kind, and without."""
    margins = st.sampled_from([0.0, 0.0, 0.02, 0.5])
    graces = st.sampled_from([0, 0, 1, 30])
    return st.builds(_damped, rule_sets(), margins, graces)


def _damped(rules: dict[str, Any], margin: float, grace: int) -> dict[str, Any]:
    damping = {"demotion_margin": margin, "demotion_grace_days": grace}
    return {**rules, "pyramid": {**rules["pyramid"], **damping}}


@given(streams(rules=all_rules()), steps())
def test_the_tier_changes_of_a_customer_are_an_unbroken_chain(
    stream: Stream, cut: list[Step]
) -> None:
    machine = play(stream, cut)
    standings = machine.standings()
    changes = by_customer(machine, "tier-changes")
    assert changes.keys() >= standings.keys()
    for name, values in changes.items():
        assert [value["from"] for value in values] == [None, *[v["to"] for v in values[:-1]]]
        assert all(value["from"] != value["to"] for value in values)
        last = standings[name]["tier"] if name in standings else None
        assert values[-1]["to"] == last


@given(streams(rules=all_rules()), steps())
def test_the_stages_of_a_customer_are_an_unbroken_chain(stream: Stream, cut: list[Step]) -> None:
    machine = play(stream, cut)
    standings = machine.standings()
    for name, values in by_customer(machine, "dormant-customers").items():
        held = [_held(value["stage"]) for value in values]
        assert [value["from"] for value in values] == [None, *held[:-1]]
        assert held[-1] == (standings[name]["stage"] if name in standings else None)


def _held(stage: str) -> str | None:
    return None if stage in ("reactivated", "cleared") else stage


@given(streams(rules=all_rules()), steps())
def test_no_two_events_have_one_id(stream: Stream, cut: list[Step]) -> None:
    machine = play(stream, cut)
    for topic in ("tier-changes", "dormant-customers", "customer-erased", "churn-alerts",
                  "dead-letters"):  # fmt: skip
        ids = [value["event_id"] for value in machine.values(topic)]
        assert len(ids) == len(set(ids))
    ids = [value["event_id"] for value in machine.values("customer-standings")]
    assert len(ids) == len(set(ids))


@given(streams(rules=all_rules()), steps())
def test_the_standings_published_are_those_of_the_table(stream: Stream, cut: list[Step]) -> None:
    machine = play(stream, cut)
    standings = machine.standings()
    states = customers(machine)
    assert standings.keys() == states.keys()
    for name, state in states.items():
        assert standings[name]["revenue"] == state.revenue
        assert standings[name]["profit"] == state.profit
        assert standings[name]["frequency"] == state.frequency
        assert standings[name]["rfm"] == (str(state.rfm) if state.rfm else None)


@given(streams(rules=all_rules()), st.integers(1, 3))
def test_days_that_change_nothing_but_recency_publish_no_standing(
    stream: Stream, days: int
) -> None:
    machine = play(stream)
    before, told = machine.standings(), len(machine.said)
    alerted = {name for name, one in customers(machine).items() if one.churn and one.churn.severity}
    for number, partition in enumerate(machine.partitions):
        later = instant((partition.stream_time_us or 0) + days * DAY_US)
        feed_all(machine, [_tick(machine, number, later)])
    machine.rest()
    machine.said = machine.said[told:]
    moved = by_customer(machine, "tier-changes").keys() | silence_said(machine).keys()
    moved |= alerted | by_customer(machine, "churn-alerts").keys()
    for name, value in machine.standings().items():
        assert said(value) != said(before[name]) or name in moved


def _tick(machine: Machine, number: int, now: datetime) -> InputRecord:
    offset = machine.partitions[number].marker.positions.get(CLOCK, 0)
    return InputRecord(CLOCK, number, offset, None, tick(now.isoformat()).value)


# -- damping


@given(streams(rules=rule_sets(demotion_margin=0.1)), steps())
def test_nobody_stands_below_the_rule_nor_above_it_beyond_the_margin(
    stream: Stream, cut: list[Step]
) -> None:
    result = expected(stream)
    tiers = {name: value["tier"] for name, value in play(stream, cut).standings().items()}
    assert below_the_rule(result, tiers) == []
    assert above_without_reason(result, tiers, stream.rules) == []


@given(streams(rules=all_rules()), steps())
def test_nobody_stands_below_the_rule_whatever_the_damping(stream: Stream, cut: list[Step]) -> None:
    tiers = {name: value["tier"] for name, value in play(stream, cut).standings().items()}
    assert below_the_rule(expected(stream), tiers) == []


@given(streams(), st.integers(1, 40))
def test_nobody_stands_above_the_rule_in_a_tier_beyond_the_days_of_grace(
    stream: Stream, grace: int
) -> None:
    damped = replace(stream, partitions=1, rules=_damped(stream.rules, 0.0, grace))
    machine = play(damped)
    before = _above_the_rule(machine, expected(damped))
    at_us = machine.partitions[0].stream_time_us or 0
    later = tick(instant(at_us + grace * DAY_US).isoformat())
    feed_all(machine, [_tick(machine, 0, instant(at_us + grace * DAY_US))])
    machine.rest()
    grown = replace(damped, emitted=(*damped.emitted, Emitted(10**6, later)))
    after = _above_the_rule(machine, expected(grown))
    assert before & after == set()


def _above_the_rule(machine: Machine, result: OracleResult) -> set[tuple[str, str]]:
    tiers = {name: value["tier"] for name, value in machine.standings().items()}
    assert below_the_rule(result, tiers) == []
    return {(name, tier) for name, tier in tiers.items() if tier != result.customers[name].tier}


# -- the changelog


def empty_table(partition: Partition) -> tuple[MemoryStore, CustomerTable]:
    """A store with nothing in it, and a table like the partition's on it."""
    store = MemoryStore()
    by_revenue = partition.rules.rank_by == "revenue"
    return store, CustomerTable(store, by_revenue)  # type: ignore[arg-type]


def assert_same(store: MemoryStore, table: CustomerTable, partition: Partition) -> None:
    assert store.items == partition.table.store.items  # type: ignore[attr-defined]
    assert table.counts.cells == partition.table.counts.cells
    assert table.counts.customers == partition.table.counts.customers


@given(streams(rules=all_rules()), steps(), st.integers(0, 200), st.integers(1, 9))
def test_the_changelog_rebuilds_the_store_entry_by_entry(
    stream: Stream, cut: list[Step], kept: int, chunk: int
) -> None:
    machine = play(stream, cut)
    for partition, changelog in zip(machine.partitions, machine.changelogs, strict=True):
        store, table = empty_table(partition)
        for at in range(0, len(changelog), chunk):
            table.restore(dict(changelog[at : at + chunk]))
        table.restore(dict(changelog[kept:]))  # once more from the middle: it does no harm
        table.count_all()
        assert_same(store, table, partition)


@given(streams(rules=all_rules()), steps(), st.integers(1, 9))
def test_a_store_that_is_filled_and_then_indexed_is_the_same(
    stream: Stream, cut: list[Step], chunk: int
) -> None:
    machine = play(stream, cut)
    for partition, changelog in zip(machine.partitions, machine.changelogs, strict=True):
        store, table = empty_table(partition)
        for at in range(0, len(changelog), chunk):
            table.fill(dict(changelog[at : at + chunk]).items())
            if at % 2:
                list(table.indexing(5))  # before all was there, as where it was broken off
        list(table.indexing(5))
        assert_same(store, table, partition)


# -- the order of arrival


@given(st.data())
def test_any_order_of_arrival_ends_in_the_same_standings(data: st.DataObject) -> None:
    rules = rule_sets().map(lambda r: {**r, "business": {**r["business"], "window_days": 400}})
    stream = data.draw(streams(rules=rules, span_days=399, repeats=False, max_actions=25))
    ours = play(stream).standings()
    theirs = play(data.draw(arrivals(stream)), data.draw(steps())).standings()
    assert {n: said(v) for n, v in ours.items()} == {n: said(v) for n, v in theirs.items()}
