"""What Redis holds, and what it should hold by the newest standings: worked out the slow way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from redis import Redis

from streams.projection.fields import standing_of

Held = dict[str, Any]


def held(client: Redis, app: str) -> Held:
    """Every key but those that tell how far the projection is, as Python values."""
    keys = [key for key in client.keys(f"{app}:*") if not key.startswith(f"{app}:partition:")]
    return {key: _value(client, key) for key in keys}


def _value(client: Redis, key: str) -> Any:
    if client.type(key) == "zset":
        return dict(client.zrange(key, 0, -1, withscores=True))
    fields = client.hgetall(key)
    return {"partition": fields["partition"], **standing_of(fields)}


def expected(app: str, standings: Iterable[tuple[int, Mapping[str, Any]]], now: str) -> Held:
    """What should be held by these (partition, newest standing); alerts that ended by `now` are
    over."""
    keys: Held = {}
    for partition, standing in standings:
        name = standing["customer_id"]
        keys[f"{app}:customer:{name}"] = {"partition": str(partition), **standing}
        keys.setdefault(f"{app}:tier:{standing['tier']}", {})[name] = float(standing["revenue"])
        until = standing["alert_until"]
        if standing["alert"] is not None and _time(until) > _time(now):
            manager = standing["account_manager"] or "unassigned"
            alerts = keys.setdefault(f"{app}:alerts:{manager}", {})
            alerts[name] = float(standing["revenue_at_risk"])
            ends = keys.setdefault(f"{app}:alerts-end:{partition}", {})
            ends[name] = _time(until).timestamp()
    return keys


def plain(standing: msgspec.Struct) -> dict[str, Any]:
    """A standing as JSON has it."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(standing))
    return value


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
