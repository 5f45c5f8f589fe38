"""Files of lines, compressed or not, or stdin, as they are replayed."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from streams.commands.command import CommandError

STDIN = "-"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """An open file. `lines` are numbered from 1, without their ends, the empty ones left out."""

    name: str
    lines: Iterator[tuple[int, bytes]]
    bytes_read: Callable[[], int]  # of the file as it lies there; 0 on stdin


def total_bytes(paths: list[str]) -> int | None:
    """The size of all the files together, or None where stdin is one of them.

    Raises CommandError for what is no file, before anything has been sent.
    """
    files = [Path(path) for path in paths if path != STDIN]
    for path in files:
        if not path.exists() or path.is_dir():
            raise CommandError(f"{path} is no file; nothing was sent")
    return None if STDIN in paths else sum(path.stat().st_size for path in files)


@contextmanager
def opened(path: str) -> Iterator[Source]:
    """The lines of a file; `-` is stdin. gzip is known by its first bytes."""
    if path == STDIN:
        stdin = cast(io.BufferedReader, sys.stdin.buffer)
        yield Source("stdin", _lines("stdin", _plain(stdin)), lambda: 0)
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}") from None
    with file:
        yield Source(path, _lines(path, _plain(file)), file.tell)


def _plain(file: io.BufferedReader) -> BinaryIO:
    if file.peek(2)[:2] != _GZIP:
        return file
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=file))))


def _lines(name: str, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        for number, line in enumerate(file, 1):
            text = line.rstrip()
            if number == 1:
                text = text.removeprefix(_BOM)
            if text:
                yield number, text
    except (OSError, EOFError, zlib.error) as error:
        raise CommandError(f"{name} breaks off after line {number}: {error}") from None
