"""Runs lives in processes forked for them, kills them where it is told to, and says what is left.

The processes are forked of a server that has everything imported and no thread.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path
from signal import SIGCONT, SIGKILL
from typing import NamedTuple

from tests.kills.life import OUTPUT, REACHED, STORES, Kill, live
from tests.kills.outcome import Outcome, read_outcome
from tests.kills.scenario import CHANGELOG

LOCK = "log.db.tierstream.lock"
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
    return _left(folder, killed)


def outlived(folder: Path, nap: Kill) -> tuple[Ended, Outcome, str]:
    """A worker is stopped at this point, and taken for dead: another lives to the end. Then the
    first wakes up. What the other has left, what is left at last, and what the sleeper has said."""
    hears, says = _context().Pipe(duplex=False)
    sleeper = _context().Process(target=live, args=(folder, nap, says))
    sleeper.start()
    try:
        assert hears.poll(_LIFE_SECONDS), f"it came never to {nap}: {_output(folder)}"
        (folder / LOCK).unlink(missing_ok=True)  # as if it were on another machine
        assert _end_of(folder, None) == 0
        ended = _left(folder, [])
        os.truncate(folder / OUTPUT, 0)
        assert sleeper.pid is not None
        os.kill(sleeper.pid, SIGCONT)
        sleeper.join(_LIFE_SECONDS)
        assert sleeper.exitcode in (0, 1), sleeper.exitcode
    finally:
        sleeper.kill()
    return ended, read_outcome(folder, CHANGELOG), _output(folder)


def _left(folder: Path, killed: list[Kill]) -> Ended:
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
