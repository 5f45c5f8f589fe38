"""The real orders that ship with the demo, as input records."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from tests.oracle.murmur2 import partition_of
from tests.oracle.records import CLOCK, ORDERS, InputRecord

SHIPPED = Path(__file__).parents[2] / "streams" / "demo" / "data" / "cdnow-orders.ndjson.gz"
LAST_INSTANT = "1998-06-30T23:59:59Z"


def cdnow_records(
    partitions: int, tick: str | None = LAST_INSTANT, path: Path = SHIPPED
) -> Iterator[InputRecord]:
    """The orders in the order of the file, then a tick to every partition (None: no tick)."""
    offsets: Counter[int] = Counter()
    keyed = lru_cache(maxsize=None)(lambda key: partition_of(key, partitions))
    with gzip.open(path, "rb") as lines:
        for line in lines:
            key = str(json.loads(line)["customer_id"]).encode()
            partition = keyed(key)
            yield InputRecord(ORDERS, partition, offsets[partition], key, line.rstrip(b"\n"))
            offsets[partition] += 1
    if tick is not None:
        value = json.dumps({"now": tick}).encode()
        for partition in range(partitions):
            yield InputRecord(CLOCK, partition, 0, None, value)
