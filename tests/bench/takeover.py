"""How long a partition stands still when its owner is killed: `make bench-takeover`.

On a Kafka node of its own one worker owns one partition with so many customers; a second one waits
beside it, once without standby copies and once with. The owner is killed. Prints what the waiting
has cost the second worker, how long the partition stood still (until the group misses a worker its
session has to end), and how long the take-over itself took.

    python -m tests.bench.takeover [--customers 200000] [--orders 400000] [--standbys 0 1]
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.orders import make_orders
from tests.e2e.driver import Tierstream, Worker, until
from tests.kafka_node import KafkaNode
from tests.metrics.exposition import Exposed

_SECONDS = 900


def main() -> None:
    """Run it as the arguments say."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        orders = Path(folder) / "orders.ndjson"
        orders.write_text("".join(make_orders(arguments.orders, arguments.customers, 30)))
        for standbys in arguments.standbys:
            _run(Path(folder) / f"standbys-{standbys}", orders, standbys)


def _run(place: Path, orders: Path, standbys: int) -> None:
    place.mkdir()
    node = KafkaNode(place / "kafka")
    node.start()
    settings = {
        "TIERSTREAM_BROKER": f"kafka://{node.servers}",
        "TIERSTREAM_PARTITIONS": "1",
        "TIERSTREAM_STANDBYS": str(standbys),
    }
    try:
        with Tierstream(place, settings) as tierstream:
            _measure(tierstream, orders, standbys)
    finally:
        node.stop()


def _measure(tierstream: Tierstream, orders: Path, standbys: int) -> None:
    owner = tierstream.start(DATA="owner")
    tierstream.run("replay", "orders", orders)
    tierstream.settle(_SECONDS)
    other = tierstream.start(DATA="other")
    began = time.monotonic()
    until(lambda: "web on" in other.text and _copies(other) == (standbys, 0), _SECONDS)
    warm = time.monotonic() - began
    until(lambda: owner.text.count(" is ours: ") == 2, _SECONDS)  # after the group's rebalance
    tierstream.settle(_SECONDS)
    waited = _metrics(other)
    owner.kill()
    killed = time.monotonic()
    until(lambda: " is ours: " in other.text, _SECONDS)
    stood_still = time.monotonic() - killed
    until(lambda: _metrics(other).value("tierstream_recoveries_total") == 1)
    _say(f"standbys {standbys}: {_cost(waited)}" + (f", a copy in {warm:.1f} s" * standbys))
    _report(_metrics(other), other, stood_still)


def _cost(waiting: Exposed) -> str:
    """What a worker has used that owns nothing."""
    cpu = waiting.value("process_cpu_seconds_total")
    memory = waiting.value("process_resident_memory_bytes") / 1e6
    return f"before the kill {cpu:.1f} s of CPU time, {memory:.0f} MB of memory"


def _report(found: Exposed, worker: Worker, stood_still: float) -> None:
    took = found.value("tierstream_recovery_seconds_total")
    read = found.value("tierstream_recovery_records_total")
    (customers,) = re.findall(r"is ours: (\d+) customers", worker.text)
    _say(
        f"  {int(customers):,} customers stood still for {stood_still:.1f} s; the take-over "
        f"took {took:.2f} s and read {read:,.0f} records of the changelog"
    )


def _copies(worker: Worker) -> tuple[float, float]:
    """How many copies it keeps, and how far the furthest is behind."""
    found = _metrics(worker)
    return found.value("tierstream_standbys"), found.value("tierstream_standby_behind_records")


def _metrics(worker: Worker) -> Exposed:
    (web,) = re.findall(r"web on (\S+)", worker.text)
    with urllib.request.urlopen(f"{web}/metrics", timeout=30) as answer:
        return Exposed(answer.read().decode())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--standbys", type=int, nargs="+", default=[0, 1])
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
