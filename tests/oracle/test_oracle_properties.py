"""What has to hold of any stream, for the oracle itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.oracle import OracleResult, Standing, recompute
from tests.oracle.actions import WALL_CLOCK, time_text
from tests.oracle.arrivals import arrivals
from tests.oracle.damping import above_without_reason, below_the_rule
from tests.oracle.rule_sets import rule_sets
from tests.oracle.sending import lay, tick
from tests.oracle.strategies import Stream, streams

_HELD = (None, "slipping", "dormant", "inactive")


def run(stream: Stream) -> OracleResult:
    return recompute(
        stream.records, partitions=stream.partitions, rules=stream.rules, wall_clock=WALL_CLOCK
    )


@given(streams())
def test_every_record_is_taken_repeated_or_dead(stream: Stream) -> None:
    result = run(stream)
    sent = Counter(record.topic for record in stream.records)
    counted = {t: c.taken + c.repeated + c.dead for t, c in result.counts.items()}
    assert {topic: count for topic, count in counted.items() if count} == sent
    assert len(result.dead) == sum(counts.dead for counts in result.counts.values())


@given(streams())
def test_what_is_said_is_an_unbroken_chain_that_ends_in_the_stage_held(stream: Stream) -> None:
    result = run(stream)
    for customer, said in result.said.items():
        held = None
        for event in said:
            assert event.held_before == held
            assert event.stage != held
            held = event.stage if event.stage in _HELD else None
        one = result.customers.get(customer)
        assert held == (one.stage if one else None)
    for customer, one in result.customers.items():
        assert one.stage is None or customer in result.said


@given(streams())
def test_what_is_said_goes_forward_in_time(stream: Stream) -> None:
    for said in run(stream).said.values():
        assert [event.at for event in said] == sorted(event.at for event in said)


@given(streams())
def test_the_undamped_tiers_need_no_damping(stream: Stream) -> None:
    result = run(stream)
    tiers = {customer: one.tier for customer, one in result.customers.items()}
    assert below_the_rule(result, tiers) == above_without_reason(result, tiers, stream.rules) == []


@given(streams(max_actions=20), st.sets(st.integers(1, 365), max_size=10))
def test_how_a_year_is_cut_by_ticks_changes_nothing_that_is_said(
    stream: Stream, days: set[int]
) -> None:
    sent = [one.sent for one in stream.emitted]
    ticks = [tick(time_text(WALL_CLOCK + timedelta(day))) for day in sorted(days)]
    jump = tick("2022-01-01T00:00:00Z")
    often, once = (
        recompute(
            lay(laid, stream.partitions),
            partitions=stream.partitions,
            rules=stream.rules,
            wall_clock=WALL_CLOCK + timedelta(365),
        )
        for laid in ([*sent, *ticks, jump], [*sent, jump])
    )
    assert often.said == once.said
    assert often.customers == once.customers


@given(st.data())
def test_any_order_of_arrival_gives_the_same_tables(data: st.DataObject) -> None:
    rules = rule_sets().map(lambda r: {**r, "business": {**r["business"], "window_days": 400}})
    stream = data.draw(streams(rules=rules, span_days=399, repeats=False))
    assert run(data.draw(arrivals(stream))).customers == run(stream).customers


@given(st.data())
def test_any_order_of_arrival_gives_the_same_sums_where_days_were_let_go(
    data: st.DataObject,
) -> None:
    stream = data.draw(streams(repeats=False))
    ours, theirs = run(stream).customers, run(data.draw(arrivals(stream))).customers
    assert {c: _sums(one) for c, one in ours.items()} == {c: _sums(o) for c, o in theirs.items()}


def _sums(one: Standing) -> Standing:
    """Without what comes of single days, which may have been let go."""
    return replace(
        one,
        stage=None,
        rfm=one.rfm[1:] if one.rfm else None,
        recency_days=None,
        usual_gap_days=None,
        first_order_day=None,
        last_order_day=None,
    )
