"""The keys of a partition's store. States, chunks and the marker are in the changelog too, under
the same keys; the indexes are derived from the states.

| key | value |
|---|---|
| `c` customer | state |
| `s` customer, chunk number | event ids taken that don't fit the state |
| NUL `m` | the marker: how far the inputs are read, and all else that is one per partition |
| NUL `o` | offset of the newest changelog record that is in this store |
| NUL `w` | when that was last the changelog's end, in seconds since 1970 |
| NUL `f` | the marker of a store that is being filled: it has no indexes yet, and no NUL `m` |
| `d` due day, customer | nothing: on that day time alone changes this customer |
| `r` code, customer | `Ranked`: active customers in the order of the ranking |
"""

from __future__ import annotations

import struct

MARKER = b"\x00m"
CHANGELOG_OFFSET = b"\x00o"
WRITTEN_AT = b"\x00w"
FILLING = b"\x00f"
STATES = b"c"
CHUNKS = b"s"
DUE = b"d"
RANK = b"r"
TOP_CODE = (1 << 24) - 1  # no value has a code as high

_DAY_BIAS = 1 << 40  # days before 1970 sort before those after
_due = struct.Struct(">cQ").pack
_chunk = struct.Struct(">cH").pack
DUE_PREFIX = 9
RANK_PREFIX = 4


def state_key(customer: bytes) -> bytes:
    """The key of a customer's state."""
    return b"c" + customer


def due_key(day: int, customer: bytes = b"") -> bytes:
    """The key under which a customer is due on a day; without one, where the day begins."""
    return _due(DUE, day + _DAY_BIAS) + customer


def rank_key(code: int, customer: bytes = b"") -> bytes:
    """The key of a customer in the ranking; without one, where the code begins."""
    return b"r" + code.to_bytes(3, "big") + customer


def chunk_key(customer: bytes, number: int) -> bytes:
    """The key of a chunk of event ids; the customer's length keeps customers apart."""
    return _chunk(CHUNKS, len(customer)) + customer + number.to_bytes(4, "big")
