"""Several reasons are one alert, and in its cooldown only a more severe one is said."""

from __future__ import annotations

from tests.agents.alerting import codes, said, worker
from tests.oracle.sending import complaint, erasure, order, tick


def test_several_reasons_at_once_are_one_alert_the_weightiest_first() -> None:
    told = worker()
    told.then(complaint("ann", "2024-01-16T12:00:00Z", complaint_id="k-7"))
    (alert,) = told.then(tick("2024-01-22"))
    assert codes(alert) == ["slipping", "overdue_complaint"]
    assert said(alert, "severity", "score") == ["warn", 55]


def test_nothing_is_repeated_in_the_cooldown() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    opened = [complaint("ann", f"2024-01-{day}T12:00:00Z", complaint_id=f"k-{day}", severity=5)
              for day in (14, 15, 16)]  # fmt: skip
    (alert,) = told.then(tick("2024-01-14"), opened[0])
    assert alert["cooldown_until"] == "2024-01-21T12:00:00Z"
    assert told.then(opened[1], opened[2], tick("2024-01-19")) == []
    assert told.tally("churn-alerts") == {"held_back": 2}


def test_what_was_held_back_is_said_when_the_cooldown_has_ended() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    opened = [complaint("ann", f"2024-01-{day}T12:00:00Z", complaint_id=f"k-{day}", severity=5)
              for day in (14, 15, 16)]  # fmt: skip
    assert len(told.then(tick("2024-01-14"), *opened)) == 1
    assert told.then(tick("2024-01-21T23:59:59Z")) == []
    (alert,) = told.then(tick("2024-01-30"))
    assert said(alert, "at", "score", "cooldown_until") == [
        "2024-01-22T00:00:00Z", 45, "2024-01-29T00:00:00Z",
    ]  # fmt: skip
    assert alert["reasons"][0]["facts"]["complaints"] == 3
    assert told.then(tick("2024-03-01")) == [], "it is said once"


def test_a_severe_complaint_that_nobody_solves_is_told_again_after_the_cooldown() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\nrevenue_drop = 0\n")
    severe = complaint("ann", "2024-01-14T12:00:00Z", complaint_id="k-7", severity=5)
    (first,) = told.then(tick("2024-01-14"), severe)
    assert codes(first) == ["severe_complaint"]
    (again,) = told.then(tick("2024-01-31"))
    assert codes(again) == ["severe_complaint", "overdue_complaint"]
    assert said(again, "at", "severity", "score") == ["2024-01-22T00:00:00Z", "warn", 70]


def test_what_was_held_back_is_said_at_once_with_a_reason_that_begins_after_the_cooldown() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    opened = [complaint("ann", f"2024-01-{day}T12:00:00Z", complaint_id=f"k-{day}", severity=5)
              for day in (14, 15)]  # fmt: skip
    told.then(tick("2024-01-14"), *opened)
    assert told.then(order("ann", "2024-01-21T13:00:00Z", 100)) == []
    third = complaint("ann", "2024-01-21T13:00:00Z", complaint_id="k-21", severity=4)
    (alert,) = told.then(third)
    assert said(alert, "at", "cooldown_until") == ["2024-01-21T13:00:00Z", "2024-01-28T13:00:00Z"]
    assert alert["reasons"][0]["facts"]["complaints"] == 3
    assert told.then(tick("2024-03-01")) == []


def test_what_was_held_back_and_holds_no_more_is_not_said() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    opened = [complaint("ann", f"2024-01-{day}T12:00:00Z", complaint_id=f"k-{day}", severity=5)
              for day in (14, 15)]  # fmt: skip
    solved = [complaint("ann", "2024-01-16", step="resolved", complaint_id=f"k-{day}",
                        event_id=f"solved {day}") for day in (14, 15)]  # fmt: skip
    (first,) = told.then(tick("2024-01-14"), *opened, *solved)
    assert said(first, "at") == ["2024-01-14T12:00:00Z"]
    assert told.then(tick("2024-03-01")) == []


def test_the_cooldown_ends_at_its_instant() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", complaint_id="a", severity=5))
    told.send(tick("2024-01-21T11:59:59.999999Z"))
    assert told.then(complaint("ann", "2024-01-21T01:00:00Z", complaint_id="b", severity=5)) == []
    told.send(tick("2024-01-21T12:00:00Z"))
    (alert,) = told.then(complaint("ann", "2024-01-21T02:00:00Z", complaint_id="c", severity=5))
    assert alert["cooldown_until"] == "2024-01-28T12:00:00Z"


def test_an_alert_of_higher_severity_is_said_at_once_and_begins_a_new_cooldown() -> None:
    told = worker()
    (watch,) = told.then(tick("2024-01-22"))
    (urgent,) = told.then(complaint("ann", "2024-01-22T01:00:00Z", severity=4))
    assert [watch["severity"], urgent["severity"]] == ["watch", "urgent"]
    assert codes(urgent) == ["severe_complaint", "slipping"]
    assert urgent["cooldown_until"] == "2024-01-29T12:00:00Z"
    assert told.machine.standings()["ann"]["alert"] == "urgent"


def test_severity_may_rise_twice_in_one_cooldown_and_each_time_one_alert_is_said() -> None:
    told = worker("[churn.weights]\nsevere_complaint = 25\n")
    alerts = told.then(tick("2024-01-22"))
    for number in (1, 2):
        opened = complaint("ann", f"2024-01-22T0{number}:00:00Z", complaint_id=f"k-{number}",
                           severity=4)  # fmt: skip
        alerts += told.then(opened)
    alerts += told.then(tick("2024-01-28"))  # both are overdue by now
    assert [said(one, "severity", "score", "at") for one in alerts] == [
        ["watch", 30, "2024-01-22T00:00:00Z"],
        ["warn", 55, "2024-01-22T12:00:00Z"],
        ["urgent", 80, "2024-01-28T00:00:00Z"],
    ]
    assert told.tally("churn-alerts") == {"held_back": 1}


def test_with_a_cooldown_of_0_days_nothing_is_held_back() -> None:
    told = worker("[churn]\ncooldown_days = 0\n[churn.weights]\noverdue_complaint = 0\n")
    told.then(tick("2024-01-14"))
    for name in ("a", "b"):
        (alert,) = told.then(complaint("ann", "2024-01-14", event_id=name, complaint_id=name,
                                       severity=5))  # fmt: skip
        assert said(alert, "at", "cooldown_until") == ["2024-01-14T12:00:00Z"] * 2
    assert told.machine.standings()["ann"]["alert"] is None


def test_a_standing_shows_the_live_alert_until_the_day_after_it_ended() -> None:
    told = worker()
    told.then(tick("2024-01-22"))
    standing = told.machine.standings()["ann"]
    assert said(standing, "alert", "alert_until", "revenue_at_risk") == [
        "watch", "2024-01-29T00:00:00Z", 120_000,
    ]  # fmt: skip
    told.then(tick("2024-01-28T23:59:59Z"))
    assert told.machine.standings()["ann"]["alert"] == "watch"
    told.then(tick("2024-01-29T00:00:00Z"))
    assert said(told.machine.standings()["ann"], "alert", "alert_until") == [None, None]


def test_an_erasure_forgets_the_alert_and_its_cooldown() -> None:
    told = worker()
    told.then(tick("2024-01-22"))
    told.then(erasure("ann"))
    assert "ann" not in told.machine.standings()
    assert told.then(tick("2024-02-22")) == []
    again = [order("ann", f"2024-02-{day}", 100_000) for day in (23, 24)]
    (alert,) = told.then(*again, complaint("ann", "2024-02-24", severity=5))
    assert codes(alert) == ["severe_complaint"]


def test_an_alert_stays_live_of_a_customer_who_is_no_longer_important_enough() -> None:
    told = worker("[churn.weights]\nslipping = 0\nrevenue_drop = 0\ntier_fall = 0\n")
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", complaint_id="a", severity=5))
    told.send(*[order(f"big-{n}", "2024-01-15", 900_000 + n) for n in range(30)])
    told.rest()
    assert told.then(order("ann", "2024-01-16", 100)) == []
    assert said(told.machine.standings()["ann"], "tier", "alert") == ["small", "warn"]
    back = order("ann", "2024-01-17", 9_000_000)
    again = complaint("ann", "2024-01-17", complaint_id="b", severity=5)
    assert told.then(back, again) == [], "the cooldown lasts until 21 January, 12:00"
    assert said(told.machine.standings()["ann"], "tier", "alert") == ["super", "warn"]


def test_an_alert_of_a_customer_who_is_no_longer_important_enough_ends_in_time() -> None:
    told = worker("[churn.weights]\nslipping = 0\nrevenue_drop = 0\ntier_fall = 0\n")
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", complaint_id="a", severity=5))
    told.send(*[order(f"big-{n}", "2024-01-15", 900_000 + n) for n in range(30)])
    told.rest()
    told.then(order("ann", "2024-01-16", 100))
    told.then(tick("2024-01-21T11:59:59Z"))
    assert told.machine.standings()["ann"]["alert"] == "warn"
    told.then(tick("2024-01-22"))
    assert told.machine.standings()["ann"]["alert"] is None


def test_a_standing_of_after_the_very_instant_of_its_end_shows_no_alert() -> None:
    told = worker("[churn.weights]\nslipping = 0\noverdue_complaint = 0\ntier_fall = 0\n")
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", complaint_id="a", severity=5))
    told.then(tick("2024-01-21T12:00:00Z"), order("ann", "2024-01-21", 100))
    assert said(told.machine.standings()["ann"], "alert", "alert_until") == [None, None]
