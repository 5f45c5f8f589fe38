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
    """The card of a standing as the topic has it; msgspec.MsgspecError where it is none.

    Done for every standing that is published: typed decoding of all of it takes twice as long.
    """
    standing = _decode(value)
    tier, revenue = standing.get("tier"), standing.get("revenue")
    if type(tier) is not str or type(revenue) is not int:
        raise msgspec.ValidationError("tier and revenue are missing")
    fields = [PARTITION, str(partition)]
    for name, each in standing.items():
        kind = type(each)
        if kind is str:
            fields += (name, each)
        elif kind is int:
            fields += (name, str(each))
        elif each is not None:
            fields += (name, _encode(each).decode())
    alert = _alert(standing) if standing.get("alert") else []
    return Card(customer_id, fields, tier, str(revenue), alert)


def standing_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """The standing that these fields hold, as JSON has it, in the order of the schema."""
    standing: dict[str, Any] = {}
    for name, is_text in _IS_TEXT.items():
        held = fields.get(name)
        standing[name] = held if held is None or is_text else msgspec.json.decode(held)
    return standing


class _Alert(msgspec.Struct):
    """What of a standing with a live alert decides on its places in sorted sets."""

    alert_until: datetime
    revenue_at_risk: int
    account_manager: str | None


def _alert(standing: dict[str, Any]) -> list[str]:
    live = msgspec.convert(standing, _Alert)
    ends = f"{live.alert_until.timestamp():.6f}"
    return [live.account_manager or UNASSIGNED, str(live.revenue_at_risk), ends]


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
