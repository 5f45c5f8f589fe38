"""`tierstream tick`: moves the stream time of every partition on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, timedelta

from schemas.clock import parse_tick
from schemas.invalid import InvalidRecord
from streams.commands.command import Command, CommandError, connected, utf8
from streams.commands.json_lines import json_line
from streams.commands.terminal import say
from streams.engine.records import Write
from streams.settings import Settings
from streams.topics import CLOCK

ABOUT = """\
Sends a tick to every partition: stream time moves on to TIME where it was before, and what has
fallen due by then is done. Stream time never goes back. A tick more than 24 h ahead of the wall
clock becomes a dead letter.

example:
  tierstream tick 1998-06-30T23:59:59Z
"""

_AHEAD = timedelta(hours=24)


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("time", metavar="TIME", type=utf8, help="RFC 3339 with an offset or Z")


def run(settings: Settings, arguments: Namespace) -> int:
    value = json_line({"now": arguments.time})
    future = _is_future(value)
    with connected(settings) as (client, partitions):
        name = settings.topic(CLOCK)
        client.append([Write(name, partition, None, value) for partition in range(partitions)])
    say(f"sent a tick at {arguments.time} to {partitions} partitions")
    if future:
        say("it is more than 24 h ahead of the wall clock: the worker makes it a dead letter")
    return 0


def _is_future(value: bytes) -> bool:
    try:
        parse_tick(value, datetime.now(UTC) + _AHEAD)
    except InvalidRecord as invalid:
        if invalid.code == "future":
            return True
        raise CommandError(f"TIME{invalid.reason.removeprefix('now')}") from None
    return False


COMMAND = Command("tick", "move stream time on", ABOUT, configure, run)
