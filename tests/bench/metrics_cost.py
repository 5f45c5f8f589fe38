"""What measuring costs of a worker's work: `python -m tests.bench.metrics_cost [ORDERS]`.

Folds orders in (without a log: with one, the share is smaller still) and takes the CPU time of
the whole, and that of each part of measuring in it. Prints the shares, and their sum.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from streams.domain.packed import place_of
from streams.domain.rules import parse_rules
from streams.engine.keys import state_key
from streams.engine.landed import Landed, Taken
from streams.engine.records import Record
from streams.engine.segments import encode_segments
from streams.metrics.commits import CommitMeter
from streams.metrics.gauges import PartitionGauges
from tests.engine.machine import Machine
from tests.oracle.sending import order

_BATCH = 1000
_CUSTOMERS = 20_000
_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def main(orders: int) -> None:
    """Measure, and say."""
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        machine = Machine(Path(folder), parse_rules("", "the bench's rules"))
        spent = _run(machine, list(_batches(orders)))
        whole = spent.pop("whole")
        _say(f"{orders:,} orders: {whole / orders * 1e6:.1f} µs each, measuring included")
        spent["sum"] = sum(spent.values())
        for part, seconds in spent.items():
            _say(f"{part:24}{seconds / orders * 1e6:8.2f} µs an order {seconds / whole:7.2%}")
        _say(f"one scrape: {_scrape(machine) * 1000:.1f} ms")
        machine.close()


def _run(machine: Machine, batches: list[list[Record]]) -> dict[str, float]:
    """CPU seconds of the whole, and of each part of measuring."""
    meter = CommitMeter(CollectorRegistry(), "")
    (partition,) = machine.partitions
    spent: dict[str, float] = defaultdict(float)
    changelog = machine.changelogs[0]
    began = time.process_time()
    for records in batches:
        said, sealed = len(machine.said), len(changelog)
        machine.feed(0, "orders", records)
        machine.slice(0)
        tally, partition.tally = partition.tally, Counter()
        stamps = [record.timestamp_ms for record in records]
        taken = Taken("orders", records[0].offset, records[-1].offset + 1, stamps)
        landed = Landed(
            [taken], tally, 0, machine.said[said:], len(changelog) - sealed, 0.02, _BEGIN
        )
        at = time.process_time()
        meter.landed(landed)
        then = time.process_time()
        spent["what a commit brings"] += then - at
        encode_segments(partition.table.segments)
        spent["segments in the marker"] += time.process_time() - then
    spent["whole"] = time.process_time() - began
    spent["segments kept up"] = _moves(machine, sum(map(len, batches)))
    return spent


def _moves(machine: Machine, orders: int) -> float:
    """Of one move for each order."""
    table = machine.partitions[0].table
    names = list(table.everyone())[:1000]
    found = table.store.get_many([state_key(name) for name in names])
    places = [place_of(state) for state in found]
    pairs = list(zip(places, places[1:] + places[:1], strict=True))
    began = time.process_time()
    for number in range(orders):
        before, after = pairs[number % 1000]
        table.segments.move(before, after)  # as a rule the tier stays: this is the worst case
    return time.process_time() - began


def _scrape(machine: Machine) -> float:
    registry = CollectorRegistry()
    CommitMeter(registry, "")
    registry.register(PartitionGauges(lambda: machine.partitions, lambda: _BEGIN))
    began = time.process_time()
    generate_latest(registry)
    return time.process_time() - began


def _batches(orders: int) -> Iterator[list[Record]]:
    pick = random.Random(1)
    step, begin_ms = timedelta(days=30) / orders, int(_BEGIN.timestamp() * 1000)
    records: list[Record] = []
    for number in range(orders):
        at = (_BEGIN + step * number).isoformat()
        amount = int(pick.paretovariate(1.2) * 1000)
        sent = order(f"c{pick.randrange(_CUSTOMERS)}", at, amount, event_id=f"e{number}")
        records.append(Record(number, sent.key, sent.value, (), begin_ms - number % 500))
        if len(records) == _BATCH:
            yield records
            records = []
    if records:
        yield records


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
