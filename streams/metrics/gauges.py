"""Gauges, read off the worker's parts when somebody asks: what is not there any more has none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from streams.domain.days import micros
from streams.domain.dormancy import NONE, STAGES
from streams.domain.pyramid import TIERS
from streams.engine.partition import Partition
from streams.metrics import catalogue
from streams.metrics.catalogue import Metric
from streams.metrics.exposing import Sample, family

Families = Iterator[Any]
ByPartition = Mapping[int, Partition]


class PartitionGauges:
    """A collector: where the customers of the partitions held stand, and how far these are."""

    def __init__(
        self, partitions: Callable[[], Iterable[Partition]], wall_clock: Callable[[], datetime]
    ) -> None:
        self._partitions = partitions
        self._wall_clock = wall_clock

    def collect(self) -> Families:
        """For prometheus-client."""
        held = {partition.identity.number: partition for partition in self._partitions()}
        now_us = micros(self._wall_clock())
        for metric, samples in _SAMPLES.items():
            yield family(metric, samples(held))
        yield family(catalogue.STREAM_TIME_BEHIND, _behind(held, now_us))


def _customers(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        for tier, customers in zip(TIERS, partition.table.segments.customers, strict=False):
            yield (number, tier), customers


def _revenue(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        for tier, revenue in zip(TIERS, partition.table.segments.revenue, strict=False):
            yield (number, tier), revenue


def _cells(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        for rfm, customers in sorted(partition.table.segments.cells.items()):
            if rfm:
                yield (number, *str(rfm)), customers


def _stages(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        for stage, customers in enumerate(partition.table.segments.stages):
            if stage != NONE:
                yield (number, STAGES[stage]), customers


def _due_days_behind(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        today, done = partition.today, partition.marker.days_done
        if today is not None and done is not None:
            yield (number,), max(today - done, 0)


def _borders_behind(held: ByPartition) -> Iterator[Sample]:
    for number, partition in held.items():
        known, applied = partition.scene.borders, partition.marker.tiers_applied
        yield (number,), max(known.version - applied.version, 0)


def _behind(held: ByPartition, now_us: int) -> Iterator[Sample]:
    for number, partition in held.items():
        if partition.stream_time_us is not None:
            yield (number,), (now_us - partition.stream_time_us) / 1e6


_SAMPLES: dict[Metric, Callable[[ByPartition], Iterator[Sample]]] = {
    catalogue.CUSTOMERS: _customers,
    catalogue.REVENUE: _revenue,
    catalogue.RFM_CUSTOMERS: _cells,
    catalogue.STAGE_CUSTOMERS: _stages,
    catalogue.DUE_DAYS_BEHIND: _due_days_behind,
    catalogue.BORDERS_BEHIND: _borders_behind,
}
