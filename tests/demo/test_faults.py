"""The demo says so where the run went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from streams.demo import faults


@pytest.fixture(autouse=True)
def _two_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "CUSTOMERS", 2)


STANDINGS = [{"customer_id": "a", "tier": "large"}, {"customer_id": "b", "tier": "small"}]


def change(customer_id: str, origin: str | None, target: str) -> dict[str, Any]:
    return {"customer_id": customer_id, "from": origin, "to": target}


CHANGES = [change("a", None, "small"), change("b", None, "small"), change("a", "small", "large")]


def test_a_run_in_which_everything_fits_has_no_faults() -> None:
    assert faults.find_faults(STANDINGS, CHANGES, dead_letters=0) == []


def test_dead_letters_are_a_fault() -> None:
    assert faults.find_faults(STANDINGS, CHANGES, dead_letters=3) == [
        "3 records became dead letters, though every order is good"
    ]


def test_a_missing_customer_is_a_fault() -> None:
    assert faults.find_faults(STANDINGS[:1], CHANGES, dead_letters=0) == [
        "1 customers have a standing, not 2"
    ]


def test_a_chain_with_a_missing_link_is_a_fault() -> None:
    changes = [*CHANGES, change("b", "medium", "small")]
    assert faults.find_faults(STANDINGS, changes, dead_letters=0) == [
        "1 tier-changes don't begin where the one before ended"
    ]


def test_a_standing_that_the_tier_changes_do_not_lead_to_is_a_fault() -> None:
    assert faults.find_faults(STANDINGS, CHANGES[:2], dead_letters=0) == [
        "1 customers stand elsewhere than their last tier-change says"
    ]


def alert(at: str, severity: str, **rest: Any) -> dict[str, Any]:
    return {
        "customer_id": "a",
        "account_manager": "maya",
        "at": at,
        "severity": severity,
        "cooldown_until": f"1998-06-{int(at[8:10]) + 7:02}T00:00:00Z",
        **rest,
    }


def test_alerts_that_go_to_somebody_and_repeat_nothing_have_no_fault() -> None:
    said = [
        alert("1998-06-01T00:00:00Z", "watch"),
        alert("1998-06-02T00:00:00Z", "urgent"),
        alert("1998-06-02T00:00:00Z", "watch", customer_id="b"),
        alert("1998-06-09T00:00:00Z", "watch"),
    ]
    assert faults.find_alert_faults(said) == []


def test_a_repeat_in_the_cooldown_and_an_alert_to_nobody_are_faults() -> None:
    said = [
        alert("1998-06-01T00:00:00Z", "warn"),
        alert("1998-06-07T23:59:59Z", "warn"),
        alert("1998-06-08T00:00:00Z", "watch", account_manager=None),
    ]
    assert faults.find_alert_faults(said) == [
        "1 alerts went to nobody, though every customer is assigned",
        "2 alerts were said in a cooldown without being more severe",
    ]
