"""The segments kept up with every change are those that a count of all customers gives."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from prometheus_client import CollectorRegistry

from schemas.outputs import TIERS
from streams.engine.segments import Segments, decode_segments, encode_segments
from streams.engine.table import CustomerTable
from streams.metrics.gauges import PartitionGauges
from tests.agents.one_worker import OneWorker
from tests.engine.machine import WALL_CLOCK, Machine
from tests.engine.stories import Step, play, steps
from tests.metrics.exposition import Exposed, label_values
from tests.oracle.sending import order, tick
from tests.oracle.strategies import Stream, streams


def gauges(machine: Machine) -> Exposed:
    registry = CollectorRegistry()
    registry.register(PartitionGauges(lambda: machine.partitions, lambda: WALL_CLOCK))
    return Exposed.of(registry)


def sums(standings: Any, label: str, amount: str | None = None) -> dict[tuple[str, ...], float]:
    found: Counter[tuple[str, ...]] = Counter()
    for value in standings.values():
        if value[label] is not None:
            found[(value[label],)] += 1 if amount is None else value[amount]
    return {key: number for key, number in found.items() if number}


@given(streams(), steps())
def test_segments_are_those_of_the_standings(stream: Stream, cut: list[Step]) -> None:
    machine = play(stream, cut)
    standings, found = machine.standings(), gauges(machine)
    assert found.by("tierstream_customers", "tier") == sums(standings, "tier")
    revenue = [one.table.segments.revenue for one in machine.partitions]
    by_tier = dict(zip(TIERS, map(sum, zip(*revenue, strict=True)), strict=False))
    assert {(t,): n for t, n in by_tier.items() if n} == sums(standings, "tier", "revenue")
    assert found.by("tierstream_stage_customers", "stage") == sums(standings, "stage")
    cells = found.by("tierstream_rfm_customers", "r", "f", "m")
    assert {("".join(rfm),): n for rfm, n in cells.items()} == sums(standings, "rfm")


@given(streams(), steps())
def test_segments_kept_up_are_those_counted_anew(stream: Stream, cut: list[Step]) -> None:
    for partition in play(stream, cut).partitions:
        table = CustomerTable(partition.table.store, partition.rules.rank_by == "revenue")
        table.count_all()
        assert table.segments == partition.table.segments
        assert decode_segments(encode_segments(table.segments)) == table.segments


def test_sums_past_64_bits_are_kept_whole() -> None:
    segments = Segments()
    segments.revenue[0] = 5 << 62
    segments.revenue[1] = -(5 << 62)
    assert decode_segments(encode_segments(segments)).revenue[:2] == [5 << 62, -(5 << 62)]


def test_revenue_is_shown_in_minor_units() -> None:
    worker = OneWorker()
    worker.send(order("ann", "1998-01-05", 5000), order("ben", "1998-01-05", 4000))
    worker.rest()
    found = gauges(worker.machine)
    assert found.by("tierstream_revenue_minor", "tier") == {("super",): 5000, ("small",): 4000}


def test_an_rfm_cell_is_shown_by_its_three_scores() -> None:
    worker = OneWorker()
    worker.send(order("ann", "1998-01-05T10:00:00Z", 5000), tick("1998-01-06T00:00:00Z"))
    worker.rest()
    found = gauges(worker.machine)
    assert found.value("tierstream_rfm_customers", partition="0", r="5", f="1", m="1") == 1
    assert label_values(found.samples("tierstream_rfm_customers"), "partition") == {"0"}


def test_stream_time_is_behind_the_wall_clock_by_seconds_and_due_days_by_days() -> None:
    worker = OneWorker()
    worker.send(order("ann", "2026-11-19T12:00:00Z", 5000))
    worker.rest()
    worker.send(order("ann", "2026-11-21T11:59:30Z", 5000))
    found = gauges(worker.machine)
    assert found.value("tierstream_stream_time_behind_seconds", partition="0") == 30
    assert found.value("tierstream_due_days_behind", partition="0") == 2
    worker.rest()
    assert gauges(worker.machine).value("tierstream_due_days_behind", partition="0") == 0


def test_before_stream_time_began_nothing_is_behind() -> None:
    found = gauges(OneWorker().machine)
    assert found.samples("tierstream_stream_time_behind_seconds") == []
