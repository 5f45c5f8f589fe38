"""The orders that the demo ships: CDNOW's purchase log, see `data/README.md`."""

from __future__ import annotations

import gzip
from importlib.resources import as_file, files
from pathlib import Path

LAST_DAY = "1998-06-30"
END = f"{LAST_DAY}T23:59:59Z"  # where the demo's stream time ends


def orders_file() -> Path:
    """The path of the shipped NDJSON file."""
    with as_file(files("streams.demo").joinpath("data", "cdnow-orders.ndjson.gz")) as path:
        return path


def order_lines() -> list[bytes]:
    """Every order as its line of JSON, without the line's end."""
    with gzip.open(orders_file()) as lines:
        return lines.read().splitlines()
