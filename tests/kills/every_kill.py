"""`make kills`: every kill there is, one after another; what failed is said with its name.

One kill: each point, each time it is reached. Two kills: every two points, at times that a seed
chooses. `--at` runs cases again by their names, `--seed` all of a seed.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from tests.kills.cases import Case, case_of, pairs, singles, text_of
from tests.kills.checks import check
from tests.kills.killing import Ended, lives

_SHOWN = 1_500  # characters of what failed


def main() -> int:
    """0 where nothing failed, else 1."""
    given = _arguments()
    with TemporaryDirectory() as folder:
        unkilled = lives(Path(folder), ())
    check(unkilled, unkilled)
    cases = list(_cases(given, unkilled))
    if given.sample is not None:
        cases = Random(given.seed).sample(cases, min(given.sample, len(cases)))
    print(f"{len(cases)} cases, seed {given.seed}", flush=True)  # noqa: T201
    failed = 0
    # No threads: who starts a life asks after those of the others, and takes their exit codes.
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as pool:
        for number, said in enumerate(pool.map(partial(_try, unkilled), cases), 1):
            failed += said is not None
            if said is not None or number % 100 == 0:
                print(said or f"{number} done, {failed} failed", flush=True)  # noqa: T201
    print(f"{len(cases)} cases, {failed} failed")  # noqa: T201
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", action="append", metavar="'before send:3, after fold:1'")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(1_000_000))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", choices=["singles", "pairs"])
    parser.add_argument("--sample", type=int, help="so many of the cases, as the seed chooses")
    return parser.parse_args()


def _cases(given: argparse.Namespace, unkilled: Ended) -> Iterator[Case]:
    if given.at:
        yield from map(case_of, given.at)
        return
    if given.only != "pairs":
        yield from singles(unkilled.reached)
    if given.only != "singles":
        yield from pairs(unkilled.reached, given.seed)


def _try(unkilled: Ended, case: Case) -> str | None:
    """What there is to say of a failure, None where there is none."""
    with TemporaryDirectory() as folder:
        try:
            check(lives(Path(folder), case), unkilled)
        except AssertionError as error:
            where = "".join(traceback.format_exception(error, limit=-1))
            return f"FAILED --at '{text_of(case)}'\n{where[:_SHOWN]}"
    return None


if __name__ == "__main__":
    sys.exit(main())
