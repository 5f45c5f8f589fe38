"""What Redis holds, and what it should hold by the newest standings: worked out the slow way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from streams.projection.fields import standing_of

Held = dict[str, Any]


def held(client: Any, app: str) -> Held:
    """Every key but those that tell how far the projection is, as Python values. The answers of
    `client` are text."""
    keys = [key for key in client.keys(f"{app}:*") if not key.startswith(f"{app}:partition:")]
    sets = [key for key in keys if not key.startswith(f"{app}:customer:")]
    with client.pipeline(transaction=False) as pipeline:
        for key in keys:
            _ask(pipeline, key, key in sets)
        return {key: _value(said) for key, said in zip(keys, pipeline.execute(), strict=True)}


def _ask(pipeline: Any, key: str, is_set: bool) -> None:
    if is_set:
        pipeline.zrange(key, 0, -1, withscores=True)
    else:
        pipeline.hgetall(key)


def _value(said: Any) -> Any:
    if not said or not isinstance(said, dict):
        return dict(said)  # of a key that went while we looked nothing is said
    return {"partition": said["partition"], **standing_of(said)}


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
