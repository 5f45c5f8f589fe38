"""`tierstream settle`: waits until everything sent has been worked off."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable

from streams.commands.command import Command, CommandError, connected
from streams.commands.progress_reader import BordersReader, ProgressReader
from streams.commands.rest import Seen, behind
from streams.commands.terminal import say, spinner
from streams.engine.log import LogClient
from streams.settings import Settings
from streams.topics import INPUTS

ABOUT = """\
Waits until the worker is at rest: all inputs read to their ends, all due days done, the borders of
the pyramid made from everybody's newest counts and applied to tiers and scores, all outputs and
standings sent. Exit code 1 where that is not so in time, with what is behind.

example:
  tierstream replay orders orders.ndjson && tierstream settle --timeout 120
"""

_POLL_SECONDS = 0.05
_MOST_CLAUSES = 8


def configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=60.0, help="default: 60"
    )


def seconds(text: str) -> float:
    """A number of seconds, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ArgumentTypeError(f"must be a number of seconds, 0 or more, got {text!r}")
    return value


def run(settings: Settings, arguments: Namespace) -> int:
    started = time.monotonic()
    with connected(settings) as (client, partitions):
        look = _watch(client, settings, partitions)
        with spinner("settling") as show:
            left = _wait(look, started + arguments.timeout, show)
    if left:
        more = len(left) - _MOST_CLAUSES
        listed = "; ".join(left[:_MOST_CLAUSES]) + (f"; and {more} more" if more > 0 else "")
        raise CommandError(f"not at rest after {arguments.timeout:g} s: {listed}")
    say(f"at rest after {time.monotonic() - started:.1f} s, {partitions} partitions")
    return 0


def _watch(client: LogClient, settings: Settings, partitions: int) -> Callable[[], list[str]]:
    progress = ProgressReader(client, settings, partitions)
    borders = BordersReader(client, settings)
    inputs = [settings.topic(topic) for topic in INPUTS]

    def look() -> list[str]:
        # The ends first: whatever was sent before this look must have been read.
        ends = {topic: client.end_offsets(topic) for topic in inputs}
        return behind(Seen(partitions, ends, progress.read(), borders.read()))

    return look


def _wait(look: Callable[[], list[str]], deadline: float, show: Callable[[str], None]) -> list[str]:
    while left := look():
        if time.monotonic() >= deadline:
            return left
        show(f"settling: {left[0]}")
        time.sleep(_POLL_SECONDS)
    return []


COMMAND = Command("settle", "wait until at rest", ABOUT, configure, run)
