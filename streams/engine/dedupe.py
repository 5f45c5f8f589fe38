"""Which events a customer's state has taken already: hashes of their ids, and when.

The newest ids lie in the state. Where a customer has very many, older ones go into chunks under
keys of their own, so that the state stays small.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from streams.domain.customer import MOST_EVENTS, Customer, SeenChunk
from streams.domain.days import DAY_US
from streams.engine import keys
from streams.engine.table import CustomerTable

_CHUNK = 96  # ids in a chunk
#: Ids of chunks kept in memory, 170 bytes each; of one customer all, however many: reading 1,000
#: chunks takes 10 ms.
HOT_EVENTS = 200_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[int | None]).decode

Taken = dict[int, int | None]  # event -> stream time when it was taken; None: before there was one


def event_hash(topic: str, event_id: str) -> int:
    """64 bits of BLAKE2b of topic and event_id: one in 10^9 for 100,000 events of a customer."""
    digest = blake2b(f"{topic}\x00{event_id}".encode(), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


class Dedupe:
    """Remembers event ids for `dedupe_days` of stream time."""

    def __init__(self, table: CustomerTable, dedupe_days: int) -> None:
        self._table = table
        self.kept_us = dedupe_days * DAY_US
        self._hot: dict[bytes, Taken] = {}  # by customer, of chunks

    def is_repeat(
        self, name: bytes, customer: Customer, event: int, now_us: int | None, began_us: int | None
    ) -> bool:
        """Whether the event was taken no longer ago than is remembered.

        `now_us`: stream time; `began_us`: the first there was, which counts as that of events
        taken before.
        """
        oldest = None if now_us is None else now_us - self.kept_us
        seen = customer.seen
        if event in seen:
            taken_us = customer.seen_us[seen.index(event)]
            return _is_remembered(taken_us, began_us, oldest)
        if not customer.seen_chunks:
            return False
        events = self._of_chunks(name, customer)
        return event in events and _is_remembered(events[event], began_us, oldest)

    def forget(self, name: bytes) -> None:
        """The customer is erased."""
        self._hot.pop(name, None)

    def remember(
        self, name: bytes, customer: Customer, event: int, now_us: int | None, began_us: int | None
    ) -> None:
        """The event has been taken at stream time `now_us` (None: there is none yet)."""
        self._forget_old(name, customer, now_us, began_us)
        customer.seen.append(event)
        customer.seen_us.append(now_us)
        if len(customer.seen) > MOST_EVENTS:
            self._split_off(name, customer)

    def _forget_old(
        self, name: bytes, customer: Customer, now_us: int | None, began_us: int | None
    ) -> None:
        if now_us is None:
            return
        oldest = now_us - self.kept_us
        taken = customer.seen_us
        if taken and not _is_remembered(taken[0], began_us, oldest):
            old = 1
            while old < len(taken) and not _is_remembered(taken[old], began_us, oldest):
                old += 1
            del customer.seen[:old], taken[:old]
        chunks = customer.seen_chunks
        while chunks and not _is_remembered(chunks[0].newest_us, began_us, oldest):
            self._hot.pop(name, None)
            self._table.put_chunk(keys.chunk_key(name, chunks.pop(0).number), None)

    def _split_off(self, name: bytes, customer: Customer) -> None:
        old, customer.seen = customer.seen[:_CHUNK], customer.seen[_CHUNK:]
        taken, customer.seen_us = customer.seen_us[:_CHUNK], customer.seen_us[_CHUNK:]
        number = customer.seen_chunks[-1].number + 1 if customer.seen_chunks else 0
        flat = [part for pair in zip(taken, old, strict=True) for part in pair]
        self._table.put_chunk(keys.chunk_key(name, number), _encode(flat))
        customer.seen_chunks.append(SeenChunk(number, taken[-1]))
        if name in self._hot:
            self._hot[name].update(_events(flat))
            self._let_go()

    def _of_chunks(self, name: bytes, customer: Customer) -> Taken:
        events = self._hot.get(name)
        if events is None:
            events = self._hot[name] = {}
            for chunk in customer.seen_chunks:
                stored = self._table.chunk(keys.chunk_key(name, chunk.number))
                assert stored is not None, f"chunk {chunk.number} of {name!r} is not in the store"
                events.update(_events(_decode(stored)))
            self._let_go()
        return events

    def _let_go(self) -> None:
        """Forget those looked at first, until few enough ids are left or those of one customer."""
        hot = self.held
        while hot > HOT_EVENTS and len(self._hot) > 1:
            hot -= len(self._hot.pop(next(iter(self._hot))))

    @property
    def held(self) -> int:
        """Ids of chunks that are in memory."""
        return sum(map(len, self._hot.values()))


def _events(flat: list[int | None]) -> Iterator[tuple[int, int | None]]:
    """(event, when taken) of a chunk, in the order in which they were taken."""
    for at in range(0, len(flat), 2):
        event = flat[at + 1]
        assert event is not None
        yield event, flat[at]


def _is_remembered(taken_us: int | None, began_us: int | None, oldest_us: int | None) -> bool:
    taken = began_us if taken_us is None else taken_us
    return oldest_us is None or taken is None or taken >= oldest_us
