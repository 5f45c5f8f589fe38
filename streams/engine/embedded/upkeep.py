"""Keeps the log small: checkpoints, compaction, retention. For the worker, on a thread.

All in small transactions with a pause between, so that nobody who appends waits long. Offsets
stay as they are: readers find holes, which batches cover.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from streams.engine.embedded.catalogue import Catalogue
from streams.engine.embedded.database import Database
from streams.engine.records import TopicPartition

DAY_MS = 86_400_000
# A key's older record goes only once the newer one is this old. Whoever reads up to an end has
# this long to do so: else it could find the old record gone and the new one past its end.
LAG_MS = 600_000
_WAL_BYTES = 16_000_000
_CHUNK_ROWS = 2_000
_PAUSE_SECONDS = 0.005
_LEAST_GROWTH = 10_000  # records since the last compaction, and half as many as it left


class Upkeep:
    """Works on a connection of its own. `should_stop` is asked between two transactions."""

    def __init__(self, database: Database, should_stop: Callable[[], bool]) -> None:
        self._database = database
        self._catalogue = Catalogue(database)
        self._should_stop = should_stop
        database.query("PRAGMA secure_delete=ON")  # erased customers leave no trace in free pages

    def checkpoint(self) -> None:
        """Empty the WAL where it has grown: appenders never do, and readers keep it open."""
        wal = self._database.wal_path
        if wal.exists() and wal.stat().st_size > _WAL_BYTES:
            self._database.checkpoint()

    def clean(self, now_ms: int) -> None:
        """Compact and retain wherever there is enough to gain."""
        topics = self._catalogue.topics()
        for partition in self._catalogue.partitions():
            topic = topics[partition.topic]
            if topic.compacted:
                if self._has_grown(partition):
                    self.compact(partition, now_ms)
            elif topic.retention_ms is not None:
                self.retain(partition, now_ms - topic.retention_ms)

    def compact(self, partition: TopicPartition, now_ms: int) -> None:
        """Delete what a newer record of its key replaces, and tombstones older than a day that
        every consumer group has read."""
        table = self._catalogue.table(partition)
        start, end = self._not_compacted(table, now_ms - LAG_MS)
        self._collect_newest(table, start, end)
        replaced = (
            f'"offset" < (SELECT newest."offset" FROM temp.newest '
            f'WHERE newest."key" = records_{table}."key")'
        )
        read = self._read_by_all(partition, end)
        dead = f'value IS NULL AND timestamp_ms < {now_ms - DAY_MS} AND "offset" < {read}'
        self._delete(table, end, f"({replaced} OR {dead})")
        self._database.query("DROP TABLE temp.newest")
        if not self._should_stop():
            self._note(table, end)

    def retain(self, partition: TopicPartition, before_ms: int) -> None:
        """Delete from the start what was appended before `before_ms`."""
        table = self._catalogue.table(partition)
        kept = self._database.query(
            f'SELECT "offset" FROM records_{table} WHERE timestamp_ms >= ? '
            'ORDER BY "offset" LIMIT 1',
            (before_ms,),
        )
        self._delete(table, kept[0][0] if kept else self._end(table), "TRUE")

    def _has_grown(self, partition: TopicPartition) -> bool:
        table = self._catalogue.table(partition)
        ((grown, left),) = self._database.query(
            "SELECT next_offset - compacted_to, compacted_rows FROM partitions WHERE id = ?",
            (table,),
        )
        return bool(grown >= max(_LEAST_GROWTH, left // 2))

    def _not_compacted(self, table: int, before_ms: int) -> tuple[int, int]:
        """The offsets that a compaction now looks at for newest records."""
        ((start, end),) = self._database.query(
            "SELECT compacted_to, next_offset FROM partitions WHERE id = ?", (table,)
        )
        recent = self._database.query(
            f'SELECT "offset" FROM records_{table} WHERE "offset" >= ? AND timestamp_ms >= ? '
            'ORDER BY "offset" LIMIT 1',
            (start, before_ms),
        )
        return int(start), int(recent[0][0] if recent else end)

    def _collect_newest(self, table: int, start: int, end: int) -> None:
        self._database.query("DROP TABLE IF EXISTS temp.newest")
        self._database.query(
            'CREATE TEMP TABLE newest ("key" BLOB PRIMARY KEY, "offset" INTEGER) WITHOUT ROWID'
        )
        self._database.query(
            f'INSERT INTO temp.newest SELECT "key", max("offset") FROM records_{table} '
            'WHERE "offset" >= ? AND "offset" < ? AND "key" IS NOT NULL GROUP BY "key"',
            (start, end),
        )

    def _delete(self, table: int, end: int, condition: str) -> None:
        """Delete what meets the condition before `end`, a chunk of the table at a time."""
        start = 0
        while start < end and not self._should_stop():
            beyond = self._database.query(
                f'SELECT "offset" FROM records_{table} WHERE "offset" >= ? '
                f'ORDER BY "offset" LIMIT 1 OFFSET {_CHUNK_ROWS}',
                (start,),
            )
            stop = min(end, beyond[0][0]) if beyond else end
            self._delete_between(table, start, stop, condition)
            start = stop
            time.sleep(_PAUSE_SECONDS)

    def _delete_between(self, table: int, start: int, stop: int, condition: str) -> None:
        self._database.write(
            lambda: self._database.query(
                f'DELETE FROM records_{table} WHERE "offset" >= ? AND "offset" < ? AND {condition}',
                (start, stop),
            )
        )

    def _read_by_all(self, partition: TopicPartition, end: int) -> int:
        """Up to where every group that reads the partition has read; `end` where none does.

        A worker that was away for days must still find the tombstones it has not seen.
        """
        ((least,),) = self._database.query(
            "SELECT min(next_offset) FROM commits WHERE topic = ? AND partition = ?", partition
        )
        return end if least is None else min(end, int(least))

    def _note(self, table: int, end: int) -> None:
        ((left,),) = self._database.query(
            f'SELECT count(*) FROM records_{table} WHERE "offset" < ?', (end,)
        )
        self._database.write(
            lambda: self._database.query(
                "UPDATE partitions SET compacted_to = ?, compacted_rows = ? WHERE id = ?",
                (end, left, table),
            )
        )

    def _end(self, table: int) -> int:
        ((end,),) = self._database.query(
            "SELECT next_offset FROM partitions WHERE id = ?", (table,)
        )
        return int(end)
