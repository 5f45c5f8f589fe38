"""A worker with customers of whom alerts are said, and what it says of them."""

from __future__ import annotations

from typing import Any

from tests.agents.one_worker import OneWorker
from tests.oracle.sending import Sent, file, order

#: Nine small customers beside whom one who spends more is `super`.
CROWD = [f"small-{number}" for number in range(9)]

EVERY_FOURTH_DAY = [order("ann", f"2024-01-{day:02}", 100_000) for day in (1, 5, 9, 13)]


class Alerting(OneWorker):
    """One worker; `also` are rules on top of those that keep damping out of the stories."""

    def __init__(self, also: str = "", partitions: int = 1) -> None:
        super().__init__(f"[pyramid]\ndemotion_margin = 0\n{also}", partitions)

    def crowd(self, day: str) -> None:
        """Nine small orders, so that whoever spends more is above them; then borders are known."""
        self.send(*[order(name, day, 100 + at) for at, name in enumerate(CROWD)])
        self.rest()

    def then(self, *sent: Sent) -> list[dict[str, Any]]:
        """Send, let everything come to rest, and return the alerts that this brought."""
        begun = len(self.alerts())
        self.send(*sent)
        self.rest()
        return self.alerts()[begun:]

    def alerts(self) -> list[dict[str, Any]]:
        """All alerts of who is not of the crowd, in order."""
        values = self.machine.values("churn-alerts")
        return [value for value in values if value["customer_id"] not in CROWD]


def codes(alert: dict[str, Any]) -> list[str]:
    """The codes of an alert's reasons."""
    return [reason["code"] for reason in alert["reasons"]]


def said(alert: dict[str, Any], *fields: str) -> list[Any]:
    """Some fields of an alert or a standing."""
    return [alert[field] for field in fields]


def worker(also: str = "", *more: Sent) -> Alerting:
    """ann is `super`: 4,000.00 CNY in orders of 1, 5, 9 and 13 January; her manager is maya."""
    told = Alerting(also)
    told.send(file("ann", name="Ann", account_manager="maya"), *EVERY_FOURTH_DAY, *more)
    told.crowd("2024-01-13")
    assert told.machine.standings()["ann"]["tier"] == "super"
    return told
