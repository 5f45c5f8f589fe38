"""`tierstream dead-letters list`: what could not be used, and why."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from schemas.invalid import CODES
from schemas.outputs import DeadLetter
from streams.commands.command import Command, connected
from streams.commands.json_lines import json_line
from streams.commands.letters import letters, resent, wanted
from streams.commands.table import Column, printable, table
from streams.commands.terminal import write_lines
from streams.settings import Settings

ABOUT = """\
Lists the records that could not be used, with the reason. The id is where the record lies: topic,
partition, offset. Those that were sent again are left out, unless --all asks for them.

  table    for people: a line a letter, then what each code means and how it is put right
  ndjson   the values of dead-letters, with resent_at; edit them and give them to resend --file

example:
  tierstream dead-letters list --code bad_value
"""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("--code", choices=CODES, metavar="CODE", help="this code alone")
    parser.add_argument("--all", action="store_true", help="those sent again too")
    parser.add_argument(
        "--format", choices=("table", "ndjson"), default="table", help="default: table"
    )


def run(settings: Settings, arguments: Namespace) -> int:
    with connected(settings) as (client, _):
        done = resent(client, settings)
        is_wanted = wanted(_codes(arguments), None, () if arguments.all else done)
        found = (letter for letter in letters(client, settings) if is_wanted(letter))
        if arguments.format == "ndjson":
            write_lines(_line(letter, done.get(letter.event_id)) for letter in found)
        else:
            write_lines(_table([_row(letter, letter.event_id in done) for letter in found]))
    return 0


def _codes(arguments: Namespace) -> set[str] | None:
    return None if arguments.code is None else {arguments.code}


def _line(letter: DeadLetter, resent_at: datetime | None) -> bytes:
    return json_line({**msgspec.to_builtins(letter), "resent_at": resent_at})


_COLUMNS = tuple(Column(title) for title in ("id", "code", "key", "at", "resent", "reason"))


def _row(letter: DeadLetter, was_resent: bool) -> tuple[str, ...]:
    at = "" if letter.at is None else letter.at.isoformat(timespec="seconds")
    mark = "yes" if was_resent else ""
    cells = (letter.event_id, letter.code, letter.key or "", at, mark, letter.reason)
    return tuple(printable(cell) for cell in cells)


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[bytes]:
    if not rows:
        yield b"no dead letters"
        return
    yield from table(_COLUMNS, rows)
    for code, number in Counter(row[1] for row in rows).most_common():
        yield f"\n{number:,} {code}: {CODES.get(code, 'a code of another version')}".encode()


COMMAND = Command("list", "list dead letters, with the reasons", ABOUT, configure, run)
