"""churn-alerts: a story for each reason, in literal times. What they say in words is in
`test_alert_texts`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.alerting import Alerting, codes
from tests.oracle.sending import (
    Sent,
    cancellation,
    complaint,
    erasure,
    file,
    giving_back,
    order,
    tick,
)

EVERY_FOURTH_DAY = [order("ann", f"2024-01-{day:02}", 100_000) for day in (1, 5, 9, 13)]


def worker(also: str = "", *more: Sent) -> Alerting:
    """ann is `super`: 4,000.00 CNY in orders of 1, 5, 9 and 13 January; her manager is maya."""
    told = Alerting(also)
    told.send(file("ann", name="Ann", account_manager="maya"), *EVERY_FOURTH_DAY, *more)
    told.crowd("2024-01-13")
    assert told.machine.standings()["ann"]["tier"] == "super"
    return told


def said(alert: dict[str, Any], *fields: str) -> list[Any]:
    return [alert[field] for field in fields]


def test_a_customer_who_becomes_slipping() -> None:
    told = worker()
    assert told.then(tick("2024-01-21")) == []
    (alert,) = told.then(tick("2024-01-22"))  # nine days: twice the usual gap of four is past
    assert alert.pop("event_id")
    assert alert.pop("rules")
    assert alert == {
        "customer_id": "ann",
        "account_manager": "maya",
        "severity": "watch",
        "score": 30,
        "reasons": [
            {
                "code": "slipping",
                "weight": 30,
                "text": "No order for 9 days, where one used to come every 4.",
                "facts": {
                    "silent_days": 9,
                    "usual_gap_days": 4.0,
                    "last_order_day": "2024-01-13",
                },
            }
        ],
        "tier": "super",
        "rfm": "455",
        "revenue": 400_000,
        "revenue_at_risk": 120_000,
        "advice": "Call within two days: ask whether the next order is planned, and what is in"
        " its way.",
        "cooldown_until": "2024-01-29T00:00:00Z",
        "at": "2024-01-22T00:00:00Z",
        "source": None,
    }


def test_a_customer_who_becomes_dormant() -> None:
    told = worker()
    told.then(tick("2024-05-12"))
    (alert,) = told.then(tick("2024-05-13"))
    assert codes(alert) == ["dormant", "revenue_drop"]
    assert said(alert, "at", "severity", "score", "revenue", "revenue_at_risk") == [
        "2024-05-13T00:00:00Z", "warn", 70, 400_000, 240_000,
    ]  # fmt: skip
    assert alert["reasons"][0]["text"] == "No order for 121 days, the last one on 2024-01-13."
    assert alert["advice"] == (
        "Call this week: ask what has changed, and offer a reason to order again."
    )


def test_a_customer_who_becomes_inactive() -> None:
    told = worker()
    told.then(tick("2025-01-11"))
    (alert,) = told.then(tick("2025-01-12"))
    assert codes(alert) == ["inactive", "tier_fall"]
    assert said(alert, "at", "severity", "score", "tier", "rfm") == [
        "2025-01-12T00:00:00Z", "urgent", 80, "inactive", "111",
    ]  # fmt: skip
    assert said(alert, "revenue", "revenue_at_risk") == [0, 0]
    assert alert["reasons"][0]["text"] == (
        "No order for 365 days, the last one on 2024-01-13: nothing is left in the window."
    )


def test_a_customer_who_falls_a_tier_by_an_event_of_their_own() -> None:
    told = worker("", order("bob", "2024-01-13", 350_000))
    (alert,) = told.then(giving_back("ann", "2024-01-13", 100_000))
    assert codes(alert) == ["tier_fall"]
    assert alert["reasons"][0]["facts"] == {"from": "super", "to": "medium"}
    assert alert["reasons"][0]["text"] == "Fell from super to medium."
    assert said(alert, "severity", "tier", "revenue", "source") == [
        "watch", "medium", 300_000, {"topic": "orders", "partition": 0, "offset": 14},
    ]  # fmt: skip


def test_a_customer_who_falls_a_tier_because_others_rise() -> None:
    told = worker()
    (alert,) = told.then(order("bob", "2024-01-14", 500_000))
    assert codes(alert) == ["tier_fall"]
    assert alert["reasons"][0]["facts"] == {"from": "super", "to": "medium"}
    assert said(alert, "at", "tier", "source") == ["2024-01-14T12:00:00Z", "medium", None]


def test_a_customer_who_falls_a_tier_by_the_very_order_that_ends_the_silence() -> None:
    told = Alerting('rank_by = "profit"\n')
    told.send(order("ann", "2024-01-13", 400_000, cost=0), order("bob", "2024-01-13", 900, cost=0))
    told.crowd("2024-01-13")
    (alert,) = told.then(order("ann", "2024-01-14", 100, cost=500_000))
    assert alert["reasons"][0]["facts"] == {"from": "super", "to": "medium"}
    assert codes(alert) == ["tier_fall"]


def test_from_outside_the_pyramid_nobody_falls() -> None:
    told = Alerting()
    told.send(order("ann", "2024-01-13", 400_000))
    told.crowd("2024-01-13")
    (*_, inactive) = told.then(tick("2025-02-01"))
    assert codes(inactive) == ["inactive", "tier_fall"]
    assert told.then(cancellation("ann", "2024-01-13", 400_000)) == []
    assert told.machine.standings()["ann"]["tier"] == "prospect"


@pytest.mark.parametrize("severity", [4, 5])
def test_a_severe_complaint_that_is_opened(severity: int) -> None:
    told = worker()
    opened = complaint("ann", "2024-01-14T09:00:00Z", complaint_id="k-7", severity=severity,
                       category="delivery")  # fmt: skip
    (alert,) = told.then(tick("2024-01-14"), opened)
    assert codes(alert) == ["severe_complaint"]
    assert said(alert, "at", "severity", "score") == ["2024-01-14T12:00:00Z", "warn", 45]
    assert said(alert, "revenue", "revenue_at_risk") == [400_000, 40_000]
    assert alert["source"] == {"topic": "complaints", "partition": 0, "offset": 0}
    (reason,) = alert["reasons"]
    assert reason["text"] == f"A complaint of severity {severity} (delivery) is open: k-7."
    assert reason["facts"] == {
        "complaint_id": "k-7",
        "severity": severity,
        "category": "delivery",
        "opened_at": "2024-01-14T09:00:00Z",
        "open_days": 0,
        "complaints": 1,
    }


def test_a_complaint_of_severity_3_alerts_nobody_but_one_left_open_for_over_five_days_does() -> (
    None
):
    told = worker("[churn.weights]\nslipping = 0\n")
    opened = complaint("ann", "2024-01-14T23:00:00Z", complaint_id="k-7")
    assert told.then(opened, tick("2024-01-19T23:30:00Z")) == []
    (alert,) = told.then(tick("2024-01-20T00:00:00Z"))
    assert codes(alert) == ["overdue_complaint"]
    assert said(alert, "at", "severity", "score") == ["2024-01-20T00:00:00Z", "watch", 25]
    assert alert["reasons"][0]["text"] == "A complaint (product) has been open for 6 days: k-7."


def test_a_complaint_solved_in_time_alerts_nobody() -> None:
    told = worker("[churn.weights]\nslipping = 0\n")
    told.then(complaint("ann", "2024-01-14"))
    solved = complaint("ann", "2024-01-15", step="resolved")
    assert told.then(solved, tick("2024-02-01")) == []


def test_each_complaint_that_is_left_open_alerts_on_a_day_of_its_own() -> None:
    told = worker("[churn.weights]\nslipping = 0\n")
    told.then(complaint("ann", "2024-01-14", complaint_id="a"))
    told.then(complaint("ann", "2024-01-25", complaint_id="b"))
    alerts = told.then(tick("2024-02-05"))
    assert [one["at"] for one in alerts] == ["2024-01-20T00:00:00Z", "2024-01-31T00:00:00Z"]
    facts = [one["reasons"][0]["facts"] for one in alerts]
    assert [(each["complaint_id"], each["complaints"]) for each in facts] == [("a", 1), ("a", 2)]


def test_a_reason_that_is_switched_off_says_nothing_of_those_that_hold() -> None:
    told = worker("[churn.weights]\nsevere_complaint = 0\noverdue_complaint = 0\n")
    told.then(tick("2024-01-22"))
    told.then(tick("2024-02-02"))
    assert told.then(complaint("ann", "2024-02-02", severity=5)) == []


def test_revenue_of_90_days_under_half_of_that_of_the_90_before() -> None:
    told = worker("[churn.weights]\nslipping = 0\n")
    # 5 January leaves the last 90 days on 4 April: half and half, which is not under half.
    assert told.then(tick("2024-04-07T23:59:59Z")) == []
    (alert,) = told.then(tick("2024-04-08"))
    assert codes(alert) == ["revenue_drop"]
    assert said(alert, "at", "severity", "score") == ["2024-04-08T00:00:00Z", "watch", 25]
    assert alert["reasons"][0]["facts"] == {
        "revenue_90_days": 100_000, "revenue_90_days_before": 300_000, "drop_percent": 66,
    }  # fmt: skip
    assert alert["reasons"][0]["text"] == (
        "Revenue of the last 90 days is 1,000.00 CNY, 66 % less than the 3,000.00 CNY of the 90"
        " days before."
    )


@pytest.mark.parametrize(
    ("stage", "day"),
    [("otherwise", "2024-01-14"), ("slipping", "2024-01-22"), ("dormant", "2024-05-13")],
)
def test_revenue_at_risk_goes_by_the_chance_of_loss_that_the_rules_give_to_the_stage(
    stage: str, day: str
) -> None:
    told = worker(f"[churn.chance_of_loss]\n{stage} = 0.025\n")
    opened = complaint("ann", day, complaint_id="k-7", severity=5)
    alert = told.then(tick(day), opened)[-1]
    assert said(alert, "revenue", "revenue_at_risk") == [400_000, 10_000]


# -- who is important enough


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
    told = worker()
    told.then(complaint("ann", "2024-01-14", severity=5))
    told.then(file("ann"), tick("2024-02-01"))
    writes = [write for write in told.machine.said if write.topic == "churn-alerts"]
    assert [(write.key, write.partition) for write in writes] == [
        (b"maya", None), (b"unassigned", None),
    ]  # fmt: skip
    assert [one["account_manager"] for one in told.alerts()] == ["maya", None]
    (headers,) = {tuple(name for name, _ in write.headers) for write in writes}
    assert headers == ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time")
    assert dict(writes[0].headers)["ce_type"] == b"tierstream.churn-alerts"
    assert dict(writes[0].headers)["ce_id"].decode() == told.alerts()[0]["event_id"]


# -- the cooldown


def test_several_reasons_at_once_are_one_alert_the_weightiest_first() -> None:
    told = worker()
    told.then(complaint("ann", "2024-01-16T12:00:00Z", complaint_id="k-7"))
    (alert,) = told.then(tick("2024-01-22"))
    assert codes(alert) == ["slipping", "overdue_complaint"]
    assert said(alert, "severity", "score") == ["warn", 55]


def test_nothing_is_repeated_in_the_cooldown_nor_said_after_it() -> None:
    told = worker("[churn.weights]\nslipping = 0\ntier_fall = 0\noverdue_complaint = 0\n")
    opened = [complaint("ann", f"2024-01-{day}T12:00:00Z", complaint_id=f"k-{day}", severity=5)
              for day in (14, 15, 16)]  # fmt: skip
    (alert,) = told.then(tick("2024-01-14"), opened[0])
    assert alert["cooldown_until"] == "2024-01-21T12:00:00Z"
    assert told.then(opened[1], opened[2], tick("2024-01-19")) == []
    assert told.tally("churn-alerts") == {"held_back": 2}
    assert told.then(tick("2024-01-30")) == [], "what was held back is not said later"
    again = complaint("ann", "2024-01-30", complaint_id="k-30", severity=5)
    (alert,) = told.then(again)
    assert said(alert, "at", "score") == ["2024-01-30T12:00:00Z", 45]
    assert alert["reasons"][0]["facts"]["complaints"] == 4


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


# -- time


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
def test_days_taken_together_say_what_days_taken_one_by_one_do(zone: str) -> None:
    rules = f'[business]\ntime_zone = "{zone}"\n'
    opened = complaint("ann", "2024-01-14T20:00:00Z", complaint_id="k-7")
    one_by_one, together = worker(rules, opened), worker(rules, opened)
    for month in range(1, 13):
        for day in range(14 if month == 1 else 1, 29):
            one_by_one.then(tick(f"2024-{month:02}-{day:02}"))
    one_by_one.then(tick("2025-02-01"))
    together.then(tick("2025-02-01"))

    def shown(told: Alerting) -> list[list[Any]]:
        fields = ("at", "severity", "score", "reasons", "tier", "revenue", "cooldown_until")
        return [said(alert, *fields) for alert in told.alerts()]

    assert shown(together) == shown(one_by_one)
    assert [codes(alert)[0] for alert in together.alerts()] == [
        "overdue_complaint", "slipping", "slipping", "dormant", "dormant", "inactive",
    ]  # fmt: skip


def test_a_worker_that_was_away_says_what_fell_due_before_the_event_that_ends_the_silence() -> None:
    told = worker()
    alerts = told.then(tick("2024-06-01"), order("ann", "2024-06-01", 500))
    assert [(one["at"], codes(one)[0], one["source"]) for one in alerts] == [
        ("2024-01-22T00:00:00Z", "slipping", None),
        ("2024-04-08T00:00:00Z", "slipping", None),
        ("2024-05-13T00:00:00Z", "dormant", None),
    ]
