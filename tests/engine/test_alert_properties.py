"""Alerts of any story, cut into batches and interrupted at will."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outputs import SEVERITIES
from streams.domain.days import instant
from streams.engine.partitioner import default_partition
from tests.engine.alert_stories import alert_stories
from tests.engine.crashing import CrashingMachine, Kill
from tests.engine.machine import Machine
from tests.engine.stories import Step, play, rules_of, steps
from tests.oracle.strategies import Stream

SHOWN = ("at", "severity", "score", "revenue", "cooldown_until", "source")


def alerts(machine: Machine) -> dict[str, list[dict[str, Any]]]:
    """The alerts of each customer, in order."""
    found = defaultdict(list)
    for value in machine.values("churn-alerts"):
        found[value["customer_id"]].append(value)
    return dict(found)


def shown(machine: Machine) -> dict[str, list[Any]]:
    """What of them doesn't depend on where others stand."""
    return {
        name: [[*(value[field] for field in SHOWN), value["reasons"]] for value in values]
        for name, values in alerts(machine).items()
    }


def held_back(machine: Machine) -> int:
    tally = sum((partition.tally for partition in machine.partitions), Counter())
    return tally["churn-alerts", "held_back"]


@given(alert_stories(falls=False), steps())
def test_alerts_are_the_same_however_records_and_days_are_taken_together(
    story: Stream, cut: list[Step]
) -> None:
    whole, in_pieces = play(story), play(story, cut)
    assert shown(in_pieces) == shown(whole)
    assert held_back(in_pieces) == held_back(whole)


kills = st.lists(
    st.sampled_from([None, "before the log has it", "before the store has it"]),
    min_size=20,
    max_size=60,
)


@given(alert_stories(falls=False), steps(), kills)
def test_alerts_are_unbroken_under_a_kill_between_any_two_steps(
    story: Stream, cut: list[Step], kills: list[Kill]
) -> None:
    crashing = CrashingMachine(rules_of(story), story.partitions, kills)
    play(story, cut, crashing)
    assert shown(crashing) == shown(play(story))
    ids = [value["event_id"] for value in crashing.values("churn-alerts")]
    assert len(ids) == len(set(ids))


@settings(max_examples=50)
@given(alert_stories(falls=True), steps(), kills)
def test_in_the_cooldown_an_alert_is_said_only_where_severity_rises_whatever_is_killed(
    story: Stream, cut: list[Step], kills: list[Kill]
) -> None:
    machine = CrashingMachine(rules_of(story), story.partitions, kills)
    play(story, cut, machine)
    ids = [value["event_id"] for value in machine.values("churn-alerts")]
    assert len(ids) == len(set(ids))
    erased = {value["customer_id"] for value in machine.values("customer-erased")}
    days = timedelta(days=story.rules["churn"]["cooldown_days"])
    for name, values in alerts(machine).items():
        for value in values:
            assert _time(value["cooldown_until"]) == _time(value["at"]) + days
        if name in erased:
            continue
        for before, after in pairwise(values):
            assert _time(after["at"]) >= _time(before["at"])
            if _time(after["at"]) < _time(before["cooldown_until"]):
                assert _severity(after) > _severity(before)


@settings(max_examples=50)
@given(alert_stories(falls=True), steps())
def test_an_alert_adds_up(story: Stream, cut: list[Step]) -> None:
    for values in alerts(play(story, cut)).values():
        for value in values:
            weights = [reason["weight"] for reason in value["reasons"]]
            assert weights == sorted(weights, reverse=True)
            assert value["score"] == min(sum(weights), 100)
            codes = [reason["code"] for reason in value["reasons"]]
            assert len(codes) == len(set(codes)) >= 1
            assert len({"slipping", "dormant", "inactive"} & set(codes)) <= 1


@settings(max_examples=50)
@given(alert_stories(falls=True), steps())
def test_a_standing_shows_the_last_alert_while_its_cooldown_lasts(
    story: Stream, cut: list[Step]
) -> None:
    machine = play(story, cut)
    erased = {value["customer_id"] for value in machine.values("customer-erased")}
    last = {name: values[-1] for name, values in alerts(machine).items()}
    for name, standing in machine.standings().items():
        alert = last.get(name)
        if standing["alert"] is not None:
            assert alert is not None
            assert standing["alert"] == alert["severity"]
            assert standing["alert_until"] == alert["cooldown_until"]
        elif alert is not None and name not in erased:
            number = default_partition(name.encode(), story.partitions)
            now = machine.partitions[number].stream_time_us
            assert now is not None
            assert _time(alert["cooldown_until"]) <= instant(now)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _severity(alert: dict[str, Any]) -> int:
    return SEVERITIES.index(alert["severity"])
