"""Which events a customer's state has taken already: hashes of their ids, and when.

The newest ids lie in the state. Where a customer has very many, older ones go into chunks under
keys of their own, so that the state stays small.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from streams.domain.customer import Customer, Seen, SeenChunk
from streams.domain.days import DAY_US
from streams.engine import keys
from streams.engine.table import CustomerTable

_INLINE = 128  # ids in the state before a chunk is split off
_CHUNK = 96  # ids in a chunk
_HOT_CUSTOMERS = 32  # whose chunks are kept in memory: reading 1,000 chunks takes 10 ms

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int]).decode


def event_hash(topic: str, event_id: str) -> int:
    """64 bits of BLAKE2b of topic and event_id: one in 10^9 for 100,000 events of a customer."""
    digest = blake2b(f"{topic}\x00{event_id}".encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


class Dedupe:
    """Remembers event ids for `dedupe_days` of stream time."""

    def __init__(self, table: CustomerTable, dedupe_days: int) -> None:
        self._table = table
        self._kept_us = dedupe_days * DAY_US
        self._hot: dict[bytes, dict[int, int]] = {}  # customer -> event -> when taken, of chunks

    def is_repeat(
        self, name: bytes, customer: Customer, event: int, now_us: int | None, began_us: int | None
    ) -> bool:
        """Whether the event was taken no longer ago than is remembered.

        `now_us`: stream time; `began_us`: the first there was, which counts as that of events
        taken before.
        """
        oldest = None if now_us is None else now_us - self._kept_us
        for seen in customer.seen:
            if seen.event == event:
                taken = began_us if seen.taken_us is None else seen.taken_us
                if oldest is None or taken is None or taken >= oldest:
                    return True
        if not customer.seen_chunks:
            return False
        taken = self._of_chunks(name, customer).get(event)
        return taken is not None and (oldest is None or taken >= oldest)

    def forget(self, name: bytes) -> None:
        """The customer is erased."""
        self._hot.pop(name, None)

    def remember(
        self, name: bytes, customer: Customer, event: int, now_us: int | None, began_us: int | None
    ) -> None:
        """The event has been taken at stream time `now_us` (None: there is none yet)."""
        self._forget_old(name, customer, now_us, began_us)
        customer.seen.append(Seen(now_us, event))
        if len(customer.seen) > _INLINE:
            self._split_off(name, customer, began_us)

    def _forget_old(
        self, name: bytes, customer: Customer, now_us: int | None, began_us: int | None
    ) -> None:
        if now_us is None:
            return
        oldest = now_us - self._kept_us
        seen = customer.seen
        if seen and _taken(seen[0], began_us, now_us) < oldest:
            customer.seen = [one for one in seen if _taken(one, began_us, now_us) >= oldest]
        while customer.seen_chunks and customer.seen_chunks[0].newest_us < oldest:
            chunk = customer.seen_chunks.pop(0)
            self._hot.pop(name, None)
            self._table.put_chunk(keys.chunk_key(name, chunk.number), None)

    def _split_off(self, name: bytes, customer: Customer, began_us: int | None) -> None:
        old, customer.seen = customer.seen[:_CHUNK], customer.seen[_CHUNK:]
        number = customer.seen_chunks[-1].number + 1 if customer.seen_chunks else 0
        newest = max(_taken(one, began_us, 0) for one in old)
        flat = [part for one in old for part in (_taken(one, began_us, newest), one.event)]
        self._table.put_chunk(keys.chunk_key(name, number), _encode(flat))
        customer.seen_chunks.append(SeenChunk(number, newest))
        if name in self._hot:
            self._hot[name].update(zip(flat[1::2], flat[::2], strict=True))

    def _of_chunks(self, name: bytes, customer: Customer) -> dict[int, int]:
        events = self._hot.get(name)
        if events is None:
            if len(self._hot) >= _HOT_CUSTOMERS:
                del self._hot[next(iter(self._hot))]
            events = self._hot[name] = {}
            for chunk in customer.seen_chunks:
                stored = self._table.chunk(keys.chunk_key(name, chunk.number))
                assert stored is not None, f"chunk {chunk.number} of {name!r} is not in the store"
                flat = _decode(stored)
                events.update(zip(flat[1::2], flat[::2], strict=True))
        return events


def _taken(seen: Seen, began_us: int | None, otherwise: int) -> int:
    if seen.taken_us is not None:
        return seen.taken_us
    return otherwise if began_us is None else began_us
