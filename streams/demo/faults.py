"""What must hold after the demo's run, and sentences for what does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.outputs import SEVERITIES
from streams.demo.figures import Value

ORDERS = 69_659
CUSTOMERS = 23_570


def find_faults(
    standings: Sequence[Value], tier_changes: Sequence[Value], dead_letters: int
) -> list[str]:
    """A sentence for each promise that the run broke; none where everything is right.

    `tier_changes`: each customer's in the order in which the log has them.
    """
    faults = []
    if dead_letters:
        faults.append(f"{dead_letters:,} records became dead letters, though every order is good")
    if len(standings) != CUSTOMERS:
        faults.append(f"{len(standings):,} customers have a standing, not {CUSTOMERS:,}")
    tiers: dict[str, str | None] = {}
    broken = 0
    for change in tier_changes:
        broken += tiers.get(change["customer_id"]) != change["from"]
        tiers[change["customer_id"]] = change["to"]
    if broken:
        faults.append(f"{broken:,} tier-changes don't begin where the one before ended")
    apart = sum(tiers.get(standing["customer_id"]) != standing["tier"] for standing in standings)
    if apart:
        faults.append(f"{apart:,} customers stand elsewhere than their last tier-change says")
    return faults


def find_alert_faults(churn_alerts: Sequence[Value]) -> list[str]:
    """Likewise for the alerts, each customer's in the order in which the log has them."""
    faults = []
    unassigned = sum(alert["account_manager"] is None for alert in churn_alerts)
    if unassigned:
        faults.append(f"{unassigned:,} alerts went to nobody, though every customer is assigned")
    repeats = 0
    last: dict[str, Value] = {}
    for alert in churn_alerts:
        before = last.get(alert["customer_id"])
        repeats += before is not None and _repeats(alert, before)
        last[alert["customer_id"]] = alert
    if repeats:
        faults.append(f"{repeats:,} alerts were said in a cooldown without being more severe")
    return faults


def _repeats(alert: Value, before: Value) -> bool:
    cooling = datetime.fromisoformat(alert["at"]) < datetime.fromisoformat(before["cooldown_until"])
    return cooling and _severity(alert) <= _severity(before)


def _severity(alert: Value) -> int:
    return SEVERITIES.index(alert["severity"])
