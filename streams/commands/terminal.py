"""What commands write: results to stdout, word of what happens to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_LINES_AT_ONCE = 500


def write_lines(lines: Iterable[bytes]) -> None:
    """Write lines (without their ends) to stdout, many at a time."""
    waiting: list[bytes] = []
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) == _LINES_AT_ONCE:
                _write(waiting)
                waiting = []
    finally:  # what came before an error is shown too
        _write(waiting)
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """Write text and a line's end to stdout."""
    write_lines([text.encode("utf-8", "backslashreplace")])


def say(text: str) -> None:
    """A line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def bytes_bar(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr where that is a terminal; call what it yields with bytes done.

    `total` is in bytes, or None where it isn't known.
    """
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(*Progress.get_default_columns(), console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


@contextmanager
def spinner(title: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr where that is a terminal; call what it yields to change its words."""
    if not sys.stderr.isatty():
        yield lambda words: None
        return
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status(title) as status:
        yield lambda words: status.update(escape(words))


def _write(lines: list[bytes]) -> None:
    if lines:
        sys.stdout.buffer.write(b"\n".join(lines) + b"\n")
