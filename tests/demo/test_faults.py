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
