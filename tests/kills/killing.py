"""Runs lives in processes forked for them, kills them where it is told to, and says what is left.

The processes are forked of a server that has everything imported and no thread.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path
from signal import SIGKILL
from typing import NamedTuple

from tests.kills.life import OUTPUT, REACHED, STORES, Kill, live
from tests.kills.outcome import Outcome, read_outcome
from tests.kills.scenario import CHANGELOG

_LIFE_SECONDS = 120


class Ended(NamedTuple):
    """What is left of a case. `killed`: those of its kills that came to pass; `reached`: how often
    each point was, in the last process; `stores`: keys in which a store is not as its changelog
    says."""

    killed: list[Kill]
    outcome: Outcome
    reached: dict[str, int]
    stores: list[str]


def lives(folder: Path, kills: Sequence[Kill]) -> Ended:
    """Live through the scenario in a folder of its own: each kill ends a process, after the last
    of them one lives to the end."""
    killed = [kill for kill in kills if _end_of(folder, kill) == -SIGKILL]
    if len(killed) == len(kills):
        _end_of(folder, None)
    reached, stores = (json.loads((folder / name).read_text()) for name in (REACHED, STORES))
    return Ended(killed, read_outcome(folder, CHANGELOG), reached, stores)


def _end_of(folder: Path, kill: Kill | None) -> int:
    process = _context().Process(target=live, args=(folder, kill))
    process.start()
    process.join(_LIFE_SECONDS)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"a life with {kill} did not end: {_output(folder)}")
    if process.exitcode not in (0, -SIGKILL) or (kill is None and process.exitcode):
        raise AssertionError(f"a life with {kill} ended with {process.exitcode}: {_output(folder)}")
    return process.exitcode


def _output(folder: Path) -> str:
    output = folder / OUTPUT
    return output.read_text(errors="replace")[-4000:] if output.exists() else "it said nothing"


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.kills.life"])
    return context
