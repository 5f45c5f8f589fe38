"""churn-alerts: a story for each reason, in literal times. What they say in words is in
`test_alert_texts`.
"""

from __future__ import annotations

import pytest

from tests.agents.alerting import Alerting, codes, said, worker
from tests.oracle.sending import cancellation, complaint, giving_back, order, tick


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
