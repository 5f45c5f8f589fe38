"""The command line: `tierstream COMMAND`, its help, its errors, its exit codes."""

from __future__ import annotations

import os
import sys
from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from typing import NoReturn

from streams.commands import customer, dead_letters, dump, replay, schemas, settle, standings, tick
from streams.commands.command import Command
from streams.commands.long_running import DEMO, WORKER
from streams.commands.terminal import say, write_text
from streams.domain.rules_reading import RulesError
from streams.engine.log import LogError
from streams.errors import UserError
from streams.settings import Settings, settings_help, unknown_variables

COMMANDS: tuple[Command, ...] = (
    WORKER,
    replay.COMMAND,
    tick.COMMAND,
    settle.COMMAND,
    dump.COMMAND,
    standings.COMMAND,
    customer.COMMAND,
    dead_letters.COMMAND,
    schemas.COMMAND,
    DEMO,
)

FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
PIPE_CLOSED = 141  # 128 + SIGPIPE

ABOUT = """\
Watches what customers do, as it happens, and says who matters, who moved and who is slipping away.

example:
  tierstream worker &
  tierstream replay orders orders.ndjson.gz && tierstream settle && tierstream standings
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; SystemExit(2) for a wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        return _guarded(lambda: _run(arguments.command, arguments))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return PIPE_CLOSED


def parser() -> ArgumentParser:
    """The parser of the whole command line."""
    top = _parser(ArgumentParser, prog="tierstream", description=ABOUT, epilog=settings_help())
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = _parser(
            subparsers.add_parser, command.name, help=command.summary, description=command.about
        )
        command.configure(one)
        one.set_defaults(command=command)
    return top


class _Version(Action):
    def __call__(self, parser: ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # slow, and hardly ever needed

        write_text(f"tierstream {version('tierstream')}")
        parser.exit()


def _parser(make: Callable[..., ArgumentParser], *names: str, **arguments: str) -> ArgumentParser:
    return make(
        *names, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False, **arguments
    )


def _run(command: Command, arguments: Namespace) -> int:
    for sentence in unknown_variables(os.environ):
        say(f"tierstream: {sentence}")
    return command.run(Settings.from_env(os.environ), arguments)


def _guarded(run: Callable[[], int]) -> int:
    try:
        code = run()
        sys.stdout.flush()
    except (UserError, LogError, RulesError) as error:
        say(f"tierstream: {error}")
        return FAILED
    return code


def _forget_stdout() -> None:
    """Nobody reads any more: keep Python from complaining when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
