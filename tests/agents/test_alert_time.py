"""Alerts don't depend on how days are taken together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.alerting import Alerting, codes, said, worker
from tests.oracle.sending import cancellation, complaint, order, tick


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
        return [[*said(alert, *fields), alert["rfm"][0]] for alert in told.alerts()]

    assert shown(together) == shown(one_by_one)
    assert len({alert["event_id"] for alert in together.alerts()}) == len(together.alerts())
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


def test_who_becomes_important_as_a_cancellation_leaves_the_window_alerts_as_of_that_day() -> None:
    told = Alerting('[business]\nwindow_days = 180\n[churn]\nmin_tier = "small"\n')
    told.send(complaint("bob", "2024-01-02", severity=3, complaint_id="k-1"))
    told.send(cancellation("bob", "2024-01-03", 5000), order("bob", "2024-02-03", 1000))
    told.crowd("2024-02-03")
    (alert,) = told.then(tick("2024-07-25"))
    assert codes(alert) == ["overdue_complaint", "revenue_drop"]
    assert alert["at"] == "2024-07-01T00:00:00Z"
