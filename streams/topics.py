"""Every topic, once: its name, what it is keyed by, and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the catalogue. `name` is without the prefix."""

    name: str
    role: Literal["input", "output", "internal"]
    compacted: bool = False
    partitions: Literal["inputs", "one"] = "inputs"  # as many as the inputs have, or one
    max_record_bytes: int | None = None  # None: the log's default


_INPUT_BYTES = 1_048_588  # Kafka's default
_WRAPPED_BYTES = 8 * _INPUT_BYTES  # what the largest input holds fits, escaped and wrapped
_LETTER_BYTES = 24 * _INPUT_BYTES  # and all its headers: of two bytes each they become 41

ORDERS = Topic("orders", "input")
CALL_LOGS = Topic("call-logs", "input")
COMPLAINTS = Topic("complaints", "input")
CUSTOMERS = Topic("customers", "input", compacted=True)
CLOCK = Topic("clock", "input")

TIER_CHANGES = Topic("tier-changes", "output", max_record_bytes=_WRAPPED_BYTES)
DORMANT_CUSTOMERS = Topic("dormant-customers", "output", max_record_bytes=_WRAPPED_BYTES)
CUSTOMER_STANDINGS = Topic(
    "customer-standings", "output", compacted=True, max_record_bytes=_WRAPPED_BYTES
)
CUSTOMER_ERASED = Topic("customer-erased", "output")
CHURN_ALERTS = Topic("churn-alerts", "output", max_record_bytes=_WRAPPED_BYTES)
DEAD_LETTERS = Topic("dead-letters", "output", max_record_bytes=_LETTER_BYTES)

PYRAMID_COUNTS = Topic(
    "pyramid-counts", "internal", compacted=True, partitions="one", max_record_bytes=_WRAPPED_BYTES
)
PYRAMID_BORDERS = Topic(
    "pyramid-borders", "internal", compacted=True, partitions="one", max_record_bytes=_WRAPPED_BYTES
)
PROGRESS = Topic("progress", "internal", compacted=True)
DEAD_LETTERS_RESENT = Topic("dead-letters-resent", "internal", compacted=True, partitions="one")

INPUTS = (ORDERS, CALL_LOGS, COMPLAINTS, CUSTOMERS, CLOCK)
OUTPUTS = (
    TIER_CHANGES,
    DORMANT_CUSTOMERS,
    CUSTOMER_STANDINGS,
    CUSTOMER_ERASED,
    CHURN_ALERTS,
    DEAD_LETTERS,
)
INTERNAL = (PYRAMID_COUNTS, PYRAMID_BORDERS, PROGRESS, DEAD_LETTERS_RESENT)
CATALOGUE = (*INPUTS, *OUTPUTS, *INTERNAL)


def changelog(app_id: str) -> Topic:
    """The changelog of the customers' states of one application."""
    return Topic(
        f"{app_id}-customers-changelog",
        "internal",
        compacted=True,
        max_record_bytes=_WRAPPED_BYTES,
    )
