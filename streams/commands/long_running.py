"""`tierstream worker` and `tierstream demo`: what they run is imported only when they run."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from streams.commands.command import Command
from streams.settings import Settings, settings_help

WORKER_ABOUT = f"""\
Runs the stream processor until SIGTERM or Ctrl-C, after which it stops cleanly. Missing topics are
created. On Kafka several workers share the partitions; on the embedded log there is one.

example:
  TIERSTREAM_BROKER=kafka://localhost:9092 tierstream worker

{settings_help()}
"""

DEMO_ABOUT = """\
Runs the whole thing on this machine, in a folder of its own: log, worker, real orders, and shows
in the terminal what happens.

example:
  tierstream demo
"""


def no_arguments(parser: ArgumentParser) -> None:
    """Settings alone decide."""


def run_worker(settings: Settings, arguments: Namespace) -> int:
    from streams.commands.worker import run

    return run(settings)


def run_demo(settings: Settings, arguments: Namespace) -> int:
    from streams.demo import run

    return run(settings)


WORKER = Command("worker", "run the stream processor", WORKER_ABOUT, no_arguments, run_worker)
DEMO = Command("demo", "see it all on this machine", DEMO_ABOUT, no_arguments, run_demo)
