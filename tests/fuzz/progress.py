"""How far a run is, on stderr: a bar on a terminal, else a line every ten percent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress


@contextmanager
def rounds_bar(rounds: int) -> Iterator[Callable[[], None]]:
    """Call what it yields once a round is done."""
    if not sys.stderr.isatty():
        yield _Lines(rounds).done
        return
    with Progress(*Progress.get_default_columns(), console=Console(stderr=True)) as progress:
        task = progress.add_task("fuzz", total=rounds)
        yield lambda: progress.advance(task)


class _Lines:
    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._done = 0

    def done(self) -> None:
        before, self._done = self._done, self._done + 1
        if before * 10 // self._rounds < self._done * 10 // self._rounds:
            sys.stderr.write(f"{self._done:,} of {self._rounds:,} rounds\n")
