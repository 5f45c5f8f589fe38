"""The demo's standings in Redis, where one is given: only the demo's own are ever replaced."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from redis.exceptions import RedisError
from rich.console import Console, Group, RenderableType
from rich.text import Text

from streams.commands.card import card as customer_card
from streams.demo.figures import Value
from streams.engine.connect import consumer_group
from streams.errors import UserError
from streams.projection.keys import Keys
from streams.projection.place import place_of
from streams.projection.reading import CardReader, NotInRedisError, blocking_client
from streams.settings import Settings

_WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.05
_DELETED_AT_ONCE = 1000


class TakenError(UserError):
    """The keys that the demo would write are not the demo's."""


@dataclass(frozen=True, slots=True)
class RedisCard:
    """A standing as Redis gave it back, from where, and in how long."""

    standing: Mapping[str, Any]
    place: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class DemoRedis:
    """The Redis of the settings; `app` is what its keys begin with."""

    url: str
    app: str

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """None where no Redis is given; UserError where its URL can't be used."""
        if settings.redis_url is None:
            return None
        place_of(settings.redis_url)
        return cls(settings.redis_url, consumer_group(settings))

    def claim(self) -> None:
        """Take away what an earlier demo left, and leave the mark by which the next one knows.

        TakenError where somebody else's standings are there, NotInRedisError where Redis doesn't
        answer: what it holds is not known then, and it must be left alone.
        """
        keys, place = Keys(self.app), place_of(self.url)
        try:
            with blocking_client(self.url) as client:
                found = list(client.scan_iter(keys.all, count=_DELETED_AT_ONCE))
                if found and not client.exists(keys.demo):
                    raise TakenError(
                        f"Redis at {place} holds {keys.all} that no demo made: run the demo with "
                        "another TIERSTREAM_APP_ID, or without TIERSTREAM_REDIS_URL"
                    )
                for start in range(0, len(found), _DELETED_AT_ONCE):
                    client.delete(*found[start : start + _DELETED_AT_ONCE])
                client.set(keys.demo, 1)
        except RedisError as error:
            why = str(error) or type(error).__name__
            raise NotInRedisError(f"Redis at {place} does not answer ({why})") from None

    def card(self, standing: Value) -> RedisCard:
        """What Redis says of a customer, as soon as it is this standing.

        NotInRedisError where it doesn't come to that in time.
        """
        deadline = time.monotonic() + _WAIT_SECONDS
        with CardReader(self.url, self.app) as reader:
            while True:
                try:
                    _read(reader, standing)
                    return _read(reader, standing)  # timed once the connection is there
                except NotInRedisError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(_LOOK_SECONDS)


def claimed_redis(console: Console, settings: Settings) -> DemoRedis | None:
    """The Redis of the settings, its keys the demo's own now; None where there is none, or it does
    not answer, which is said. UserError where it can't be used."""
    redis = DemoRedis.of(settings)
    try:
        if redis is not None:
            redis.claim()
    except NotInRedisError as error:
        console.print(f"{error}: the demo goes on without it")
        return None
    return redis


def read_back(console: Console, redis: DemoRedis, standings: Sequence[Value]) -> RedisCard | None:
    """The card of an interesting customer; None, which is said, where Redis doesn't give it."""
    try:
        return redis.card(interesting(standings))
    except NotInRedisError as error:
        console.print(f"{error}: no card is shown")
        return None


def interesting(standings: Sequence[Value]) -> Value:
    """The customer with a live alert whose revenue at risk is the largest; without alerts, the
    one with the largest revenue."""
    return max(
        standings,
        key=lambda each: (each["revenue_at_risk"] if each["alert"] else -1, each["revenue"]),
    )


def draw_card(card: RedisCard, decimals: int, currency: str) -> RenderableType:
    """The card as `tierstream customer` shows it, without what is unknown."""
    name = card.standing["customer_id"]
    known = {field: each for field, each in card.standing.items() if each is not None}
    found = {"standing": known, "answered_by": f"redis {card.place}"}
    title = f"The card of customer {name}, read back from Redis in {card.milliseconds:.1f} ms"
    lines = [line.decode() for line in customer_card(name, found, decimals, currency)]
    return Group(Text(), Text(title, style="bold"), Text(), Text("\n".join(lines[3:])))


def _read(reader: CardReader, standing: Value) -> RedisCard:
    begun = time.perf_counter()
    found = reader.customer(standing["customer_id"]).standing
    milliseconds = 1000 * (time.perf_counter() - begun)
    if found["event_id"] != standing["event_id"]:
        raise NotInRedisError(f"Redis at {reader.place} is behind")
    return RedisCard(found, reader.place, milliseconds)
