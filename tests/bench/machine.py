"""Cores, and what a process and all that it has started use of the machine (Linux: /proc)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Usage(NamedTuple):
    """CPU seconds (user and system) so far, and bytes resident now."""

    cpu_seconds: float
    memory_bytes: int


@cache
def cores() -> tuple[set[int], set[int]]:
    """(the contender's core, those of everything else); the same where there is but one. Of the
    cores that were there when it was first asked: who asks later may be confined to some."""
    found = sorted(os.sched_getaffinity(0))
    return {found[0]}, set(found[1:]) or {found[0]}


@contextmanager
def pinned(wanted: set[int]) -> Iterator[None]:
    """What is started within this runs on these cores alone, and so do its children."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def usage(pid: int) -> Usage:
    """Of a process and its descendants."""
    found = [_of(each) for each in _tree(pid)]
    return Usage(sum(each.cpu_seconds for each in found), sum(each.memory_bytes for each in found))


def peak_bytes(pid: int) -> int:
    """What a process has had resident at most so far."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) * 1024 if found else 0


def folder_bytes(folder: Path) -> int:
    """What the files of a folder take on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except FileNotFoundError:
            continue  # a thread that has ended meanwhile
        for child in children:
            yield from _tree(int(child))


def _of(pid: int) -> Usage:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return Usage(0.0, 0)  # it has ended meanwhile
    ticks = sum(int(each) for each in fields[11:15])  # its own, and its ended children's
    return Usage(ticks / _TICKS, pages * _PAGE)
