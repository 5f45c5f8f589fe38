"""A small file system of its own that can be filled to the last byte; where none can be mounted,
a limit on the size of a worker's files."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

SIZE_MB = 48
FILE_BYTES = 128 << 10  # a worker's own log stays under it, its tables and the embedded log don't
_PIECE = bytes(1 << 16)


def why_not(folder: Path) -> str | None:
    """The sentence that says why no file system can be mounted here; None where one can."""
    probe = folder / "probe"
    try:
        small = SmallDisk(probe)
    except OSError as error:
        return f"no small file system can be mounted here ({error})"
    small.unmount()
    probe.rmdir()
    return None


class Disk(Protocol):
    """Something that can be full."""

    def fill(self) -> None:
        """Leave no room."""

    def free(self) -> None:
        """Give the room back."""


class FileLimit:
    """No file of the process may grow past `FILE_BYTES` (RLIMIT_FSIZE): what it writes is refused
    with EFBIG, where a full disk says ENOSPC. `pid`: the process, None while there is none."""

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self._pid = pid

    def fill(self) -> None:
        """Leave no room; again where the process is another meanwhile."""
        self._limit(FILE_BYTES)

    def free(self) -> None:
        """Give the room back."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        pid = self._pid()
        if pid is None:
            return
        try:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (_under(size, hard), hard))
        except ProcessLookupError:
            return  # it has ended meanwhile


def _under(wanted: int, hard: int) -> int:
    """The soft limit to be set under a hard one; RLIM_INFINITY is -1."""
    return wanted if hard == resource.RLIM_INFINITY or 0 <= wanted < hard else hard


class SmallDisk:
    """A tmpfs mounted at `path`; OSError where this user may not mount."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        options = ["-o", f"size={SIZE_MB}m", "tmpfs", str(path)]
        try:
            done = subprocess.run(
                ["mount", "-t", "tmpfs", *options], capture_output=True, text=True, check=False
            )
        except FileNotFoundError as error:
            raise OSError(errno.EPERM, "there is no command `mount`") from error
        if done.returncode != 0:
            raise OSError(errno.EPERM, done.stderr.strip())

    @property
    def _filler(self) -> Path:
        return self.path / "filler"

    def fill(self) -> None:
        """Leave no room."""
        with self._filler.open("ab", buffering=0) as filler:
            try:
                while filler.write(_PIECE):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)

    def unmount(self) -> None:
        """Lazily: a process that was killed a moment ago may still hold a file."""
        os.sync()
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)
