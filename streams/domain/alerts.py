"""Alerts of a customer: which is live, and when a new one is due."""

from __future__ import annotations

from streams.domain.customer import Churn


def live(churn: Churn | None, at_us: int) -> Churn | None:
    """What is known of the alert whose cooldown still lasts at this instant, or None."""
    return churn if churn is not None and churn.severity and at_us < churn.until_us else None
