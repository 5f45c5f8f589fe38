"""The store in memory and the one on disk answer alike, whatever is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.engine.store import Op, Store, StoreMemory
from tests.engine.memory_store import MemoryStore

KEYS = st.binary(min_size=1, max_size=3).filter(lambda key: key < b"\xff")
OPS = st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=2)), max_size=12)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("store"), StoreMemory())
    yield store
    store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(OPS, max_size=3), asked=st.lists(KEYS, max_size=5), ends=st.tuples(KEYS, KEYS)
)
def test_both_stores_answer_alike(
    disk: Store, written: list[list[Op]], asked: list[bytes], ends: tuple[bytes, bytes]
) -> None:
    disk.write([(key, None) for key, _ in disk.scan(b"\x00", b"\xff")])
    memory = MemoryStore()
    for ops in written:
        disk.write(ops)
        memory.write(ops)
    begin, end = sorted(ends)
    assert list(disk.scan(begin, end)) == list(memory.scan(begin, end))
    assert disk.get_many(asked) == memory.get_many(asked)
    assert [disk.get(key) for key in asked] == [memory.get(key) for key in asked]
    for store in (disk, memory):
        store.delete_all(begin, end)
    assert list(disk.scan(b"\x00", b"\xff")) == list(memory.scan(b"\x00", b"\xff"))


def test_what_a_scan_has_begun_with_stays_as_it_was(disk: Store) -> None:
    disk.delete_all(b"\x00", b"\xff")
    memory = MemoryStore()
    for store in (disk, memory):
        store.write([(b"a", b"1"), (b"b", b"2")])
        scan = store.scan(b"a", b"c")
        assert next(scan) == (b"a", b"1")
        store.write([(b"b", None), (b"bb", b"3")])
        assert list(scan) == [(b"b", b"2")]
