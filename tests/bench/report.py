"""What was measured, as one table: for the terminal and for the README."""

from __future__ import annotations

import argparse
import math
import os
import platform
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.bench.backlog import PARTITIONS
from tests.bench.drain import Drained
from tests.bench.paced import Latencies


class Sizes(NamedTuple):
    """What is kept, in bytes; of a changelog: the newest record of each key, and all written."""

    customers: int
    state: int
    newest: int | None
    written: int | None


@dataclass
class Row:
    """What is known of one contender."""

    title: str
    does: str
    drained: list[Drained] = field(default_factory=list)
    sizes: list[Sizes] = field(default_factory=list)
    paced: dict[int, Latencies] = field(default_factory=dict)
    failed: str | None = None


_HOW = """\
Orders count when they are committed (Bytewax: when they are folded); the rate runs from the first \
count that was seen to the last but one. What each contender says of every customer was compared \
with a recount of all orders, where it was not stopped. Memory is what all its processes had \
resident at most. State is what its folder takes on disk after it has stopped; of the changelog, \
keys and values of the newest record of each key, and all that the broker has stored of it. \
Latencies run from `send` of an order to its tier-change in the hands of a reader of committed \
records; a fifth of the orders were their customers' first. Peers rank nobody: they were given the \
borders to which the ranking comes in the end.
"""

_IDLE = 1.0  # load average
_DOES = "does, and leaves out"
_HEADINGS = (
    "", "orders/s", "CPU s per million", "peak memory, MB", "state, B/customer",
    "changelog, B/customer: newest (all written)",
)  # fmt: skip


def page(options: argparse.Namespace, rows: Sequence[Row], rates: Sequence[int]) -> str:
    """The whole page, in Markdown."""
    return (
        "# Side by side\n\n"
        f"Written by `{options.command}` on {time.strftime('%Y-%m-%d')}: {machine()}. "
        f"{options.orders:,} orders of {options.customers:,} customers ({options.shape}) over "
        f"{options.days} days in {PARTITIONS} partitions of a Kafka node; "
        f"rounds in turn: {options.rounds}, medians, lowest and highest in brackets. "
        "Each contender had one core, the broker and the rest of the benchmark the others."
        f"{_busy(options.load)}\n\n"
        f"{table(rows, rates)}\n\n{_HOW}"
    )


def table(rows: Sequence[Row], rates: Sequence[int]) -> str:
    """One row for each contender."""
    paces = [f"{rate:,}/s: p50, p99, p99.9, ms" for rate in rates]
    headings = [*_HEADINGS, *paces, _DOES]
    return markdown(headings, [_cells(row, rates) for row in rows])


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text, numbers to the right."""
    under = ["---" if heading in ("", _DOES) else "---:" for heading in headings]
    return "\n".join(_line(cells) for cells in (headings, under, *rows))


def _busy(load: float) -> str:
    """A warning, where the machine had other work when the benchmark began."""
    if load < _IDLE:
        return ""
    return (
        f" **The machine had other work (load {load:.1f} when this began): these figures are too "
        "bad, and not to be compared with any others.**"
    )


def machine() -> str:
    """What this machine is, in a line."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _cells(row: Row, rates: Sequence[int]) -> list[str]:
    if row.failed is not None:
        return [row.title, "—", *[""] * (len(_HEADINGS) - 2 + len(rates)), row.failed]
    runs = row.drained
    return [
        row.title,
        _spread([run.orders_per_second for run in runs]) + _part(runs),
        _spread([run.cpu_seconds_per_million for run in runs]),
        _spread([run.peak_bytes / 1e6 for run in runs]),
        _state(row.sizes),
        _changelog(row.sizes),
        *(_latencies(row.paced.get(rate), rate) for rate in rates),
        row.does,
    ]


def _spread(values: Iterable[float]) -> str:
    """The median, and from where to where they went."""
    found = sorted(value for value in values if not math.isnan(value))
    if not found:
        return "— (too short a backlog for its commits)"
    median = statistics.median(found)
    if len(found) == 1:
        return f"{median:,.0f}"
    return f"{median:,.0f} ({found[0]:,.0f}–{found[-1]:,.0f})"


def _part(runs: Sequence[Drained]) -> str:
    """Where not all was read: how much was."""
    if not runs or all(run.whole for run in runs):
        return ""
    return f"; stopped after {statistics.median(run.orders for run in runs):,.0f} orders"


def _state(sizes: Sequence[Sizes]) -> str:
    found = [each.state / each.customers for each in sizes if each.state and each.customers]
    return f"{statistics.median(found):,.0f}" if found else "—"


def _changelog(sizes: Sequence[Sizes]) -> str:
    found = [
        (each.newest / each.customers, each.written / each.customers)
        for each in sizes
        if each.newest is not None and each.written is not None and each.customers
    ]
    if not found:
        return "—"
    newest, written = (statistics.median(column) for column in zip(*found, strict=True))
    return f"{newest:,.0f} ({written:,.0f})"


def _latencies(found: Latencies | None, rate: int) -> str:
    if found is None or found.p50 is None or found.p99 is None or found.p999 is None:
        return "—"
    if found.behind:
        return f"falls behind: {found.p50:,.1f} s and rising"
    behind = "" if found.sent_per_second > 0.98 * rate else f" at {found.sent_per_second:,.0f}/s"
    return ", ".join(f"{each * 1000:,.0f}" for each in (found.p50, found.p99, found.p999)) + behind


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
