"""`python -m tests.pressure`: every pressure on every log, then a table."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.faults.broker import Broker
from tests.kafka_node import why_not
from tests.pressure.bound import BOUND_MB
from tests.pressure.playing import Result, play
from tests.pressure.pressures import ALL, BOTH
from tests.pressure.table import put_into_page, table

NAMES = [pressure.name for pressure in ALL]
_SHOWN = 12


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.pressure", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of all sizes; default: 1")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=NAMES,
        help=f"which, with commas: {', '.join(NAMES)}",
    )  # fmt: skip
    parser.add_argument("--log", choices=[*BOTH, "both"], default="both")
    parser.add_argument("--keep", type=Path, help="a folder in which everything is left")
    parser.add_argument(
        "--write", action="store_true", help="put the table into its page, where all is well"
    )
    given = parser.parse_args()
    for name in given.only:
        if name not in NAMES:
            parser.error(f"there is no pressure {name!r}")
    return given


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main() -> int:
    """1 where memory went past its bound, or anything is not as it should be."""
    for library in ("aiokafka", "kafka"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # our own clients': it is on purpose
    given = arguments()
    no_kafka = why_not() if given.log != "embedded" else None
    logs = BOTH if given.log == "both" else (given.log,)
    wanted = [
        (pressure, log)
        for pressure in ALL if pressure.name in given.only
        for log in pressure.logs if log in logs and not (log == "kafka" and no_kafka)
    ]  # fmt: skip
    results: list[Result] = []
    unfinished: list[str] = []
    with ExitStack() as undo:
        folder = given.keep or Path(undo.enter_context(tempfile.TemporaryDirectory()))
        broker = None
        if any(log == "kafka" for _, log in wanted):
            broker = Broker(folder.absolute() / "kafka", 1)
            broker.start()
            undo.callback(broker.stop)
        for number, (pressure, log) in enumerate(wanted):
            say(f"--- {pressure.described(given.scale)} on {log}")
            place = folder.absolute() / f"{number}-{log}-{pressure.name}"
            try:
                results.append(play(pressure, log, place, broker, given.scale, say))
            except AssertionError as error:
                unfinished.append(f"{pressure.name} on {log} came to no end: {error}")
                say(unfinished[-1])
                continue
            _report(results[-1])
    sys.stdout.write(f"\n{table(results)}")
    faults = [f"{one.name} on {one.log}: {fault}" for one in results for fault in _faults(one)]
    faults += unfinished
    for fault in faults:
        sys.stdout.write(f"FAULT: {fault}\n")
    if given.write and not faults:
        put_into_page(table(results))
    if no_kafka is not None:
        sys.stdout.write(f"NOT RUN: {no_kafka}\n")
    return 1 if faults else 0


def _faults(result: Result) -> list[str]:
    faults = list(result.wrong)
    if result.peak_mb > BOUND_MB:
        faults.append(f"{result.peak_mb:,.0f} MB of memory, more than {BOUND_MB}")
    return faults


def _report(result: Result) -> None:
    say(
        f"{result.sent:,} records, {result.seconds:.0f} s, {result.peak_mb:.0f} MB, "
        f"{result.starts} starts, unhealthy {result.unhealthy}; "
        f"the worker counted {result.events}; the log has {result.found}"
    )
    for sentence, times in Counter(result.said).most_common(_SHOWN):
        say(f"  said {times} x: {sentence[:200]}")


if __name__ == "__main__":
    sys.exit(main())
