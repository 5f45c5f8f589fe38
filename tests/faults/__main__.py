"""`python -m tests.faults`: rounds of faults, every step with its time, then a table."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

from tests.faults import disk
from tests.faults.broker import Broker
from tests.faults.injectors import INJECTORS, Injector
from tests.faults.rounds import MOST_WORKERS, Outcome, Plan, play
from tests.faults.table import table
from tests.kafka_node import why_not

LOGS = ("kafka", "embedded")
MIXED = "mixed"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, help="what is random; printed where none is given")
    parser.add_argument("--minutes", type=float, default=15, help="of faults, over all rounds")
    parser.add_argument(
        "--faults", type=lambda text: text.split(","), default=[*INJECTORS, MIXED],
        help=f"which rounds, with commas: {', '.join([*INJECTORS, MIXED])}",
    )  # fmt: skip
    parser.add_argument("--log", choices=[*LOGS, "both"], default="both")
    parser.add_argument("--rate", type=float, default=200, help="records a second")
    parser.add_argument(
        "--limit-files", action="store_true",
        help="limit the size of files instead of filling a disk, as where none can be mounted",
    )  # fmt: skip
    parser.add_argument("--keep", type=Path, help="a folder in which everything is left")
    given = parser.parse_args()
    for name in given.faults:
        if name not in INJECTORS and name != MIXED:
            parser.error(f"there is no fault {name!r}")
    return given


def plans(given: argparse.Namespace, mounts: bool) -> list[Plan]:
    """The rounds: on each log each fault that has a meaning there."""
    rounds: list[tuple[str, list[Injector]]] = []
    for log in LOGS if given.log == "both" else (given.log,):
        there = [i for i in INJECTORS.values() if log in i.logs]
        rounds += [(log, [injector]) for injector in there if injector.name in given.faults]
        if MIXED in given.faults:
            rounds.append((log, there))
    seconds = given.minutes * 60 / max(len(rounds), 1)
    return [Plan(log, chosen, seconds, given.seed, given.rate, mounts) for log, chosen in rounds]


def say(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def main() -> int:
    """1 where anything is not as it should be."""
    for library in ("aiokafka", "kafka"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # our own clients': it is on purpose
    given = arguments()
    given.seed = SystemRandom().randrange(10**6) if given.seed is None else given.seed
    say(f"seed {given.seed}")
    outcomes: list[Outcome] = []
    unfinished: list[str] = []
    left_out: list[str] = []
    with ExitStack() as undo:
        folder = given.keep or Path(undo.enter_context(tempfile.TemporaryDirectory()))
        folder = folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        no_disk = "as asked" if given.limit_files else disk.why_not(folder)
        if no_disk is not None:
            say(f"no disk is filled, files are limited instead: {no_disk}")
        no_kafka = why_not() if given.log != "embedded" else None
        if no_kafka is not None:
            left_out.append(no_kafka)
            given.log = "embedded"
        chosen = plans(given, mounts=no_disk is None)
        broker = None
        if any(plan.log == "kafka" for plan in chosen):
            broker = Broker(folder / "kafka", MOST_WORKERS)
            broker.start()
            undo.callback(broker.stop)
        for number, plan in enumerate(chosen):
            say(f"--- {plan.name} on {plan.log}, {plan.seconds:.0f} s")
            try:
                outcome = play(plan, folder / f"{number}-{plan.log}-{plan.name}", broker, say)
            except AssertionError as error:
                unfinished.append(f"{plan.name} on {plan.log} came to no end: {error}")
                say(unfinished[-1])
                continue
            outcomes.append(outcome)
            say(table([outcome]))
    sys.stdout.write(f"\n{table(outcomes)}\n")
    faults = [fault for outcome in outcomes for fault in outcome.verdict.faults] + unfinished
    for fault in faults:
        sys.stdout.write(f"FAULT: {fault}\n")
    for sentence in left_out:
        sys.stdout.write(f"NOT RUN: {sentence}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
