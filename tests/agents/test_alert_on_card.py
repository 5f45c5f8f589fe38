"""The live alert on a customer's card: what was said, and why it holds today."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.card import card_of
from tests.agents.alerting import Alerting
from tests.oracle.sending import complaint, order, tick

ORDERS = [order("ann", f"2024-01-{day:02}", 100_000) for day in (1, 5, 9, 13)]


def worker(language: str = "en") -> Alerting:
    told = Alerting(f'[churn]\nlanguage = "{language}"\n')
    told.send(*ORDERS)
    told.crowd("2024-01-13")
    return told


def card(told: Alerting, name: str = "ann") -> dict[str, Any]:
    found = card_of(told.machine.partitions[0], name)
    assert found is not None
    return found


def texts(alert: dict[str, Any]) -> list[str]:
    return [reason.text for reason in alert["reasons"]]


@pytest.mark.parametrize(
    ("language", "text", "advice"),
    [
        (
            "en",
            "No order for 11 days, where one used to come every 4.",
            "Call within two days: ask whether the next order is planned, and what is in its way.",
        ),
        (
            "zh",
            "已 11 天没有下单，平时大约每 4 天一单。",
            "请两天内致电：询问下一单的计划，以及遇到了什么阻碍。",
        ),
    ],
)
def test_the_card_shows_the_live_alert_with_the_reasons_that_hold_today(
    language: str, text: str, advice: str
) -> None:
    told = worker(language)
    told.then(tick("2024-01-22"))
    told.then(tick("2024-01-24"))
    found = card(told)
    assert found["standing"]["alert"] == "watch"
    assert found["standing"]["revenue_at_risk"] == 120_000
    alert = found["alert"]
    assert (alert["severity"], alert["score"]) == ("watch", 30)
    assert alert["until"] == datetime(2024, 1, 29, tzinfo=UTC)
    assert texts(alert) == [text]
    assert alert["advice"] == advice


def test_a_reason_that_came_in_the_cooldown_is_on_the_card_too() -> None:
    told = worker()
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", complaint_id="a", severity=5))
    told.then(complaint("ann", "2024-01-15", complaint_id="b", severity=4), tick("2024-01-20"))
    (alert,) = told.alerts()
    shown = card(told)["alert"]
    assert texts(shown) == [
        "A complaint of severity 5 (product) is open: a.",
        "A complaint (product) has been open for 6 days: a.",
    ]
    assert [reason.facts["complaints"] for reason in shown["reasons"]] == [2, 1]
    assert [reason["facts"]["complaints"] for reason in alert["reasons"]] == [1]


def test_an_alert_whose_reason_has_gone_is_live_without_one_until_its_cooldown_ends() -> None:
    told = worker()
    told.then(tick("2024-01-22"))
    told.then(order("ann", "2024-01-25", 500))
    alert = card(told)["alert"]
    assert (alert["severity"], alert["score"], alert["reasons"]) == ("watch", 0, [])
    assert alert["advice"] is None
    told.then(tick("2024-01-28T23:59:59Z"))
    assert card(told)["alert"] is not None
    told.then(tick("2024-01-29"))
    assert card(told)["alert"] is None
    assert card(told)["standing"]["alert"] is None


def test_an_alert_is_on_the_card_up_to_the_very_instant_at_which_its_cooldown_ends() -> None:
    told = worker()
    told.then(tick("2024-01-14"), complaint("ann", "2024-01-14", severity=5))
    told.send(tick("2024-01-21T11:59:59Z"))
    assert card(told)["alert"] is not None
    told.send(tick("2024-01-21T12:00:00Z"))
    assert card(told)["alert"] is None


def test_who_was_not_alerted_of_has_no_alert_on_the_card() -> None:
    told = worker()
    told.then(tick("2024-01-22"))
    assert card(told, "small-0")["alert"] is None
