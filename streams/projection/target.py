"""One partition's customers in Redis: taken over, written, cleared away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from redis.asyncio import Redis

from schemas.outputs import TIERS
from streams.domain.days import instant
from streams.projection import scripts
from streams.projection.fields import PARTITION, Card
from streams.projection.keys import UNASSIGNED, Keys

#: Redis that was gone this long is filled afresh: tombstones written meanwhile may have been
#: compacted away (Kafka keeps them a day), and with them what says that a customer was erased.
LONGEST_GAP_SECONDS = 12 * 3600
ALIVE_SECONDS = 60  # a writer heard of within this time lives
_AT_MOST = 500  # alerts ended, and members looked through, in one stroke


class RefusedError(Exception):
    """Redis does not hold what this writer believes: take over again, and see."""


class Target:
    """Writes of one partition. `take_over` first; RedisError where Redis fails."""

    def __init__(self, client: Redis, keys: Keys, partition: int, state_id: str) -> None:
        self._client = client
        self._keys = keys
        self._partition = partition
        self._state_id = state_id
        self._owner = uuid4().hex
        self._position = ""
        self._take_over = client.register_script(scripts.TAKE_OVER)
        self._write = client.register_script(scripts.WRITE)

    async def take_over(self, end_offset: int) -> int:
        """Fence off whoever wrote before; the offset to go on from.

        `end_offset` is the topic's end: a position beyond it belongs to another log. What can't be
        gone on from is cleared away. RefusedError where the worker of another installation writes
        under the same names.
        """
        ask = {
            "owner": self._owner,
            "state_id": self._state_id,
            "end_offset": end_offset,
            "demo_key": self._keys.demo,
            "alive_seconds": ALIVE_SECONDS,
            "longest_gap_seconds": LONGEST_GAP_SECONDS,
        }
        word, self._position = await self._run(self._take_over, ask)
        if word == scripts.OTHERS:
            raise RefusedError(
                f"another installation writes to {self._keys.app}:* of partition "
                f"{self._partition}: give one of the two another TIERSTREAM_APP_ID, or a Redis of "
                "its own"
            )
        if not self._position:
            await self._clear()
        return int(self._position)

    async def write(
        self,
        cards: Sequence[Card] = (),
        gone: Sequence[str] = (),
        *,
        position: int | None = None,
        stream_time_us: int | None = None,
        caught_up: bool = False,
    ) -> None:
        """Replace `cards` and take `gone` away, all or nothing; RefusedError where this writer has
        been fenced off, or Redis holds another position than it wrote.

        `position`: the offset to go on from, once it is reached. `caught_up`: there is no more
        to write, as far as is known.
        """
        fields: list[str] = []
        if position is not None:
            fields += ("position", str(position), "state_id", self._state_id)
        if stream_time_us is not None:
            fields += ("stream_time", instant(stream_time_us).isoformat())
        ask = {
            "owner": self._owner,
            "position": self._position,
            "app": self._keys.app,
            "partition": str(self._partition),
            "unassigned": UNASSIGNED,
            "set": cards,
            "gone": gone,
            "now": None if stream_time_us is None else f"{stream_time_us / 1e6:.6f}",
            "at_most": _AT_MOST,
            "caught_up": caught_up,
            "fields": fields,
        }
        if await self._run(self._write, ask) != scripts.TAKEN_OVER:
            raise RefusedError(f"partition {self._partition} of {self._keys.app} has moved on")
        if position is not None:
            self._position = str(position)

    async def _clear(self) -> None:
        """Take every customer of the partition away, then begin at the first record."""
        for tier in TIERS:
            cursor = -1
            while cursor:
                cursor, members = await self._client.zscan(
                    self._keys.tier(tier), max(cursor, 0), count=_AT_MOST
                )
                await self.write(gone=await self._ours([str(name) for name, _ in members]))
        await self.write(position=0)

    async def _ours(self, names: Sequence[str]) -> list[str]:
        """Those of the customers who are of this partition."""
        pipeline = self._client.pipeline(transaction=False)
        for name in names:
            pipeline.hget(self._keys.customer(name), PARTITION)
        held = await pipeline.execute()
        own = str(self._partition)
        return [name for name, number in zip(names, held, strict=True) if number == own]

    async def _run(self, script: Any, ask: Mapping[str, Any]) -> Any:
        key = self._keys.partition(self._partition)
        return await script(keys=[key], args=[msgspec.msgpack.encode(ask)])
