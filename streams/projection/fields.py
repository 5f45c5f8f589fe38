"""A standing as the fields of a hash, and back.

Text, times and days are held as they are, numbers and the rest as JSON; what is null is left out.
So HGET is of use to any program, and nothing is lost: sums may be larger than a double holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from schemas.outputs import Standing
from streams.projection.keys import UNASSIGNED

PARTITION: Final = "partition"  # the one field that is not the standing's

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Card(NamedTuple):
    """What is written of a customer: [id, fields, tier, score in the tier, alert].

    `fields` go name, value, name, value, …; `alert` is empty, or [account manager, score, the
    second since 1970 in which it ends].
    """

    customer_id: str
    fields: list[str]
    tier: str
    revenue: str
    alert: list[str]


def card_of(customer_id: str, value: bytes, partition: int) -> Card:
    """The card of a standing as the topic has it; msgspec.MsgspecError where it is none."""
    standing = _decode(value)
    fields = [PARTITION, str(partition)]
    for name, each in standing.items():
        if each is not None:
            fields += (name, each if type(each) is str else _encode(each).decode())
    head = msgspec.convert(standing, _Head)
    return Card(customer_id, fields, head.tier, str(head.revenue), _alert(head))


def standing_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The standing that these fields hold, as JSON has it, in the order of the schema."""
    standing: dict[str, Any] = {}
    for name, is_text in _IS_TEXT.items():
        held = fields.get(name)
        standing[name] = held if held is None or is_text else msgspec.json.decode(held)
    return standing


class _Head(msgspec.Struct):
    """What of a standing decides on the sorted sets it is in."""

    tier: str
    revenue: int
    revenue_at_risk: int | None = None
    account_manager: str | None = None
    alert: str | None = None
    alert_until: datetime | None = None


def _alert(head: _Head) -> list[str]:
    if head.alert is None or head.alert_until is None:
        return []
    ends = f"{head.alert_until.timestamp():.6f}"
    return [head.account_manager or UNASSIGNED, str(head.revenue_at_risk or 0), ends]


def _is_text(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.UnionType):
        return all(_is_text(each) for each in kind.types)
    return isinstance(kind, _TEXT)


_TEXT = (
    msgspec.inspect.StrType, msgspec.inspect.LiteralType, msgspec.inspect.DateType,
    msgspec.inspect.DateTimeType, msgspec.inspect.NoneType,
)  # fmt: skip
_IS_TEXT = {
    field.encode_name: _is_text(msgspec.inspect.type_info(field.type))
    for field in msgspec.structs.fields(Standing)
}
