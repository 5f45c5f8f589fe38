"""How deeply a JSON value may nest: a bound of our own.

Parsers stop at whatever is left of the interpreter's stack, so that the same record could be
good in one place and bad in another.
"""

from __future__ import annotations

import re
from itertools import accumulate

from schemas.invalid import InvalidRecord

MAX_DEPTH = 128
SURELY_FLAT_BYTES = 2 * MAX_DEPTH
"""A value of no more bytes can't be JSON that nests more deeply: each level takes two."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")


def check_nesting(value: bytes) -> None:
    """Raises InvalidRecord where arrays and objects lie more than MAX_DEPTH inside each other.

    Costs next to nothing where there are too few brackets for that, as in nearly every record.
    """
    if value.count(b"[") + value.count(b"{") > MAX_DEPTH and (depth := _depth(value)) > MAX_DEPTH:
        raise InvalidRecord(
            "too_deep",
            f"the value must nest at most {MAX_DEPTH} arrays and objects inside each other,"
            f" got {depth}",
        )


def _depth(value: bytes) -> int:
    """The greatest depth; brackets inside strings don't count."""
    brackets = _STRING.sub(b"", value).translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(memoryview(brackets).cast("b")), default=0)
