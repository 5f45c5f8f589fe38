"""A standing becomes the fields of a hash and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from streams.projection.fields import card_of, standing_of
from tests.commands.said import standing
from tests.projection.equal import plain

UNTIL = datetime(2026, 11, 28, 10, tzinfo=UTC)
SOURCE = {"topic": "orders", "partition": 3, "offset": 12}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"revenue": 10**25, "profit": -1, "frequency": 0, "rfm": None, "share": None},
        {"name": "null", "account_manager": "12", "rfm": "111"},
        {"name": '{"a": [1]} 王 \x00', "account_manager": "", "share": 1e-9},
        {"alert": "urgent", "alert_until": UNTIL, "last_call_at": UNTIL, "open_complaints": 2},
        {"source": SOURCE, "stage": "dormant", "recency_days": None, "last_order_day": None},
    ],
)
def test_nothing_of_a_standing_is_lost_in_redis(changes: dict[str, Any]) -> None:
    said = standing("a:b", **changes)
    card = card_of("a:b", msgspec.json.encode(said), 3)
    fields = dict(zip(card.fields[::2], card.fields[1::2], strict=True))
    assert standing_of(fields) == plain(said)
    assert fields["partition"] == "3"


def test_fields_are_of_use_to_any_program() -> None:
    said = standing("a", name="Ann", revenue=5, last_call_at=UNTIL, stage=None)
    card = card_of("a", msgspec.json.encode(said), 0)
    fields = dict(zip(card.fields[::2], card.fields[1::2], strict=True))
    assert fields["name"] == "Ann"
    assert fields["revenue"] == "5"
    assert fields["last_call_at"] == "2026-11-28T10:00:00Z"
    assert fields["last_order_day"] == "2026-11-01"
    assert "stage" not in fields


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b"{}", b'{"tier": 1, "revenue": 2}'])
def test_what_is_no_standing_is_refused(value: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        card_of("a", value, 0)
