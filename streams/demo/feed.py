"""Sends the demo's records: whose customers these are, then the orders: what happened long ago at
once, the last week day by day.

What is said of a customer is said against the borders known then. Of a backlog read at full speed
they are known late; of a day that has come to rest they are that day's.
"""

from __future__ import annotations

import io
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing, redirect_stderr
from tempfile import NamedTemporaryFile
from time import monotonic

from rich.console import Console

from streams.commands import replay, settle, tick
from streams.commands.command import Command
from streams.demo.managers import MANAGERS, file_lines
from streams.demo.orders import BEGIN, END, LAST_WEEK, order_lines, split_by_day
from streams.engine.connect import open_client
from streams.errors import UserError
from streams.settings import Settings
from streams.topics import CHURN_ALERTS, CUSTOMERS, ORDERS, TIER_CHANGES, Topic

_SETTLE_SECONDS = "300"


class FeedError(UserError):
    """A command did not do what the demo asked of it."""


def settle_down(settings: Settings) -> None:
    """Wait until everything sent has been worked off. UserError where it is not in time."""
    _do(settle.COMMAND, settings, "--timeout", _SETTLE_SECONDS)


def send_files(console: Console, settings: Settings) -> None:
    """Send the customers' files to a worker that runs, and wait for it; says what it does.

    A tick goes first, for without stream time whoever is on file would be so since today.
    """
    _do(tick.COMMAND, settings, BEGIN)
    settle_down(settings)
    files = file_lines(order_lines())
    console.print(f"Sending {len(files):,} customer files: {len(MANAGERS)} account managers")
    _send(settings, CUSTOMERS, files)
    settle_down(settings)


def send_orders(console: Console, settings: Settings) -> None:
    """Send all orders to a worker that runs, and wait for it; says what it does."""
    before, days = split_by_day(order_lines(), LAST_WEEK)
    console.print(f"Sending {len(before):,} orders, all up to the last week, at once")
    started = monotonic()
    _send(settings, ORDERS, before)
    # A tick always counts: read ahead of orders that wait, it would make them late ones.
    settle_down(settings)
    seconds = monotonic() - started
    console.print(
        f"Sent, ranked and told in {seconds:.1f} s: {len(before) / seconds:,.0f} orders/s. "
        "Now the last week, day by day"
    )
    for day, lines in days:
        told = _told(settings)
        with redirect_stderr(io.StringIO()):  # what the commands say of each is said below
            _send(settings, ORDERS, lines)
            settle_down(settings)
        changes, alerts = (now - then for now, then in zip(_told(settings), told, strict=True))
        console.print(
            f"  {day}: {len(lines):,} orders, {changes:,} tier-changes, {alerts:,} alerts"
        )
    _do(tick.COMMAND, settings, END)
    settle_down(settings)


def _send(settings: Settings, topic: Topic, lines: Sequence[bytes]) -> None:
    with NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(b"\n".join(lines))
        file.flush()
        _do(replay.COMMAND, settings, topic.name, file.name)


def _told(settings: Settings) -> list[int]:
    """How many tier-changes and alerts there are: each record of the embedded log takes one
    offset."""
    with closing(open_client(settings)) as client:
        return [
            sum(client.end_offsets(settings.topic(topic)).values())
            for topic in (TIER_CHANGES, CHURN_ALERTS)
        ]


def _do(command: Command, settings: Settings, *words: str) -> None:
    """Run a command as its user would; what it can't do it raises."""
    parser = ArgumentParser(command.name)
    command.configure(parser)
    code = command.run(settings, parser.parse_args(words))
    if code != 0:
        raise FeedError(f"tierstream {command.name} {' '.join(words)} ended with exit code {code}")
