"""Whether the stores hold what the changelogs say, indexes included."""

from __future__ import annotations

from streams.engine.connect import consumer_group, open_client
from streams.engine.store import StoreMemory, open_store
from streams.engine.table import CustomerTable
from streams.settings import Settings
from tests.engine.memory_store import MemoryStore

_ABOUT_ITSELF = b"\x00"  # what the keys begin with that no changelog explains


def compare(settings: Settings, partitions: int) -> list[str]:
    """The keys of each store that differ from those of one built anew; none of a good one."""
    memory = StoreMemory()
    return [
        f"{number}: {key!r}"
        for number in range(partitions)
        for key in _differing(settings, number, memory)
    ]


def _differing(settings: Settings, number: int, memory: StoreMemory) -> list[bytes]:
    path = settings.data / "stores" / f"{consumer_group(settings)}-{number}"
    store = open_store(path, memory)
    found = dict(store.scan(_ABOUT_ITSELF + b"\xff", b"\xff"))
    store.close()
    wanted = _built_anew(settings, number)
    return sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))


def _built_anew(settings: Settings, number: int) -> dict[bytes, bytes]:
    changes: dict[bytes, bytes | None] = {}
    client = open_client(settings)
    for partition, record in client.read(settings.changelog.name):
        if partition == number and record.key is not None and record.key[:1] != _ABOUT_ITSELF:
            changes[record.key] = record.value
    client.close()
    store = MemoryStore()
    table = CustomerTable(store, ranks_revenue=True)  # type: ignore[arg-type]
    table.restore(changes)
    return store.items
