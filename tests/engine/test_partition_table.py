"""The table of customers: what is read while commits are under way, whatever the cache lets go."""

from __future__ import annotations

from streams.domain.customer import Customer
from streams.engine.table import CACHED_BYTES, CustomerTable
from tests.engine.memory_store import MemoryStore


def table_of(cached: int) -> CustomerTable:
    return CustomerTable(MemoryStore(), True, cached)  # type: ignore[arg-type]


def count_one(table: CustomerTable, name: bytes) -> None:
    table.touch(name).lifetime_orders += 1


def orders_of(table: CustomerTable, name: bytes) -> int:
    state = table.get(name)
    assert state is not None
    return state.lifetime_orders


def test_a_customer_changed_by_two_commits_under_way_is_never_read_from_the_store() -> None:
    table = table_of(cached=0)
    count_one(table, b"ann")
    first = table.seal()
    count_one(table, b"ann")
    second = table.seal()
    table.store.write(first.store)
    table.written(first)
    assert orders_of(table, b"ann") == 2
    count_one(table, b"ann")
    third = table.seal()
    for sealed in (second, third):
        table.store.write(sealed.store)
        table.written(sealed)
    assert orders_of(table, b"ann") == 3


def test_chunks_of_every_commit_under_way_are_read() -> None:
    table = table_of(cached=0)
    table.put_chunk(b"s1", b"one")
    first = table.seal()
    table.put_chunk(b"s2", b"two")
    second = table.seal()
    table.put_chunk(b"s3", b"three")
    assert [table.chunk(key) for key in (b"s1", b"s2", b"s3")] == [b"one", b"two", b"three"]
    table.store.write(first.store)
    table.written(first)
    table.put_chunk(b"s1", None)
    assert [table.chunk(key) for key in (b"s1", b"s2", b"s3")] == [None, b"two", b"three"]
    table.store.write(second.store)
    table.written(second)
    assert table.chunk(b"s2") == b"two"


def test_the_cache_lets_go_of_large_states_before_they_are_many() -> None:
    table = table_of(cached=1000)
    for number in range(200):
        table.touch(b"c%d" % number).file = bytes(CACHED_BYTES // 20)
        sealed = table.seal()
        table.store.write(sealed.store)
        table.written(sealed)
        assert table.cached_bytes <= CACHED_BYTES
    read = table.get(b"c0")
    assert read is not None
    assert read.file == bytes(CACHED_BYTES // 20)
    assert table.fits() == 19  # of those twentieths, and a few bytes


def test_states_that_shrink_make_room_again() -> None:
    table = table_of(cached=1000)
    for size in (CACHED_BYTES // 2, 10):
        for name in (b"ann", b"ben"):
            table.touch(name).file = bytes(size)
        sealed = table.seal()
        table.store.write(sealed.store)
    assert table.cached_bytes < 1000


def test_who_is_let_go_of_the_cache_is_read_back_whole() -> None:
    table = table_of(cached=2)
    names = [b"c%d" % number for number in range(10)]
    for name in names:
        count_one(table, name)
    sealed = table.seal()
    table.store.write(sealed.store)
    table.written(sealed)
    assert [orders_of(table, name) for name in names] == [1] * 10


def test_indexes_and_counts_follow_a_customer_who_comes_moves_and_goes() -> None:
    table = table_of(cached=10)

    def become(revenue: int, frequency: int, due: int) -> None:
        state = table.touch(b"ann")
        state.revenue = state.rank = revenue
        state.frequency, state.due = frequency, due
        land(table)

    become(5000, 1, due=100)
    assert list(table.ranked(0, 1 << 23, lambda _: True)) == [b"ann"]
    assert list(table.due(99, 100)) == [b"ann"]
    become(5001, 2, due=200)  # the same 12 bits
    assert table.counts.cells["rank"] == {4548: [1, 5001]}
    assert list(table.due(0, 199)) == []
    become(0, 0, due=200)
    assert table.counts.cells == {"rank": {}, "frequency": {}, "monetary": {}}
    assert list(table.ranked(0, 1 << 23, lambda _: True)) == []
    table.erase(b"ann")
    land(table)
    assert list(table.store.scan(b"\x00", b"\xff")) == []


def test_someone_touched_and_erased_in_one_commit_leaves_nothing() -> None:
    table = table_of(cached=10)
    table.touch(b"ann").frequency = 1
    table.erase(b"ann")
    sealed = land(table)
    assert sealed == [(b"cann", None)]
    assert table.get(b"ann") is None
    assert table.touch(b"ann") == Customer()


def land(table: CustomerTable) -> list[tuple[bytes, bytes | None]]:
    sealed = table.seal()
    table.store.write(sealed.store)
    table.written(sealed)
    return sealed.changelog
