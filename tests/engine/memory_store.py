"""A store in memory, for tests by the thousand: opening RocksDB takes as long as a whole example.

It behaves as `streams.engine.store.Store` does; `test_memory_store.py` holds the two together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from streams.engine.store import Op


class MemoryStore:
    """Ordered bytes to bytes, gone with the process."""

    def __init__(self) -> None:
        self.items: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None."""
        return self.items.get(key)

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys, in their order."""
        return [self.items.get(key) for key in keys]

    def write(self, ops: Iterable[Op], *, logged: bool = True) -> None:
        """Apply all; of two values of one key the later stays."""
        for key, value in ops:
            if value is None:
                self.items.pop(key, None)
            else:
                self.items[key] = value

    def delete_all(self, begin: bytes, end: bytes) -> None:
        """Delete every key from `begin` on, before `end`."""
        self.write([(key, None) for key, _ in self.scan(begin, end)])

    def scan(self, begin: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values from `begin` on, before `end`, in order of key, as they are now."""
        ordered = sorted(self.items)
        found = ordered[bisect_left(ordered, begin) : bisect_left(ordered, end)]
        yield from [(key, self.items[key]) for key in found]  # a list: as they are now

    def close(self) -> None:
        """Nothing is held."""
