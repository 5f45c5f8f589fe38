"""One customer as Redis has it: two questions to Redis, and no log is opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple, Self

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from streams.projection.fields import PARTITION, standing_of
from streams.projection.keys import Keys
from streams.projection.place import place_of

STALE_SECONDS = 10  # a projection that was not heard of for longer is not relied on
_CONNECT_SECONDS, _ANSWER_SECONDS = 0.5, 1.0  # there are others to be asked


def blocking_client(url: str) -> Redis:
    """A client for commands, whose answers are text and don't keep anybody waiting."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=_CONNECT_SECONDS,
        socket_timeout=_ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


class NotInRedisError(Exception):
    """Redis can't answer for this customer; the message says why, without user and password."""


class FoundInRedis(NamedTuple):
    """A standing as the topic has it, and the stream time of its partition."""

    standing: dict[str, Any]
    partition: int
    stream_time: datetime | None


class CardReader:
    """A connection to Redis, for commands. `place` is what it is called: no user, no password."""

    def __init__(self, url: str, app: str) -> None:
        self.place = place_of(url)
        self._keys = Keys(app)
        self._client: Any = blocking_client(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def customer(self, customer_id: str) -> FoundInRedis:
        """NotInRedisError where Redis doesn't answer, is behind, or knows no such customer: who was
        never written there may still be known to a worker."""
        try:
            fields = self._client.hgetall(self._keys.customer(customer_id))
            if not fields:
                raise NotInRedisError(f"Redis at {self.place} knows no customer {customer_id!r}")
            return self._found(fields)
        except RedisError as error:
            why = str(error) or type(error).__name__
            raise NotInRedisError(f"Redis at {self.place} does not answer ({why})") from None

    def _found(self, fields: dict[str, str]) -> FoundInRedis:
        partition = int(fields[PARTITION])
        pipeline = self._client.pipeline(transaction=False)
        pipeline.hmget(self._keys.partition(partition), "caught_up_at", "stream_time")
        pipeline.time()
        (caught_up_at, stream_time), (now, _) = pipeline.execute()
        if caught_up_at is None:
            raise NotInRedisError(f"Redis at {self.place} is being filled")
        behind = now - int(caught_up_at)
        if behind > STALE_SECONDS:
            raise NotInRedisError(f"Redis at {self.place} is {behind:,} s behind")
        time = None if stream_time is None else datetime.fromisoformat(stream_time)
        return FoundInRedis(standing_of(fields), partition, time)
