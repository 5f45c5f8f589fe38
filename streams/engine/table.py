"""The customers of one partition: read through a cache, changed in memory, sealed into one write.

Between `load` and `seal` nothing may await: a batch sees and leaves a consistent table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from streams.domain.customer import (
    NEVER,
    UNKNOWN,
    Customer,
    decode_customer,
    encode_customer,
)
from streams.domain.pyramid import rank_code
from streams.engine import keys
from streams.engine.counts import Counts
from streams.engine.segments import Segments, decode_segments
from streams.engine.store import Op, Store

_COUNTED_AT_ONCE = 5_000
_CACHED_CUSTOMERS = 20_000  # decoded, per partition: some 1.5 KB each


class Indexed(msgspec.Struct, frozen=True, gc=False):
    """What the indexes, the counts and the segments know of a customer before a change."""

    rank: int
    frequency: int
    revenue: int
    due: int
    tier: int
    stage: int
    rfm: int


class Sealed(NamedTuple):
    """The changes of one commit: for the changelog, and for the store (indexes included)."""

    changelog: list[Op]
    store: list[Op]
    customers: list[bytes]
    chunks: dict[bytes, bytes | None]


_ABSENT = Indexed(0, 0, 0, NEVER, UNKNOWN, 0, 0)
Place = Indexed | Customer


class CustomerTable:
    """The states of one partition. `ranks_revenue`: rank and revenue share one index; `cached`:
    customers that stay in memory."""

    def __init__(self, store: Store, ranks_revenue: bool, cached: int = _CACHED_CUSTOMERS) -> None:
        self.store = store
        self._cached = cached
        self.counts = Counts()
        self.segments = Segments()
        self._ranks_revenue = ranks_revenue
        self._cache: dict[bytes, Customer | None] = {}
        self._before: dict[bytes, Indexed] = {}
        self._in_flight: list[Sealed] = []  # not yet in the store, oldest first
        self._chunks: dict[bytes, bytes | None] = {}

    # -- reading

    def load(self, customers: Iterable[bytes]) -> None:
        """Bring these into memory with one read of the store."""
        cache = self._cache
        missing = [customer for customer in customers if customer not in cache]
        if not missing:
            return
        states = self.store.get_many([b"c" + customer for customer in missing])
        for customer, state in zip(missing, states, strict=True):
            cache[customer] = None if state is None else decode_customer(state)

    def get(self, customer: bytes) -> Customer | None:
        """A customer's state, or None; to be changed only after `touch`."""
        try:
            return self._cache[customer]
        except KeyError:
            self.load((customer,))
            return self._cache[customer]

    def chunk(self, key: bytes) -> bytes | None:
        """A chunk of event ids by its key."""
        for pending in (self._chunks, *(sealed.chunks for sealed in reversed(self._in_flight))):
            if key in pending:
                return pending[key]
        return self.store.get(key)

    # -- changing

    def touch(self, customer: bytes) -> Customer:
        """The state, about to be changed; a new one where there is none."""
        state = self.get(customer)
        if customer not in self._before:
            self._before[customer] = _ABSENT if state is None else Indexed(
                state.rank, state.frequency, state.revenue, state.due,
                state.tier, state.stage, state.rfm,
            )  # fmt: skip
        if state is None:
            state = self._cache[customer] = Customer()
        return state

    def erase(self, customer: bytes) -> None:
        """Forget a customer: state, indexes and chunks."""
        state = self.touch(customer)
        for chunk in state.seen_chunks:
            self.put_chunk(keys.chunk_key(customer, chunk.number), None)
        self._cache[customer] = None

    def put_chunk(self, key: bytes, value: bytes | None) -> None:
        """Write or (None) delete a chunk of event ids."""
        self._chunks[key] = value

    def seal(self) -> Sealed:
        """All changes since the last seal, indexes and counts brought along."""
        changelog: list[Op] = list(self._chunks.items())
        ops: list[Op] = []
        cache = self._cache
        move = self.segments.move
        for customer, before in self._before.items():
            state = cache[customer]
            after = _ABSENT if state is None else state
            self._reindex(customer, before, after, ops, self.counts)
            move(before, after)
            value = None if state is None else encode_customer(state)
            changelog.append((b"c" + customer, value))
        sealed = Sealed(changelog, changelog + ops, list(self._before), self._chunks)
        self._in_flight.append(sealed)
        self._chunks = {}
        self._before = {}
        return sealed

    @property
    def has_changes(self) -> bool:
        """Whether anything has changed since the last seal."""
        return bool(self._before or self._chunks)

    def written(self, sealed: Sealed) -> None:
        """The changes have reached the store: the cache may let them go."""
        self._in_flight = [other for other in self._in_flight if other is not sealed]
        if len(self._cache) > self._cached:
            self._evict()

    def _evict(self) -> None:
        excess = len(self._cache) - self._cached * 3 // 4
        busy = self._before.keys() | {name for one in self._in_flight for name in one.customers}
        for customer in [name for name in self._cache if name not in busy][:excess]:
            del self._cache[customer]

    # -- indexes

    def _reindex(
        self, customer: bytes, before: Place, after: Place, ops: list[Op], counts: Counts | None
    ) -> None:
        """Move a customer in every index where it has another place than before, and in the
        counts."""
        due, due_now = before.due, after.due
        if due != due_now:
            if due != NEVER:
                ops.append((keys.due_key(due, customer), None))
            if due_now != NEVER:
                ops.append((keys.due_key(due_now, customer), b""))
        was_active, is_active = before.frequency >= 1, after.frequency >= 1
        if not (was_active or is_active):
            return
        for kind, was, is_now in (
            ("rank", before.rank, after.rank),
            ("frequency", before.frequency, after.frequency),
            ("monetary", before.revenue, after.revenue),
        ):
            if kind == "monetary" and self._ranks_revenue:
                continue
            if not was_active:
                self._move(kind, customer, None, is_now, ops, counts)
            elif not is_active:
                self._move(kind, customer, was, None, ops, counts)
            elif was != is_now:
                self._move(kind, customer, was, is_now, ops, counts)

    @staticmethod
    def _move(
        kind: str, customer: bytes, was: int | None, is_now: int | None,
        ops: list[Op], counts: Counts | None,
    ) -> None:  # fmt: skip
        """From one value to another in an index and in the counts; None: not in it."""
        prefix = _PREFIXES[kind]
        code = None if was is None else rank_code(was)
        code_now = None if is_now is None else rank_code(is_now)
        if counts is not None:
            counts.move(kind, code, was or 0, code_now, is_now or 0)
        if code is not None and code != code_now:
            ops.append((prefix + code.to_bytes(3, "big") + customer, None))
        if code_now is not None and is_now is not None:
            stored = is_now.to_bytes((is_now.bit_length() + 8) // 8, "big", signed=True)
            ops.append((prefix + code_now.to_bytes(3, "big") + customer, stored))

    def count_all(self, segments: bytes = b"") -> None:
        """Rebuild the counts from the indexes of the store; the segments are those given, or
        else made from all states."""
        for _ in self.counting(segments):
            pass

    def counting(self, segments: bytes = b"") -> Iterator[None]:
        """`count_all` in steps of some 10 ms, so that others get their turn."""
        self.segments = decode_segments(segments) if segments else self._segments_of_all()
        self.counts = Counts()
        for kind, prefix in _PREFIXES.items():
            if kind == "monetary" and self._ranks_revenue:
                continue
            for number, (key, value) in enumerate(self.store.scan(prefix, _after(prefix))):
                exact = int.from_bytes(value, "big", signed=True)
                self.counts.move(kind, None, 0, keys.code_of(key), exact)
                if not number % _COUNTED_AT_ONCE:
                    yield

    def _segments_of_all(self) -> Segments:
        segments = Segments()
        for _, state in self.store.scan(keys.STATES, _after(keys.STATES)):
            segments.move(_ABSENT, decode_customer(state))
        return segments

    def restore(
        self,
        changes: dict[bytes, bytes | None],
        counts: Counts | None = None,
        place: Sequence[Op] = (),
    ) -> None:
        """Write what the changelog says of these keys, and `place` with it; nothing may be in
        flight. `counts`: those to be kept up with it; without, `count_all` comes when all is
        restored."""
        names = [key[1:] for key in changes if key[:1] == keys.STATES]
        ops: list[Op] = [*changes.items(), *place]
        olds = self.store.get_many([b"c" + name for name in names])
        for name, old in zip(names, olds, strict=True):
            new = changes[b"c" + name]
            before = _ABSENT if old is None else decode_customer(old)
            after = _ABSENT if new is None else decode_customer(new)
            self._reindex(name, before, after, ops, counts)
            self._cache.pop(name, None)
        self.store.write(ops)

    # -- scanning (nothing may be in flight: the store must be up to date)

    def due(self, after_day: int, up_to_day: int) -> Iterator[bytes]:
        """Customers due after one day and up to another, in order of the day."""
        scan = self.store.scan(keys.due_key(after_day + 1), keys.due_key(up_to_day + 1))
        for key, _ in scan:
            yield key[keys.DUE_PREFIX :]

    def between(self, kind: str, low: int, high: int) -> Iterator[bytes]:
        """Active customers with a code from `low` on, under `high`."""
        prefix = _PREFIXES["rank" if kind == "monetary" and self._ranks_revenue else kind]
        top = min(high, (1 << 24) - 1)
        for key, _ in self.store.scan(keys.code_key(prefix, low), keys.code_key(prefix, top)):
            yield key[keys.CODE_PREFIX :]

    def everyone(self, after: bytes = b"") -> Iterator[bytes]:
        """Every customer in order, those after `after`."""
        begin = keys.state_key(after + b"\x00") if after else keys.STATES
        for key, _ in self.store.scan(begin, _after(keys.STATES)):
            yield key[1:]


_PREFIXES = {"rank": keys.RANK, "frequency": keys.FREQUENCY, "monetary": keys.MONETARY}


def _after(prefix: bytes) -> bytes:
    return bytes([prefix[0] + 1])
