"""What `/metrics`, `/healthz` and `/readyz` answer: status, content type, body."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from prometheus_client.exposition import choose_encoder

from streams.metrics.monitor import Monitor

JSON = "application/json"
OK, UNAVAILABLE = 200, 503

_encode = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes


def metrics(monitor: Monitor, accept: str) -> Answer:
    """All metrics, in the format that the request's `Accept` asks for."""
    encode, content_type = choose_encoder(accept)
    return Answer(OK, content_type, encode(monitor.registry))


def healthz(monitor: Monitor, now: float) -> Answer:
    """200 while everything that waits is being done, else 503 and what stands still since when."""
    still = monitor.health.standing_still(now)
    status = "standing still" if still else "ok"
    body = {"status": status, "standing_still": [one.as_json(now) for one in still]}
    return Answer(UNAVAILABLE if still else OK, JSON, _encode(body))


def readyz(monitor: Monitor) -> Answer:
    """200 once all that is assigned is consumed, else 503 and why it is not."""
    reason = monitor.health.not_ready()
    body = {"status": "ok" if reason is None else "not ready", "reason": reason}
    return Answer(OK if reason is None else UNAVAILABLE, JSON, _encode(body))
