"""A worker run by hand, to which a test sends literal events, and what it says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.domain.customer import Customer
from streams.domain.rules import parse_rules
from tests.engine.comparing import feed_all
from tests.engine.machine import Machine
from tests.oracle.records import CLOCK, InputRecord
from tests.oracle.sending import Sent, lay, tick

UNDAMPED = "[pyramid]\ndemotion_margin = 0\n"


class OneWorker:
    """All partitions of an application. Every `send` is one batch of each topic partition."""

    def __init__(self, rules: str = UNDAMPED, partitions: int = 1) -> None:
        self.machine = Machine(None, parse_rules(rules, "the test's rules"), partitions)
        self._partitions = partitions
        self._sent: list[Sent] = []
        self._fed = 0

    def send(self, *sent: Sent) -> None:
        """Send records, and fold them in; no chore is done."""
        self._sent += sent
        laid = lay(self._sent, self._partitions)
        feed_all(self.machine, laid[self._fed :], batch=5000)
        self._fed = len(laid)

    def tick_of_our_own(self, at: str, header: str, caught_up: bool) -> None:
        """A tick that the worker has made itself from the wall clock."""
        partition = self.machine.partitions[0]
        partition.caught_up = caught_up
        offset = partition.marker.positions.get(CLOCK, 0)
        value = tick(at).value
        feed_all(self.machine, [InputRecord(CLOCK, 0, offset, None, value, [(header, b"1")])])

    def rest(self) -> None:
        """Do all that time, borders and news ask for."""
        self.machine.rest()

    def said(self, topic: str, *fields: str) -> list[Any]:
        """What was said in a topic: one field of each value, or several as a tuple."""
        values = self.machine.values(topic)
        if len(fields) == 1:
            return [value[fields[0]] for value in values]
        return [tuple(value[field] for field in fields) for value in values]

    def topics_said(self, customer: str) -> Sequence[str]:
        """The topics in which something was said of a customer, in order."""
        return [write.topic for write in self.machine.said if write.key == customer.encode()]

    def customer(self, name: str) -> Customer | None:
        """The state of a customer."""
        key = name.encode()
        held = [partition.table.get(key) for partition in self.machine.partitions]
        return next((state for state in held if state is not None), None)

    def tally(self, topic: str) -> dict[str, int]:
        """What became of the records of a topic."""
        return {
            fate: number
            for partition in self.machine.partitions
            for (name, fate), number in partition.tally.items()
            if name == topic
        }
