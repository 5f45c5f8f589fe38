"""What is sent under pressure, made fast enough, and counted as it is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from streams.engine.partitioner import default_partition
from streams.engine.records import Write
from tests.oracle.records import CALL_LOGS, CUSTOMERS, ORDERS

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class Meant:
    """What the records made so far come to, if each event counts exactly once."""

    orders: int = 0
    revenue: int = 0
    calls: int = 0
    files: int = 0
    repeated: int = 0
    dead: int = 0

    @property
    def counted(self) -> int:
        """Events that count."""
        return self.orders + self.calls + self.files


class Writing:
    """Makes records for the topics of one prefix, with so many partitions."""

    def __init__(self, prefix: str, partitions: int) -> None:
        self.meant = Meant()
        self._prefix = prefix
        self._partitions = partitions
        self._random = Random(1)
        self._made = 0

    def orders(self, names: Iterable[str], days: float, since: datetime = BEGIN) -> Iterator[Write]:
        """An order of each name in turn, spread evenly over `days`; now and then one of them
        twice, and one that can't be used."""
        customers = list(names)
        step = timedelta(days=days) / max(len(customers), 1)
        for place, customer in enumerate(customers):
            written = self._order(customer, since + step * place)
            yield written
            if place % 1000 == 7:
                self.meant.repeated += 1
                yield written
            if place % 10_000 == 9:
                self.meant.dead += 1
                yield self._write(ORDERS, customer, b'{"customer_id":')

    def calls(self, names: Iterable[str]) -> Iterator[Write]:
        """A call of each name."""
        at = BEGIN.isoformat()
        for customer in names:
            self.meant.calls += 1
            yield self._write(CALL_LOGS, customer, (
                f'{{"event_id":"c","customer_id":"{customer}","call_id":"c","agent_id":"ann",'
                f'"called_at":"{at}","direction":"out","outcome":"reached"}}'
            ).encode())  # fmt: skip

    def files(self, names: Iterable[str], size: int) -> Iterator[Write]:
        """A file of each name, of `size` bytes."""
        section = "x" * size
        for customer in names:
            self.meant.files += 1
            value = f'{{"customer_id":"{customer}","name":"{customer}","about":"{section}"}}'
            yield self._write(CUSTOMERS, customer, value.encode())

    def picked(self, count: int, customers: int) -> Iterator[str]:
        """So many names, picked evenly."""
        return (f"c{self._random.randrange(customers):07d}" for _ in range(count))

    def _order(self, customer: str, at: datetime) -> Write:
        self._made += 1
        number, amount = self._made, int(self._random.paretovariate(1.2) * 1000)
        self.meant.orders += 1
        self.meant.revenue += amount
        return self._write(ORDERS, customer, (
            f'{{"event_id":"e{number}","customer_id":"{customer}","order_id":"o{number}",'
            f'"type":"placed","ordered_at":"{at.isoformat()}","amount":{amount}}}'
        ).encode())  # fmt: skip

    def _write(self, topic: str, customer: str, value: bytes) -> Write:
        key = customer.encode()
        return Write(self._prefix + topic, default_partition(key, self._partitions), key, value)
