"""One RocksDB per partition: states, indexes and how far they go. A cache of the changelog.

Memory is bounded whatever the number of customers: every partition of a worker shares one block
cache (index and filter blocks live in it), and one manager of the write buffers is charged to it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from rocksdict import (
    BlockBasedIndexType,
    BlockBasedOptions,
    Cache,
    DBCompactionStyle,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    UniversalCompactOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from streams.engine import fault_points
from streams.engine.log import LogError

Op = tuple[bytes, bytes | None]  # a key and its new value; None deletes

_CACHE_BYTES = 48 << 20
_WRITE_BUFFERS_BYTES = 24 << 20
_MEMTABLE_BYTES = 8 << 20
_OPEN_FILES = 128
_RUNS = 4  # sorted runs that are merged
_RUNS_FILLING = 64  # while a store is filled: merging more often took as long as filling
_MOST_RUNS = 200  # writes wait, and everybody with them

log = logging.getLogger(__name__)


class Sizes(NamedTuple):
    """What one store takes; those but the first two are memory and work, in bytes."""

    disk_bytes: int
    keys: int  # an estimate
    memtable_bytes: int
    compaction_pending_bytes: int  # an estimate


_SIZES = (
    "rocksdb.total-sst-files-size",
    "rocksdb.estimate-num-keys",
    "rocksdb.cur-size-all-mem-tables",
    "rocksdb.estimate-pending-compaction-bytes",
)


class StoreMemory:
    """The memory that all stores of one process share."""

    def __init__(self) -> None:
        self.cache = Cache(_CACHE_BYTES)
        self.write_buffers = WriteBufferManager.new_write_buffer_manager_with_cache(
            _WRITE_BUFFERS_BYTES, False, self.cache
        )

    def options(self) -> Options:
        """Options of one store, bound to the shared memory."""
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_write_buffer_manager(self.write_buffers)
        options.set_write_buffer_size(_MEMTABLE_BYTES)
        options.set_max_write_buffer_number(3)
        options.set_max_open_files(_OPEN_FILES)
        options.set_max_background_jobs(2)
        options.set_keep_log_file_num(2)
        options.set_compression_type(DBCompressionType.lz4())
        # 116 bytes a customer with five orders, where lz4 takes 161.
        options.set_bottommost_compression_type(DBCompressionType.zstd())
        # Levels would write a store of 1.5 million customers anew every 100,000 changes.
        options.set_compaction_style(DBCompactionStyle.universal())
        merging = UniversalCompactOptions()
        merging.max_size_amplification_percent = 100
        options.set_universal_compaction_options(merging)
        options.set_level_zero_file_num_compaction_trigger(_RUNS)
        options.set_level_zero_slowdown_writes_trigger(_MOST_RUNS // 2)
        options.set_level_zero_stop_writes_trigger(_MOST_RUNS)
        options.set_block_based_table_factory(self._tables())
        return options

    def _tables(self) -> BlockBasedOptions:
        tables = BlockBasedOptions()
        tables.set_block_cache(self.cache)
        tables.set_cache_index_and_filter_blocks(True)
        tables.set_pin_l0_filter_and_index_blocks_in_cache(True)
        tables.set_bloom_filter(10, False)
        # In parts: whole ones of millions of customers push each other out of the cache, and a
        # customer read in a sweep takes 25 µs instead of 3.
        tables.set_index_type(BlockBasedIndexType.two_level_index_search())
        tables.set_partition_filters(True)
        tables.set_pin_top_level_index_and_filter(True)
        tables.set_block_size(8 << 10)
        return tables


class StoreLockedError(Exception):
    """Another store, of this process or another, has the folder open."""


class _StoreDamagedError(Exception):
    """What is in the folder can't be read as a store."""


class StoreError(LogError):
    """The disk doesn't take or give what is asked. Nothing is lost: the changelog has it."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            f"the tables in {path} can't be kept ({error}): see whether its disk is full, or set "
            "TIERSTREAM_DATA to another folder, then start the worker again"
        )


class Store:
    """Ordered bytes to bytes, on disk. One write at a time, whole or not at all."""

    def __init__(self, path: Path, memory: StoreMemory) -> None:
        """StoreLockedError where the folder is open already, StoreError where it can't be had."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = _opened(path, memory)
        self._logged, self._unlogged = WriteOptions(), WriteOptions()
        self._unlogged.disable_wal = True  # type: ignore[method-assign,assignment]
        self._scans: list[list[Iterator[Any]]] = []  # each with its cursor, until it is closed

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error
        return value

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys, in their order."""
        try:
            values: list[bytes | None] = self._db.get(list(keys))  # type: ignore[assignment]
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error
        return values

    def write(self, ops: Iterable[Op], *, logged: bool = True) -> None:
        """Apply all or nothing. Sorted by key: RocksDB takes a third less time for it. What is not
        `logged` a kill takes back, the newest first, unless `flush` came after it."""
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in sorted(ops, key=itemgetter(0)):
            if value is None:
                delete(key)
            else:
                put(key, value)
        fault_points.before("store write")
        try:
            self._db.write(batch, self._logged if logged else self._unlogged)
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error
        fault_points.after("store write")

    def flush(self) -> None:
        """What is written by now stays, logged or not."""
        try:
            self._db.flush()
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error

    def set_filling(self, filling: bool) -> None:
        """While a store is filled from nothing its sorted runs are left alone until they are
        many; set back, they are merged in the background."""
        runs = _RUNS_FILLING if filling else _RUNS
        try:
            self._db.set_options({"level0_file_num_compaction_trigger": str(runs)})
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error

    def delete_all(self, begin: bytes, end: bytes) -> None:
        """Delete every key from `begin` on, before `end`; not logged."""
        try:
            self._db.delete_range(begin, end, self._unlogged)
        except Exception as error:  # rocksdict raises no other
            raise StoreError(self.path, error) from error

    def scan(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values from `begin` on, before `end`, in order of key, as they are now.

        What of it is left over when the store is closed can't be had any more.
        """
        read_options = ReadOptions()
        read_options.set_iterate_upper_bound(end)
        held: list[Iterator[Any]] = [self._db.items(from_key=begin, read_opt=read_options)]
        self._scans.append(held)
        try:
            while row := next(held[0], None):
                yield row
        finally:
            self._scans.remove(held)

    def sizes(self) -> Sizes:
        """What the store takes."""
        return Sizes(*(self._db.property_int_value(name) or 0 for name in _SIZES))

    def close(self) -> None:
        """Flush and let go of the files. A cursor would keep RocksDB's lock on them.

        Where the disk doesn't take it, what is missing comes from the changelog next time.
        """
        for held in self._scans:
            held.clear()
        try:
            self._db.close()
        except Exception as error:  # noqa: BLE001 - rocksdict raises no other
            log.warning("%s could not be flushed (%s): is its disk full?", self.path, error)


def store_at(path: Path, memory: StoreMemory) -> Store:
    """The store at `path`; one that is damaged, as by a disk that was full, is deleted, to be
    brought up from the changelog. StoreLockedError where it is open already."""
    try:
        return Store(path, memory)
    except _StoreDamagedError as error:
        log.warning("%s; it is built anew from the changelog", error)
        discard_store(path)
        return Store(path, memory)


def open_store(path: Path, memory: StoreMemory) -> Store:
    """The store at `path`, or a spare one beside it where another worker has that open still: one
    that was thought dead, with the same data folder. It is then brought up from the changelog.
    Other spare ones, of former times, are deleted."""
    place, number = path, 0
    while True:
        try:
            store = store_at(place, memory)
        except StoreLockedError as error:
            log.warning("%s; another is made beside it", error)
            number += 1
            place = path.with_name(f"{path.name}.{number}")
        else:
            delete_spares(path, memory)
            return store


def delete_spares(path: Path, memory: StoreMemory) -> None:
    """Those beside `path` that nobody has open: whoever is next begins with the store there."""
    for spare in path.parent.iterdir():
        name, _, number = spare.name.rpartition(".")
        if name == path.name and number.isdecimal():
            with suppress(StoreLockedError, StoreError):  # it may stay
                store_at(spare, memory).close()
                discard_store(spare)


def discard_store(path: Path) -> None:
    """Delete a store that can't be used; it is rebuilt from the changelog."""
    shutil.rmtree(path, ignore_errors=True)


def _opened(path: Path, memory: StoreMemory) -> Rdict:
    try:
        return Rdict(str(path), memory.options())
    except Exception as error:  # rocksdict raises no other
        if "lock" in str(error).lower():
            raise StoreLockedError(f"{path} is open already ({error})") from error
        if str(error).startswith("Corruption"):
            raise _StoreDamagedError(f"{path} is damaged ({error})") from error
        raise StoreError(path, error) from error
