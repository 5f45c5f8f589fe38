"""Throws hostile records at the parsers and at partitions run by hand, then at a whole worker.

The same seed gives the same records. Where a promise is broken the record is printed, with the
command that runs its round again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import SystemRandom

from tests.fuzz.by_hand import ROUND, FuzzError, fuzz_round
from tests.fuzz.by_worker import fuzz_worker
from tests.fuzz.progress import rounds_bar


def main() -> int:
    """Run it as the arguments say; 1 where a promise is broken."""
    arguments = _arguments()
    rounds = range(arguments.first, arguments.first + -(-arguments.inputs // ROUND))
    _say(f"seed {arguments.seed}, rounds {rounds.start} to {rounds.stop - 1} of {ROUND} records")
    began = time.monotonic()
    fates = _by_hand(arguments.seed, rounds)
    if fates is None:
        return 1
    seconds = time.monotonic() - began
    _say(f"{fates.total():,} records in {seconds:,.0f} s, each of them accounted for:")
    for fate, records in fates.most_common():
        _say(f"{fate:18}{records:12,}")
    return _by_worker(arguments.seed, arguments.worker_inputs)


def _by_hand(seed: int, rounds: range) -> Counter[str] | None:
    fates: Counter[str] = Counter()
    with rounds_bar(len(rounds)) as done:
        for number in rounds:
            try:
                fates += fuzz_round(seed, number)
            except FuzzError as error:
                again = f'make fuzz ARGS="--seed {seed} --first {number} --inputs {ROUND}"'
                _say(f"round {number} failed: {error}\nagain: {again}")
                return None
            done()
    return fates


def _by_worker(seed: int, inputs: int) -> int:
    if not inputs:
        return 0
    with tempfile.TemporaryDirectory(prefix="tierstream-fuzz-") as folder:
        try:
            fates = fuzz_worker(Path(folder), seed, inputs)
        except FuzzError as error:
            again = f'make fuzz ARGS="--seed {seed} --inputs 0 --worker-inputs {inputs}"'
            _say(f"the worker failed: {error}\nagain: {again}")
            return 1
    _say(f"a whole worker accounted for {fates.total():,} records: {dict(fates.most_common())}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="records, in rounds")
    parser.add_argument("--worker-inputs", type=int, default=20_000, help="for the whole worker")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
