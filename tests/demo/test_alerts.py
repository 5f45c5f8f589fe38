"""Whose alerts the demo shows, and which, from a handful written out."""

from __future__ import annotations

from typing import Any

import pytest

from streams.demo.alerts import Alert, Alerts, Desk, alerts


def said(customer_id: str, manager: str | None, at_risk: int, **rest: Any) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "account_manager": manager,
        "at": "1998-06-25T00:00:00Z",
        "severity": "warn",
        "score": 55,
        "tier": "large",
        "revenue": 1_000,
        "revenue_at_risk": at_risk,
        "reasons": [{"text": "Silent."}, {"text": "Fell."}],
        "advice": "Call.",
        **rest,
    }


def test_the_busiest_are_those_with_the_most_alerts_from_a_day_on() -> None:
    values = [
        said("a", "maya", 5),
        said("b", "maya", 5),
        said("c", "noor", 900),
        said("d", "omar", 5),
        said("e", "omar", 5),
        said("f", "omar", 5),
        *[said(f"old-{n}", "noor", 5, at="1998-06-23T23:59:59Z") for n in range(9)],
        *[said(f"none-{n}", None, 5) for n in range(9)],
    ]
    found = alerts(values, since="1998-06-24")
    assert (found.alerts, found.managers) == (6, 3)
    assert [(desk.manager, desk.alerts) for desk in found.busiest] == [("omar", 3), ("maya", 2)]


def test_the_alerts_shown_are_those_with_the_most_at_risk() -> None:
    values = [said(name, "maya", at_risk) for name, at_risk in (("a", 7), ("b", 9), ("c", 9))]
    (desk,) = alerts(values, since="1998-06-24", shown=2).busiest
    assert [alert.customer_id for alert in desk.shown] == ["b", "c"]
    assert (desk.alerts, desk.customers, desk.revenue_at_risk) == (3, 3, 25)


def test_a_customer_alerted_of_twice_is_shown_as_last_said() -> None:
    values = [said("a", "maya", 900, severity="watch"), said("a", "maya", 40, severity="urgent")]
    (desk,) = alerts(values, since="1998-06-24").busiest
    assert (desk.alerts, desk.customers, desk.revenue_at_risk) == (2, 1, 40)
    assert [alert.severity for alert in desk.shown] == ["urgent"]


def test_all_that_is_shown_of_an_alert() -> None:
    assert alerts([said("a", "maya", 300)], since="1998-06-24") == Alerts(
        1,
        1,
        (
            Desk(
                "maya",
                1,
                1,
                300,
                (
                    Alert("1998-06-25", "a", "warn", 55, "large", 1_000, 300,
                          ("Silent.", "Fell."), "Call."),
                ),
            ),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("values", [[], [said("a", None, 5)]])
def test_without_alerts_nobody_is_busy(values: list[dict[str, Any]]) -> None:
    assert alerts(values, since="1998-06-24") == Alerts(0, 0, ())
