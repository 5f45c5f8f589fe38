"""This project, its peers and the floor on the same orders, in turn: `make bench`.

    make bench ARGS="[--orders 500000] [--customers 100000] [--days 30]
        [--shape flat|skewed] [--rounds 3] [--seconds 60] [--paced 1000,5000]
        [--paced-seconds 20] [--paced-backlog 50000] [--only tierstream,faust] [--write FILE]"

Needs Java 17 and Maven (the broker, and Kafka Streams), and Linux. In every round each contender
takes in the same topic from its beginning, one after another, on a core of its own (where there
are two); one that needs longer than `--seconds` is stopped and its rate taken. What it then says
of every customer is compared with a recount, where it was not stopped. After the rounds each one
takes in a smaller backlog, and is then sent orders at a steady pace.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.bench.backlog import Backlog, at_work, make_backlog, require_standings
from tests.bench.broker import Broker
from tests.bench.contender import BrokenError, Contender, Run
from tests.bench.contenders import ALL
from tests.bench.drain import Drained, drain
from tests.bench.environments import NotHereError
from tests.bench.machine import cores
from tests.bench.orders import BEGIN, SHAPES, make_orders
from tests.bench.paced import Pace, measure
from tests.bench.report import Row, Sizes, page
from tests.kafka_node import KafkaNode, why_not

RESULTS = Path(__file__).with_name("RESULTS.md")
_HALF_A_DAY = timedelta(hours=12)


def main(arguments: Sequence[str]) -> None:
    """Run it as the arguments say."""
    options = parse_options(arguments)
    reason = why_not()
    if reason is not None:
        sys.exit(f"the benchmark needs Kafka: {reason}")
    with tempfile.TemporaryDirectory(prefix="tierstream-bench-") as folder:
        # The benchmark itself, and so the broker, stays off the contender's core.
        os.sched_setaffinity(0, cores()[1])
        node = KafkaNode(Path(folder) / "kafka")
        node.start()
        try:
            text = run(options, Path(folder), node.servers)
        finally:
            node.stop()
    _say(text)
    options.write.write_text(text)


def run(options: argparse.Namespace, folder: Path, servers: str) -> str:
    """Measure everything; the page that says so."""
    rates = [int(rate) for rate in options.paced.split(",") if rate]
    chosen = [each for each in ALL if not options.only or each.slug in options.only.split(",")]
    rows = {each.slug: Row(each.title, each.does) for each in chosen}
    ready = [each for each in chosen if _prepared(each, rows[each.slug])]
    broker = Broker(servers)
    try:
        _rounds(options, folder, broker, ready, rows)
        for contender in ready if rates else ():
            if contender.counts and rows[contender.slug].failed is None:
                _pace(options, folder, broker, contender, rates, rows[contender.slug])
    finally:
        broker.close()
    return page(options, list(rows.values()), rates)


def _rounds(
    options: argparse.Namespace, folder: Path, broker: Broker, ready: Sequence[Contender],
    rows: dict[str, Row],
) -> None:  # fmt: skip
    lines = make_orders(options.orders, options.customers, options.days, options.shape)
    backlog = make_backlog(broker, folder, lines, cores())
    for number in range(1, options.rounds + 1):
        for contender in ready:
            row = rows[contender.slug]
            if row.failed is None:
                with _failing(row):
                    _round(contender, backlog, number, options.seconds, row)
    broker.delete(backlog.stage.prefix)


def _round(contender: Contender, backlog: Backlog, number: int, seconds: float, row: Row) -> None:
    with at_work(contender, backlog.stage, f"{contender.slug}-{number}") as run:
        drained = drain(run, backlog.orders, seconds)
        if drained.whole and contender.counts:
            require_standings(contender, run, backlog)
        run.stop()
        row.drained.append(drained)
        row.sizes.append(_sizes(run, backlog, drained))
    _say(
        f"round {number}, {contender.slug}: {drained.orders:,} orders "
        f"at {drained.orders_per_second:,.0f}/s"
    )


def _sizes(run: Run, backlog: Backlog, drained: Drained) -> Sizes:
    broker, changelog = backlog.stage.broker, run.changelog()
    customers = len(backlog.recount.orders)
    if changelog is None:
        return Sizes(customers, run.state_bytes() if drained.whole else 0, None, None)
    newest = broker.newest(changelog)
    if not drained.whole:
        customers = len(newest.values)
    return Sizes(customers, run.state_bytes(), newest.size, broker.written_bytes([changelog]))


def _pace(
    options: argparse.Namespace, folder: Path, broker: Broker, contender: Contender,
    rates: Sequence[int], row: Row,
) -> None:  # fmt: skip
    """A backlog of its own, and then orders at each of the rates."""
    lines = make_orders(options.paced_backlog, options.customers, options.days, options.shape)
    stage = make_backlog(broker, folder, lines, cores()).stage
    first, begin = options.paced_backlog, BEGIN + timedelta(days=options.days) + _HALF_A_DAY
    with _failing(row), at_work(contender, stage, f"{contender.slug}-paced") as run:
        drain(run, first, 10 * options.seconds)
        run.settle()
        for rate in rates:
            pace = Pace(rate, options.paced_seconds, first, options.customers, begin)
            where = (broker.servers, stage.orders, run.topic("tier-changes"), stage.partitions)
            row.paced[rate] = found = asyncio.run(measure(*where, pace))
            _say(f"{contender.slug} at {rate:,}/s: {found}")
            if found.missing:
                break  # it is still busy with these
            first, begin = first + pace.orders, begin + _HALF_A_DAY
    broker.delete(stage.prefix)


@contextmanager
def _failing(row: Row) -> Iterator[None]:
    """What a contender can't do stands in its row, and the others go on."""
    try:
        yield
    except BrokenError as error:
        row.failed = str(error).splitlines()[0]
        _say(f"{row.title}: {error}")


def _prepared(contender: Contender, row: Row) -> bool:
    try:
        contender.prepare()
    except NotHereError as error:
        row.failed = f"not run: {error}"
    return row.failed is None


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """See the top of this file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    for name, kind, default in (
        ("orders", int, 500_000), ("customers", int, 100_000), ("days", int, 30),
        ("rounds", int, 3), ("seconds", float, 60.0), ("paced", str, "1000,5000"),
        ("paced-seconds", float, 20.0), ("paced-backlog", int, 50_000),
        ("only", str, ""), ("write", Path, RESULTS),
    ):  # fmt: skip
        converter: Callable[[str], object] = kind
        parser.add_argument(f"--{name}", type=converter, default=default)
    parser.add_argument("--shape", choices=SHAPES, default="flat")
    options = parser.parse_args(arguments)
    options.load = os.getloadavg()[0]
    options.command = "make bench" + (f' ARGS="{" ".join(arguments)}"' if arguments else "")
    return options


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
