"""The store lets go of its files when it is closed, and makes way for one that does not."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from streams.engine.store import Store, StoreError, StoreLockedError, StoreMemory, open_store

PUT = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]


@pytest.fixture
def memory() -> StoreMemory:
    return StoreMemory()


def test_a_scan_shows_what_lies_between_its_ends_in_order(
    tmp_path: Path, memory: StoreMemory
) -> None:
    store = Store(tmp_path / "s", memory)
    store.write(reversed_list(PUT))
    assert list(store.scan(b"a", b"c")) == [(b"a", b"1"), (b"b", b"2")]
    store.close()


def test_a_store_closed_in_the_middle_of_a_scan_can_be_opened_again(
    tmp_path: Path, memory: StoreMemory
) -> None:
    store = Store(tmp_path / "s", memory)
    store.write(PUT)
    scan = store.scan(b"a", b"z")
    assert next(scan) == (b"a", b"1")
    store.close()
    again = Store(tmp_path / "s", memory)
    assert again.get(b"b") == b"2"
    again.close()


def test_where_a_folder_is_open_already_a_store_beside_it_is_taken(
    tmp_path: Path, memory: StoreMemory
) -> None:
    first = open_store(tmp_path / "s", memory)
    with pytest.raises(StoreLockedError, match="is open already"):
        Store(tmp_path / "s", memory)
    second = open_store(tmp_path / "s", memory)
    first.write(PUT)
    assert second.get(b"a") is None
    assert second.path == tmp_path / "s.1"
    first.close()
    third = open_store(tmp_path / "s", memory)
    assert third.get(b"a") == b"1"
    second.close()
    third.close()


def test_spare_stores_that_nobody_has_open_are_deleted_once_the_first_is_free_again(
    tmp_path: Path, memory: StoreMemory
) -> None:
    first, second, third = (open_store(tmp_path / "s", memory) for _ in range(3))
    other = open_store(tmp_path / "s.x", memory)
    other.close()
    first.close()
    third.close()
    open_store(tmp_path / "s", memory).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "s.1", "s.x"]
    second.close()
    open_store(tmp_path / "s", memory).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s", "s.x"]


def test_a_damaged_store_is_deleted_and_begun_anew(tmp_path: Path, memory: StoreMemory) -> None:
    store = Store(tmp_path / "s", memory)
    store.write(PUT)
    store.close()
    for manifest in (tmp_path / "s").glob("MANIFEST*"):
        manifest.write_bytes(b"what a full disk has left of it")
    again = open_store(tmp_path / "s", memory)
    assert (again.path, again.get(b"a")) == (tmp_path / "s", None)
    again.close()


def test_a_store_whose_folder_is_gone_says_so_in_a_sentence(
    tmp_path: Path, memory: StoreMemory
) -> None:
    store = Store(tmp_path / "s", memory)
    shutil.rmtree(tmp_path / "s")
    with pytest.raises(StoreError, match=r"see whether its disk is full, or set TIERSTREAM_DATA"):
        write_to_another_file(store)
    store.close()  # what is missing comes from the changelog: no reason to fail


def write_to_another_file(store: Store) -> None:
    for _ in range(40):
        store.write([(b"a", bytes(1 << 20))])


def reversed_list(ops: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes | None]]:
    return [(key, value) for key, value in reversed(ops)]


def runs(store: Store) -> int:
    return len(list(store.path.glob("*.sst")))


def test_a_store_that_is_filled_is_left_alone_and_merged_when_it_has_been(
    tmp_path: Path, memory: StoreMemory
) -> None:
    store = Store(tmp_path / "s", memory)
    store.set_filling(True)
    written: list[tuple[bytes, bytes | None]] = []
    for number in range(12):
        written = [(b"%d" % key, b"%d" % number) for key in range(1_000)]
        store.write(written, logged=False)
        store.flush()
    assert runs(store) == 12
    store.set_filling(False)
    deadline = time.monotonic() + 30
    while runs(store) > 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert runs(store) <= 4
    assert list(store.scan(b"", b"z")) == sorted(written)
    store.close()


def test_writes_of_a_day_are_merged_as_they_come(tmp_path: Path, memory: StoreMemory) -> None:
    store = Store(tmp_path / "s", memory)
    for number in range(12):
        store.write([(b"%d" % key, b"%d" % number) for key in range(1_000)])
        store.flush()
    deadline = time.monotonic() + 30
    while runs(store) > 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert runs(store) <= 4
    store.close()
