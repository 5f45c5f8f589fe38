"""Of whom alerts are said: those who held `min_tier` since their newest order, and to whom."""

from __future__ import annotations

import pytest

from tests.agents.alerting import EVERY_FOURTH_DAY, Alerting, codes, said, worker
from tests.oracle.sending import cancellation, complaint, file, giving_back, order, tick


def test_the_tier_that_counts_is_that_held_before_the_silence() -> None:
    told = worker("[churn.weights]\ntier_fall = 0\nrevenue_drop = 0\nslipping = 0\n")
    told.then(*[order(f"big-{n}", "2024-02-01", 900_000 + n) for n in range(30)])
    assert told.machine.standings()["ann"]["tier"] == "small"
    (alert,) = [one for one in told.then(tick("2024-05-13")) if one["customer_id"] == "ann"]
    assert codes(alert) == ["dormant"]
    assert alert["tier"] == "small"


@pytest.mark.parametrize(("least", "heard"), [("medium", []), ("small", ["small-0"])])
def test_a_customer_under_min_tier_alerts_nobody(least: str, heard: list[str]) -> None:
    told = worker(f'[churn]\nmin_tier = "{least}"\n')
    told.then(complaint("small-0", "2024-01-14", severity=5))
    values = told.machine.values("churn-alerts")
    assert [value["customer_id"] for value in values] == heard


def bob_of_medium() -> Alerting:
    """bob is `medium`: of twenty customers three have brought more."""
    told = Alerting()
    told.send(*[order(f"big-{n}", "2024-01-13", 900_000 + n) for n in range(3)])
    told.send(order("bob", "2024-01-13", 500_000))
    told.send(*[order(f"tiny-{n}", "2024-01-13", 50 + n) for n in range(7)])
    told.crowd("2024-01-13")
    assert told.machine.standings()["bob"]["tier"] == "medium"
    return told


def test_a_fall_from_min_tier_alerts_and_one_from_a_tier_below_it_does_not() -> None:
    told = bob_of_medium()
    (alert,) = told.then(giving_back("bob", "2024-01-13", 499_990))
    assert codes(alert) == ["tier_fall"]
    assert alert["reasons"][0]["facts"] == {"from": "medium", "to": "small"}
    assert said(alert, "tier", "revenue") == ["small", 10]
    told = bob_of_medium()
    fell = told.then(cancellation("tiny-3", "2024-01-13", 53))
    assert told.machine.standings()["tiny-3"]["tier"] == "prospect"
    assert fell == []


def test_a_newer_order_begins_anew_with_the_tier_of_that_day() -> None:
    told = worker("[churn.weights]\ntier_fall = 0\nslipping = 0\nrevenue_drop = 0\n")
    told.then(*[order(f"big-{n}", "2024-02-01", 900_000 + n) for n in range(30)])
    told.then(order("ann", "2024-02-02", 100))
    assert [one for one in told.then(tick("2024-06-13")) if one["customer_id"] == "ann"] == []


def test_a_silence_that_an_order_of_long_ago_begins_anew_alerts_anew() -> None:
    told = worker()
    told.then(tick("2024-01-22"))
    assert told.then(tick("2024-02-02")) == []
    (alert,) = told.then(order("ann", "2024-01-14", 500))
    assert codes(alert) == ["slipping"]
    assert alert["reasons"][0]["facts"]["silent_days"] == 19


def test_what_began_before_borders_were_known_is_said_when_they_are() -> None:
    told = Alerting()
    told.send(
        *EVERY_FOURTH_DAY,
        order("small-0", "2024-01-13", 5),
        complaint("ann", "2024-01-13", severity=5),
    )
    assert told.alerts() == []
    told.rest()
    (alert,) = told.alerts()
    assert codes(alert) == ["severe_complaint"]


def test_alerts_go_to_the_account_manager_or_to_nobody_in_particular() -> None:
    told = worker("[churn.weights]\noverdue_complaint = 0\n")
    told.then(complaint("ann", "2024-01-14", severity=5))
    told.then(file("ann"), tick("2024-02-01"))
    writes = [write for write in told.machine.said if write.topic == "churn-alerts"]
    assert [(write.key, write.partition) for write in writes] == [
        (b"maya", None), (b"unassigned", None),
    ]  # fmt: skip
    assert [one["account_manager"] for one in told.alerts()] == ["maya", None]
    (headers,) = {tuple(name for name, _ in write.headers) for write in writes}
    assert set(headers) == {"ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"}
    assert len(headers) == 5
    assert dict(writes[0].headers)["ce_type"] == b"tierstream.churn-alerts"
    assert dict(writes[0].headers)["ce_id"].decode() == told.alerts()[0]["event_id"]


def test_of_a_customer_who_is_disqualified_nobody_is_told() -> None:
    told = worker()
    told.then(file("ann", account_manager="maya", disqualified=True))
    assert told.then(complaint("ann", "2024-01-14", severity=5), tick("2025-06-01")) == []
    (alert,) = worker().then(complaint("ann", "2024-01-14", severity=5))
    assert codes(alert) == ["severe_complaint"]
