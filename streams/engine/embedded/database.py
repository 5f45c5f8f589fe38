"""One connection to the SQLite file, its layout, and its transactions."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from streams.engine.embedded.place import prepare_place
from streams.engine.log import LogError

_Result = TypeVar("_Result")

# Older ones can lose commits when several connections write and checkpoint one WAL file.
_OLDEST_SQLITE = (3, 51, 3)
_APPLICATION_ID = 0x54735472
_FORMAT = 1
_PATIENCE_SECONDS = 30.0
_RETRY_SECONDS = 0.0005  # SQLite's own waits grow to 100 ms
_LAYOUT = """
CREATE TABLE log (uuid TEXT NOT NULL) STRICT;
CREATE TABLE topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, compacted INTEGER NOT NULL,
    retention_ms INTEGER, max_record_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0,
    compacted_to INTEGER NOT NULL DEFAULT 0, compacted_rows INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
) STRICT;
CREATE TABLE commits (
    consumer_group TEXT, topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE owners (
    consumer_group TEXT, role TEXT, partition INTEGER, epoch INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, role, partition)
) STRICT, WITHOUT ROWID;
"""


class Database:
    """A connection for one thread at a time. Opens the file, or makes it and its folder.

    Every writing transaction begins as one (`write`, `write_async`): one that reads first and
    then wants to write would be refused whenever another process wrote in between. What SQLite
    refuses becomes a LogError. Nothing checkpoints the WAL here: `upkeep` does.
    """

    def __init__(self, path: Path) -> None:
        check_version(apsw.sqlite_lib_version())
        self.path = path.absolute()
        prepare_place(self.path)
        with self._sentences():
            self._connection = apsw.Connection(str(self.path))
            self._connection.set_busy_timeout(int(_PATIENCE_SECONDS * 1000))
            self._set_up()

    @property
    def wal_path(self) -> Path:
        """The write-ahead log: whatever is committed is written there first."""
        return self.path.with_name(self.path.name + "-wal")

    @property
    def uuid(self) -> str:
        """Names this log for ever; a log made anew at the same path has another."""
        return str(self.query("SELECT uuid FROM log")[0][0])

    def query(self, sql: str, bindings: tuple[Any, ...] = ()) -> list[Any]:
        """All rows of a statement, each a tuple."""
        with self._sentences():
            return self._connection.execute(sql, bindings).fetchall()

    def rows(
        self, sql: str, bindings: tuple[Any, ...] = ()
    ) -> Generator[tuple[Any, ...], None, None]:
        """The rows of a statement one by one; exhaust or close it soon, it holds a snapshot."""
        with self._sentences():
            yield from self._connection.execute(sql, bindings)

    def run_many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """A statement once for each row."""
        with self._sentences():
            self._connection.executemany(sql, rows)

    def changes(self) -> int:
        """How many rows the last statement wrote or deleted."""
        return int(self._connection.changes())

    def version(self) -> int:
        """Changes whenever another connection has committed."""
        return int(self.query("PRAGMA data_version")[0][0])

    def write(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` in a transaction: all it wrote, or nothing where it raises."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._begin(deadline):
            time.sleep(_RETRY_SECONDS)
        return self._finish(work)

    async def write_async(self, work: Callable[[], _Result]) -> _Result:
        """The same, without holding up the loop while another process writes."""
        await asyncio.sleep(0)  # a row of commits that never wait would keep the loop to itself
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._begin(deadline):  # noqa: ASYNC110 - another process can't set an event
            await asyncio.sleep(_RETRY_SECONDS)
        return self._finish(work)

    def checkpoint(self) -> None:
        """Move what the WAL holds into the file and start the WAL anew, as far as others let."""
        with self._sentences():
            self._connection.set_busy_timeout(200)
            try:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                # Little is left now for the one that makes writers wait.
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            except apsw.BusyError:
                return  # a reader or writer is at it: the next round comes soon
        # The first write into a WAL begun anew waits for the disk (0.1 s and more): better here,
        # on the thread of the upkeep, than on the worker's loop.
        self.write(lambda: self.query("UPDATE log SET uuid = uuid"))

    def close(self) -> None:
        """Close the connection. Closing twice is allowed."""
        self._connection.close()

    def _begin(self, deadline: float) -> bool:
        with self._sentences():
            self._connection.set_busy_timeout(0)
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                return False
            finally:
                self._connection.set_busy_timeout(int(_PATIENCE_SECONDS * 1000))
        return True

    def _finish(self, work: Callable[[], _Result]) -> _Result:
        with self._sentences():
            try:
                result = work()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return result

    def _set_up(self) -> None:
        empty = self.query("SELECT count(*) FROM sqlite_master")[0][0] == 0
        if not empty:
            self._check_format()  # before anything of somebody else's database is changed
        self._switch_to_wal()
        for pragma in ("synchronous=NORMAL", "cache_size=-16384", "journal_size_limit=67108864"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.wal_autocheckpoint(0)
        if empty:
            self.write(self._create_layout)
            self._check_format()

    def _switch_to_wal(self) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:  # switching a new file is the one place where SQLite itself doesn't wait
            try:
                mode = self._connection.execute("PRAGMA journal_mode=WAL").fetchall()[0][0]
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)
                continue
            if mode != "wal":
                raise LogError(
                    f"the file system of {self.path} can't hold an embedded log (no write-ahead "
                    "log): choose a local folder in TIERSTREAM_BROKER"
                )
            return

    def _create_layout(self) -> None:
        if self.query("SELECT count(*) FROM sqlite_master")[0][0]:
            return  # another process was faster
        self._connection.execute(_LAYOUT)
        self._connection.execute("INSERT INTO log VALUES (?)", (str(uuid.uuid4()),))
        self._connection.execute(f"PRAGMA application_id={_APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version={_FORMAT}")

    def _check_format(self) -> None:
        if self.query("PRAGMA application_id")[0][0] != _APPLICATION_ID:
            raise LogError(
                f"{self.path} is a database, but not an embedded log: "
                "choose another path in TIERSTREAM_BROKER"
            )
        found = self.query("PRAGMA user_version")[0][0]
        if found != _FORMAT:
            raise LogError(
                f"the log {self.path} has format {found}, this version reads {_FORMAT}: "
                "use the version that wrote it, or another path in TIERSTREAM_BROKER"
            )

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as exc:
            raise LogError(_sentence(self.path, exc)) from exc


def check_version(version: str) -> None:
    """LogError where this SQLite (`3.54.1`) is one that can lose commits."""
    if tuple(map(int, version.split("."))) < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise LogError(
            f"SQLite {version} can lose commits of an embedded log: "
            f"install apsw with SQLite {oldest} or later (pip install --upgrade apsw)"
        )


def _sentence(path: Path, exc: Exception) -> str:
    match exc:
        case apsw.BusyError():
            return (
                f"the log {path} was kept busy by other processes for {_PATIENCE_SECONDS:g} s: "
                "see who writes to it, and try again"
            )
        case apsw.FullError():
            return f"the disk that holds the log {path} is full: make room and try again"
        case apsw.CantOpenError() | apsw.ReadOnlyError() | apsw.PermissionsError():
            return f"the log {path} can't be opened for writing: check who owns file and folder"
        case apsw.NotADBError() | apsw.CorruptError():
            return (
                f"{path} is not an embedded log, or a damaged one ({exc}): "
                "restore it, or choose another path in TIERSTREAM_BROKER"
            )
    return f"the log {path} failed ({exc}): check its disk, then try again"
