"""The demo's account managers: the purchase log names none, so its customers are dealt out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

import msgspec
import orjson

MANAGERS = (
    "amir", "bella", "chen", "dana", "emil", "fatima",
    "goran", "hana", "ivan", "jun", "kofi", "lena",
)  # fmt: skip


def file_lines(order_lines: Iterable[bytes]) -> list[bytes]:
    """A customer's file for everybody with an order, as lines of JSON: in the order of their ids
    one goes to each account manager in turn."""
    customer_of = msgspec.json.Decoder(_Ordered).decode
    ids = sorted({customer_of(line).customer_id for line in order_lines})
    return [
        orjson.dumps({"customer_id": customer_id, "account_manager": manager})
        for customer_id, manager in zip(ids, cycle(MANAGERS), strict=False)
    ]


class _Ordered(msgspec.Struct):
    customer_id: str
