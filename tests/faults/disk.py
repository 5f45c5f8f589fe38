"""A small file system of its own that can be filled to the last byte."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

SIZE_MB = 48
_PIECE = bytes(1 << 16)


def why_not(folder: Path) -> str | None:
    """The sentence that says why no file system can be mounted here; None where one can."""
    probe = folder / "probe"
    try:
        small = SmallDisk(probe)
    except OSError as error:
        return f"no small file system can be mounted here, so no disk was filled: {error}"
    small.unmount()
    probe.rmdir()
    return None


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
