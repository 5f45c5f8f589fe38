"""How many active customers a partition has at each rank value, frequency and revenue.

Kept in chunks of neighbouring codes; what changed is published chunk by chunk, in absolute
numbers, so that reading it twice does no harm.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate

import msgspec

from schemas.internal import CountsChunk
from streams.domain.pyramid import rank_code

Cell = list[int]  # [customers, sum of the exact values]
ChunkId = tuple[str, int]  # kind, number

KINDS = ("rank", "frequency", "monetary")
HEAD: ChunkId = ("head", 0)  # published last: it closes a version
CHUNK = 256  # codes in a chunk

_published = msgspec.json.Decoder(CountsChunk)


class Counts:
    """Customers and sums by kind and code."""

    def __init__(self) -> None:
        self.cells: dict[str, dict[int, Cell]] = {kind: {} for kind in KINDS}
        self._changed: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self.customers = 0

    def move(self, kind: str, was: int | None, value: int, is_now: int | None, new: int) -> None:
        """A customer goes from the code `was`, where the exact value is `value`, to `is_now`,
        where it is `new`; None: not counted there."""
        cells, changed = self.cells[kind], self._changed[kind]
        if was is not None:
            changed.add(was)
            cell = cells[was]
            if was == is_now:
                cell[1] += new - value
                return
            if cell[0] == 1:
                del cells[was]
            else:
                cell[0] -= 1
                cell[1] -= value
        if is_now is not None:
            changed.add(is_now)
            cell = cells.get(is_now)  # type: ignore[assignment]
            if cell is None:
                cells[is_now] = [1, new]
            else:
                cell[0] += 1
                cell[1] += new
        if kind == "rank":
            self.customers += (is_now is not None) - (was is not None)

    def add(self, kind: str, values: Sequence[int]) -> None:
        """Customers who have not been counted yet, by their exact values."""
        cells, changed = self.cells[kind], self._changed[kind]
        if kind == "rank":
            self.customers += len(values)
        for value, customers in Counter(values).items():
            code = rank_code(value)
            cell = cells.get(code)
            if cell is None:
                cell = cells[code] = [0, 0]
            cell[0] += customers
            cell[1] += customers * value
            changed.add(code)

    @property
    def changed(self) -> bool:
        """Whether anything has changed since `take_changed`."""
        return any(self._changed.values())

    def take_changed(self) -> list[ChunkId]:
        """The chunks that have changed since the last call, in order."""
        changed = {(kind, code // CHUNK) for kind, codes in self._changed.items() for code in codes}
        self._changed = {kind: set() for kind in KINDS}
        return sorted(changed)

    def set_changed(self, chunks: Iterable[ChunkId]) -> None:
        """These chunks, and no others, have changed."""
        self._changed = {kind: set() for kind in KINDS}
        for kind, number in chunks:
            self._changed[kind].add(number * CHUNK)

    def chunk(self, chunk: ChunkId) -> list[tuple[int, int, int]]:
        """(code, customers, sum) of a chunk, in order of code."""
        kind, number = chunk
        cells = self.cells[kind]
        codes = range(number * CHUNK, (number + 1) * CHUNK)
        return [(code, *cells[code]) for code in codes if code in cells]  # type: ignore[misc]

    def chunks(self) -> set[ChunkId]:
        """The chunks that hold anything."""
        return {(kind, code // CHUNK) for kind, cells in self.cells.items() for code in cells}


class GlobalCounts:
    """The newest published counts of all partitions, added up when they are asked for: reading
    through the history that a start finds costs nothing but its last versions."""

    def __init__(self) -> None:
        self.versions: dict[int, int] = {}
        self._totals: dict[str, dict[int, int]] = {kind: {} for kind in KINDS}
        self._customers = 0
        self._codes: dict[str, list[int]] = {kind: [] for kind in KINDS}  # of the totals, in order
        self._chunks: dict[tuple[int, ChunkId], list[tuple[int, int, int]]] = {}
        self._closed: dict[tuple[int, ChunkId], bytes] = {}  # not added up yet
        self._open: dict[int, dict[ChunkId, bytes]] = {}
        self._above: tuple[list[int], list[int]] | None = None

    def replace(self, partition: int, chunk: ChunkId, published: bytes) -> None:
        """A chunk of a partition has been published (an encoded `CountsChunk`, each code once): it
        replaces the one before, as soon as the version that it belongs to is closed."""
        self._open.setdefault(partition, {})[chunk] = published

    def close(self, partition: int, version: int) -> None:
        """A version of a partition's counts is whole."""
        for chunk, published in self._open.pop(partition, {}).items():
            self._closed[partition, chunk] = published
        self.versions[partition] = version

    @property
    def customers(self) -> int:
        """Those who are counted in the ranking, over all partitions."""
        self._add_up()
        return self._customers

    def _add_up(self) -> None:
        if self._closed:
            closed, self._closed = self._closed, {}
            for (partition, chunk), published in closed.items():
                self._replace(partition, chunk, _published.decode(published).counts)

    def _replace(self, partition: int, chunk: ChunkId, cells: list[tuple[int, int, int]]) -> None:
        kind = chunk[0]
        before, after = set(self._chunks.pop((partition, chunk), ())), set(cells)
        more = {code: customers for code, customers, _ in after - before}
        for code, customers, _ in before - after:
            more[code] = more.get(code, 0) - customers
        for code, customers in more.items():
            if customers:
                self._add(kind, code, customers)
                self._above = None
        if cells:
            self._chunks[partition, chunk] = cells

    def published(self, partition: int) -> dict[ChunkId, list[tuple[int, int, int]]]:
        """What a partition has published, chunk by chunk."""
        self._add_up()
        return {
            chunk: cells for (owner, chunk), cells in self._chunks.items() if owner == partition
        }

    def sorted(self, kind: str) -> list[tuple[int, int]]:
        """(code, customers) over all partitions, in order of code."""
        self._add_up()
        totals = self._totals[kind]
        return [(code, totals[code]) for code in self._codes[kind]]

    def share(self, code: int) -> float | None:
        """above / n for a rank code; None where nobody has been counted yet."""
        self._add_up()
        if not self._customers:
            return None
        if self._above is None:
            self._above = _customers_above(self.sorted("rank"))
        codes, above = self._above
        return above[bisect_right(codes, code)] / self._customers

    def _add(self, kind: str, code: int, customers: int) -> None:
        totals, codes = self._totals[kind], self._codes[kind]
        before = totals.get(code, 0)
        if before + customers:
            totals[code] = before + customers
            if not before:
                insort(codes, code)
        else:
            del totals[code], codes[bisect_left(codes, code)]
        if kind == "rank":
            self._customers += customers


def counts_key(partition: int, chunk: ChunkId) -> bytes:
    """The key under which a chunk is published."""
    return f"{partition}/{chunk[0]}/{chunk[1]}".encode()


def read_counts_key(key: bytes) -> tuple[int, ChunkId]:
    """Partition and chunk of a key."""
    partition, kind, number = key.decode().split("/")
    return int(partition), (kind, int(number))


def _customers_above(counts: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Codes in order, and for each the customers from it on (one more: none)."""
    codes = [code for code, _ in counts]
    totals = accumulate(customers for _, customers in reversed(counts))
    return codes, [0, *totals][::-1]
