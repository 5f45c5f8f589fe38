"""What goes into the oracle: input records, in the order in which they are processed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ORDERS = "orders"
CALL_LOGS = "call-logs"
COMPLAINTS = "complaints"
CUSTOMERS = "customers"
CLOCK = "clock"
INPUT_TOPICS = (ORDERS, CALL_LOGS, COMPLAINTS, CUSTOMERS, CLOCK)


@dataclass(frozen=True, slots=True)
class InputRecord:
    """One record of an input topic; the topic's name is without the prefix."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
