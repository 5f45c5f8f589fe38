"""One contender and a backlog: how fast, at what cost of CPU and memory."""

from __future__ import annotations

import time
from typing import NamedTuple

from tests.bench.contender import BrokenError, Run
from tests.bench.machine import usage

_POLL_SECONDS = 0.2
_BEGIN_SECONDS = 120  # within which the first orders must have been counted
_LONG_ENOUGH = 0.5  # of the backlog: a rate over this much of it doesn't depend on its ends


class Sample(NamedTuple):
    """When so many orders had been counted, and the CPU seconds spent by then."""

    at: float
    orders: int
    cpu_seconds: float


class Drained(NamedTuple):
    """A backlog taken in, or as much of it as there was time for. Rates are NaN where the backlog
    was too short for a contender that commits seldom."""

    orders: int
    whole: bool
    orders_per_second: float
    cpu_seconds_per_million: float
    peak_bytes: int


def drain(run: Run, backlog: int, limit_seconds: float) -> Drained:
    """Watch `run` until it has counted `backlog` orders, or for `limit_seconds` from the first
    count on. BrokenError where it ends, or counts nothing."""
    samples: list[Sample] = []
    peak, began = 0, time.monotonic()
    while not samples or (samples[-1].orders < backlog and not _over(samples, limit_seconds)):
        orders, used, now = run.counted(), usage(run.pid()), time.monotonic()
        peak = max(peak, used.memory_bytes)
        if orders > (samples[-1].orders if samples else 0):
            samples.append(Sample(now, orders, used.cpu_seconds))
        elif not samples and now - began > _BEGIN_SECONDS:
            raise BrokenError(f"nothing was counted within {_BEGIN_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    first, last = ends(samples, backlog)
    orders = last.orders - first.orders
    if orders < _LONG_ENOUGH * samples[-1].orders:
        orders = 0  # it commits so seldom that most was over at the first count
    seconds = last.at - first.at
    return Drained(
        samples[-1].orders,
        samples[-1].orders >= backlog,
        orders / seconds if orders else float("nan"),
        (last.cpu_seconds - first.cpu_seconds) / orders * 1e6 if orders else float("nan"),
        peak,
    )


def ends(samples: list[Sample], backlog: int) -> tuple[Sample, Sample]:
    """Between which samples the rate is taken: the first count that was seen, and the last but one
    where it is far enough on. The last one may have come late: some commit every few seconds, and
    the backlog had been over for a while."""
    first, last = samples[0], samples[-1]
    if len(samples) > 2 and last.orders >= backlog:
        before = samples[-2]
        if before.orders - first.orders >= _LONG_ENOUGH * backlog:
            last = before
    return first, last


def _over(samples: list[Sample], limit_seconds: float) -> bool:
    return time.monotonic() - samples[0].at > limit_seconds
