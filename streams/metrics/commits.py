"""What commits bring: events, dead letters, what was said, and how long it all took."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry

from schemas.invalid import CODES
from streams import topics
from streams.engine.landed import Landed
from streams.engine.partition import COUNTED, HELD_BACK, REPEATED
from streams.metrics import catalogue
from streams.metrics.ages import Ages
from streams.metrics.exposing import new_counter, new_histogram
from streams.metrics.outputs import SaidCounters

DEAD = "dead"
OUTCOMES = (COUNTED, REPEATED, DEAD)


class CommitMeter:
    """Told of every commit of a worker, once it has landed."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self._inputs = {prefix + topic.name: topic.name for topic in topics.INPUTS}
        self._events = new_counter(catalogue.EVENTS, registry)
        self._dead = new_counter(catalogue.DEAD_LETTERS, registry)
        self._held_back = new_counter(catalogue.ALERTS_HELD_BACK, registry)
        self._late = new_counter(catalogue.LATE_ORDERS, registry)
        self._batches = new_histogram(catalogue.BATCH_RECORDS, registry)
        self._seconds = new_histogram(catalogue.COMMIT, registry)
        self._ages = Ages(catalogue.APPEND_TO_COMMIT)
        registry.register(self._ages)
        self._said = SaidCounters(registry, prefix)
        self._slowest = 0.0
        for topic in self._inputs.values():
            for outcome in OUTCOMES:
                self._events.labels(topic, outcome)
            for code in CODES:
                self._dead.labels(topic, code)

    def landed(self, landed: Landed) -> None:
        """A commit has landed: 60 µs and 0.2 for each record."""
        self._seconds.observe(landed.seconds)
        self._slowest = max(self._slowest, landed.seconds)
        self._late.inc(landed.late_orders)
        self._count_events(landed.tally)
        self._said.count(landed.outputs, landed.changelog_records)
        now_ms = round(landed.at.timestamp() * 1000)
        for batch in landed.batches:
            topic = self._inputs[batch.topic]
            self._batches.labels(topic).observe(len(batch.stamps_ms))
            self._ages.observe(topic, now_ms, batch.stamps_ms)

    def take_slowest(self) -> float:
        """Seconds of the slowest commit since this was last asked; 0 where there was none."""
        slowest, self._slowest = self._slowest, 0.0
        return slowest

    def _count_events(self, tally: Counter[tuple[str, str]]) -> None:
        for (topic, fate), records in tally.items():
            if fate == HELD_BACK:
                self._held_back.inc(records)
            elif fate in CODES:
                self._dead.labels(topic, fate).inc(records)
                self._events.labels(topic, DEAD).inc(records)
            else:
                self._events.labels(topic, fate).inc(records)
