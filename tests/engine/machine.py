"""A worker without a log: partitions, their chores and the ranking, run by hand, step by step.

What the doors, the agents and the keeper of the borders do with time and transactions is done
here at once and in an order that the test chooses, so that rules can be tested by the thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from agents.reading import INPUTS
from streams.domain.pyramid import NO_BORDERS
from streams.domain.rules import Rules
from streams.engine.borders import BorderKeeper
from streams.engine.chores import (
    IDLE_SLICE,
    ChangedRules,
    CountsNews,
    DueDays,
    MovedBorders,
    MovedScores,
    Standings,
)
from streams.engine.counts import GlobalCounts
from streams.engine.keys import STATES
from streams.engine.marker import Marker, decode_marker, encode_marker
from streams.engine.partition import Changed, Identity, Partition
from streams.engine.partitioner import default_partition
from streams.engine.ranking import known_borders, read_counts
from streams.engine.records import Batch, Record, Write
from streams.engine.store import Op, Store, StoreMemory
from streams.engine.table import CustomerTable
from tests.engine.memory_store import MemoryStore

WALL_CLOCK = datetime(2026, 11, 21, 12, tzinfo=UTC)
_TOPICS = {topic.topic: topic for topic in INPUTS}
_MEMORY = StoreMemory()


class Machine:
    """Some partitions of one application; `said` has every record sent out, in order."""

    def __init__(
        self, folder: Path | None, rules: Rules, partitions: int = 1, slices: int = IDLE_SLICE
    ) -> None:
        """`folder` None: the stores are in memory. `slices`: customers in a slice of a chore."""
        self.rules = rules
        self.said: list[Write] = []
        self.changelogs: list[list[Op]] = [[] for _ in range(partitions)]
        self._slices = slices
        self._counts = GlobalCounts()
        nowhere: Any = None  # nothing is committed here
        self._keeper = BorderKeeper(
            nowhere, "pyramid-borders", "pyramid-counts", [], rules, lambda: WALL_CLOCK
        )
        self._keeper.counts = self._counts
        self._borders = NO_BORDERS
        self.partitions = [self._new(folder, number, partitions) for number in range(partitions)]
        self._chores = [_chores(partition) for partition in self.partitions]

    def feed(self, number: int, topic: str, records: Sequence[Record]) -> None:
        """Hand one batch to a partition; offsets go on from where the topic stands."""
        partition = self.partitions[number]
        first = partition.marker.positions.get(topic, 0)
        batch = Batch(topic, number, first, records[-1].offset + 1, list(records))
        partition.take(batch, _TOPICS[topic], WALL_CLOCK)
        self.commit(partition)

    def rest(self) -> None:
        """Do all that is to be done, until nothing is."""
        while sum(self.chore(number) for number in range(len(self.partitions))):
            pass  # in turn, one chore of each partition

    def chore(self, number: int) -> bool:
        """The next chore of a partition, whole; whether there was one."""
        for chore in self._chores[number]:
            if chore.pending():
                while not chore.slice(self._slices):
                    self.commit(self.partitions[number])
                self.commit(self.partitions[number])
                return True
        return False

    def slice(self, number: int) -> bool:
        """One slice of a partition's next chore; whether there was one."""
        for chore in self._chores[number]:
            if chore.pending():
                chore.slice(self._slices)
                self.commit(self.partitions[number])
                return True
        return False

    def commit(self, partition: Partition) -> None:
        """What a door does with a step: write the store, say what there is to say."""
        sealed, outputs = partition.seal()
        changelog = self.changelogs[partition.identity.number]
        changelog += sealed.changelog
        partition.marker.changelog_offset = len(changelog) - 1
        partition.table.store.write(sealed.store)
        partition.table.written(sealed)
        self.said += outputs
        published = [write for write in outputs if write.topic == "pyramid-counts"]
        if published:
            self._rank(published)

    def restart(self, number: int) -> None:
        """Another worker takes a partition over: it has the store, and what the log tells."""
        old = self.partitions[number]
        table = CustomerTable(old.table.store, self.rules.rank_by == "revenue")
        table.count_all()
        published = self._counts.published(number)
        table.counts.set_changed(table.counts.chunks() | published.keys())
        marker = decode_marker(encode_marker(old.marker))
        new = Partition(old.identity, self.rules, table, marker, self._counts, self._borders)
        unsent = self.changelogs[number][marker.standings_offset + 1 :]
        states = [key[1:] for key, _ in unsent if key[:1] == STATES]
        new.pending.update({name: Changed(None, 0) for name in states})
        new.tally = old.tally
        self.partitions[number] = new
        self._chores[number] = _chores(new)

    def values(self, topic: str) -> list[dict[str, Any]]:
        """The values said in a topic, as JSON."""
        return [
            msgspec.json.decode(write.value)
            for write in self.said
            if write.topic == topic and write.value is not None
        ]

    def standings(self) -> dict[str, dict[str, Any]]:
        """The newest standing of each customer, as who reads the compacted topic has it."""
        newest: dict[str, dict[str, Any]] = {}
        for write in self.said:
            if write.topic == "customer-standings":
                assert write.key is not None
                newest.pop(write.key.decode(), None)
                if write.value is not None:
                    newest[write.key.decode()] = msgspec.json.decode(write.value)
        return newest

    def restart_trusting(self, trusts: bool) -> None:
        """Another worker takes everything over: one that trusts producers' partitioner, or not."""
        for number, partition in enumerate(self.partitions):
            is_ours = None if trusts else self._is_ours(number)
            partition.identity = partition.identity._replace(is_ours=is_ours)
            self.restart(number)

    def _is_ours(self, number: int) -> Callable[[bytes], bool]:
        return lambda key: default_partition(key, len(self.partitions)) == number

    def close(self) -> None:
        """Let go of the stores."""
        for partition in self.partitions:
            partition.table.store.close()

    def _rank(self, published: list[Write]) -> None:
        records = [Record(0, write.key, write.value, (), 0) for write in published]
        read_counts(self._counts, records)
        value = self._keeper.next_borders()
        if value is None:
            return
        self._borders = known_borders(value, self.rules)
        for partition in self.partitions:
            partition.scene.borders = self._borders

    def _new(self, folder: Path | None, number: int, partitions: int) -> Partition:
        rules = self.rules
        store: Any = MemoryStore() if folder is None else Store(folder / str(number), _MEMORY)
        table = CustomerTable(store, rules.rank_by == "revenue")
        marker = Marker(
            "test", partitions, rules.time_zone, rules.base_currency, rules=rules.digest
        )
        identity = Identity(
            "tierstream", "", number, lambda key: default_partition(key, partitions) == number
        )
        return Partition(identity, rules, table, marker, self._counts, self._borders)


def _chores(partition: Partition) -> list[Any]:
    return [
        ChangedRules(partition),
        MovedBorders(partition),
        DueDays(partition),
        CountsNews(partition, "pyramid-counts"),
        MovedScores(partition),
        Standings(partition, 5.0),
    ]
