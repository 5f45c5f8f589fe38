"""The Redis that the settings name, and whether it answers."""

from __future__ import annotations

import logging

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams.projection.place import ANSWER_SECONDS, CONNECT_SECONDS, place_of

log = logging.getLogger(__name__)


class Link:
    """One client for all partitions of a worker. Says once that Redis is gone, and once that it is
    back; `place` is what it is called, without user and password."""

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self.client: Redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),  # whoever writes must first look at what was written
        )
        self._lost = False

    def lost(self, error: RedisError) -> None:
        """It does not answer, or not as it should."""
        if not self._lost:
            self._lost = True
            log.warning(
                "Redis at %s fails (%s): what it serves grows stale until it is back; the stream "
                "goes on without it", self.place, str(error) or type(error).__name__,
            )  # fmt: skip

    def answered(self) -> None:
        """It does what it is asked."""
        if self._lost:
            self._lost = False
            log.warning("Redis at %s is back: what it has missed is being written", self.place)

    async def close(self) -> None:
        """Give the connections back."""
        await self.client.aclose()
