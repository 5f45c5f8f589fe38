"""A machine that is killed between folding and committing, or between the log and the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any, Literal

from streams.domain.rules import Rules
from streams.engine.marker import decode_marker, encode_marker
from streams.engine.partition import Partition
from streams.engine.records import Record
from tests.engine.machine import Machine

Kill = Literal["before the log has it", "before the store has it"] | None


class CrashingMachine(Machine):
    """At each commit the next of `kills` is done, as long as there are any.

    What the log has not got is gone, as after a kill; what it has got is recovered from it.
    """

    def __init__(self, rules: Rules, partitions: int, kills: Sequence[Kill]) -> None:
        self._kills: Iterator[Kill] = chain(kills, repeat(None))
        super().__init__(None, rules, partitions, slices=2)
        self._markers = [encode_marker(each.marker) for each in self.partitions]

    def feed(self, number: int, topic: str, records: Sequence[Record]) -> None:
        """As the log does: what was not counted is read again."""
        end = records[-1].offset + 1
        while self.partitions[number].marker.positions.get(topic, 0) < end:
            super().feed(number, topic, records)

    def commit(self, partition: Partition) -> None:
        number, kill = partition.identity.number, next(self._kills)
        if kill == "before the log has it":
            self._restart_at(number, self._markers[number])
            return
        store: Any = partition.table.store
        before, told = dict(store.items), len(self.changelogs[number])
        super().commit(partition)
        self._markers[number] = encode_marker(partition.marker)
        if kill == "before the store has it":
            store.items = before
            partition.table.restore(dict(self.changelogs[number][told:]))
            self._restart_at(number, self._markers[number])

    def _restart_at(self, number: int, marker: bytes) -> None:
        self.partitions[number].marker = decode_marker(marker)
        self.restart(number)
