"""What a published standing shows of a customer: where it changes, a new one is due."""

from __future__ import annotations

from typing import Any

from streams.domain.contact_fold import last_call, open_complaints
from streams.domain.customer import Customer
from streams.domain.orders_fold import newest_order_day


def visible(customer: Customer) -> tuple[Any, ...]:
    """What a standing shows, apart from recency and share."""
    churn = customer.churn
    alert = None if churn is None else (churn.severity, churn.until_us)
    if customer.contact is None:
        contact = None
    else:
        call = last_call(customer)
        contact = (open_complaints(customer), call and (call.called_us, call.outcome))
    return (
        customer.tier, customer.rfm, customer.revenue, customer.profit, customer.frequency,
        customer.stage, newest_order_day(customer), customer.account_manager, customer.name,
        alert, contact,
    )  # fmt: skip
