"""The customers of one partition: read through a cache, changed in memory, sealed into one write.

Within a batch nothing may await: it sees and leaves a consistent table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Final, Literal, NamedTuple

from streams.domain.customer import NEVER, Customer
from streams.domain.packed import (
    NOBODY,
    RANKED,
    Place,
    Ranked,
    brought_up,
    decode_customer,
    encode_customer,
    place_of,
    ranked_of,
)
from streams.domain.pyramid import rank_code
from streams.engine import keys
from streams.engine.counts import Counts
from streams.engine.segments import Segments, decode_segments
from streams.engine.store import Op, Store

_AT_ONCE = 5_000  # customers counted in a step
_MANY = 40  # days and events
_CACHED_CUSTOMERS = 20_000  # of a partition
CACHED_BYTES = 8 << 20  # of their states


class _Unwieldy(Enum):
    BULKY = "bulky"


BULKY: Final = _Unwieldy.BULKY  #: In place of the state of somebody whom packing takes long for.


class Sealed(NamedTuple):
    """The changes of one commit: for the changelog, and for the store (indexes included)."""

    changelog: list[Op]
    store: list[Op]
    customers: list[bytes]
    chunks: dict[bytes, bytes | None]


class CustomerTable:
    """The states of one partition. `ranks_revenue`: ranked by revenue; `cached`: customers that
    stay in memory."""

    def __init__(self, store: Store, ranks_revenue: bool, cached: int = _CACHED_CUSTOMERS) -> None:
        self.store = store
        self._cached = cached
        self.counts = Counts()
        self.segments = Segments()
        self._ranks_revenue = ranks_revenue
        self._cache: dict[bytes, bytes | None] = {}  # packed
        self._cached_bytes = 0  # as of the last seal
        self._open: dict[bytes, Customer | None] = {}  # unpacked, until the next seal
        self._before: dict[bytes, bytes | None] = {}  # of those changed since the last seal
        self._in_flight: list[Sealed] = []  # not yet in the store, oldest first
        self._chunks: dict[bytes, bytes | None] = {}

    # -- reading

    def load(self, customers: Iterable[bytes]) -> None:
        """Bring these into memory with one read of the store, in the order of its blocks: a fifth
        to a half less time."""
        cache = self._cache
        missing = sorted(customer for customer in customers if customer not in cache)
        if not missing:
            return
        states = self.store.get_many([b"c" + customer for customer in missing])
        cache.update(zip(missing, states, strict=True))
        self._cached_bytes += sum(map(_size, states))

    def get(self, customer: bytes) -> Customer | None:
        """A customer's state, or None; to be changed only after `touch`."""
        opened = self._open
        try:
            return opened[customer]
        except KeyError:
            packed = self._held(customer)
            state = opened[customer] = None if packed is None else decode_customer(packed)
            return state

    def packed(self, customer: bytes) -> bytes | Literal[_Unwieldy.BULKY] | None:
        """The state as bytes, or None; whoever has been unpacked is packed again. BULKY where that
        would take long."""
        if customer in self._open:
            state = self._open[customer]
            if state is not None and len(state.days) + len(state.seen) > _MANY:
                return BULKY
            self._pack(customer)
        return self._held(customer)

    def _held(self, customer: bytes) -> bytes | None:
        try:
            return self._cache[customer]
        except KeyError:
            self.load((customer,))
            return self._cache[customer]

    def pack(self) -> None:
        """Pack whoever is unpacked: they take ten times the memory."""
        for customer in list(self._open):
            self._pack(customer)

    def _pack(self, customer: bytes) -> None:
        state = self._open.pop(customer)
        if customer in self._before:
            self._cache[customer] = None if state is None else encode_customer(state)

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
            self._before[customer] = self._held(customer)
        if state is None:
            state = self._open[customer] = Customer()
        return state

    def replace(self, customer: bytes, before: bytes | None, after: bytes) -> None:
        """In place of `touch`: what `packed` gave becomes another state."""
        self._before.setdefault(customer, before)
        self._cache[customer] = after

    def erase(self, customer: bytes) -> None:
        """Forget a customer: state, indexes and chunks."""
        state = self.touch(customer)
        for chunk in state.seen_chunks:
            self.put_chunk(keys.chunk_key(customer, chunk.number), None)
        self._open[customer] = None

    def put_chunk(self, key: bytes, value: bytes | None) -> None:
        """Write or (None) delete a chunk of event ids."""
        self._chunks[key] = value

    def seal(self) -> Sealed:
        """All changes since the last seal, indexes and counts brought along."""
        changelog: list[Op] = list(self._chunks.items())
        ops: list[Op] = []
        self.pack()
        cache, follow = self._cache, self._follow
        for customer, before in self._before.items():
            after = cache[customer]
            follow(customer, before, after, ops)
            changelog.append((b"c" + customer, after))
            self._cached_bytes += _size(after) - _size(before)
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
        if len(self._cache) > self._cached or self._cached_bytes > CACHED_BYTES:
            self._evict()

    @property
    def cached_bytes(self) -> int:
        """What the states in memory take."""
        return self._cached_bytes

    def fits(self) -> int:
        """How many customers may be in memory at once, by the size of those that are."""
        if not self._cached_bytes:
            return self._cached
        return max(1, CACHED_BYTES * len(self._cache) // self._cached_bytes)

    def _evict(self) -> None:
        """Down to three quarters of what may be kept, those first that came first."""
        most, most_bytes = self._cached * 3 // 4, CACHED_BYTES * 3 // 4
        busy = self._before.keys() | {name for one in self._in_flight for name in one.customers}
        for customer in [name for name in self._cache if name not in busy]:
            if len(self._cache) <= most and self._cached_bytes <= most_bytes:
                return
            self._cached_bytes -= _size(self._cache.pop(customer))

    # -- indexes

    def _follow(
        self, customer: bytes, before: bytes | None, after: bytes | None, ops: list[Op]
    ) -> None:
        """Indexes, counts and segments follow a customer whose state has changed."""
        was, is_now = place_of(before), place_of(after)
        codes = _reindex(customer, was, is_now, after, ops)
        self.segments.move(was, is_now)
        if codes is not None:
            self._count(was, is_now, *codes)

    def _count(
        self, was: Place | Ranked, is_now: Place | Ranked, code: int | None, code_now: int | None
    ) -> None:
        """Move a customer in the counts, from one rank code to another."""
        move = self.counts.move
        was_active, is_active = code is not None, code_now is not None
        if was.rank != is_now.rank or was_active != is_active:
            move("rank", code, was.rank, code_now, is_now.rank)
        if was.frequency != is_now.frequency:
            orders, orders_now = was.frequency, is_now.frequency
            code = rank_code(orders) if was_active else None
            code_now = rank_code(orders_now) if is_active else None
            move("frequency", code, orders, code_now, orders_now)
        if not self._ranks_revenue and (was.revenue != is_now.revenue or was_active != is_active):
            code = rank_code(was.revenue) if was_active else None
            code_now = rank_code(is_now.revenue) if is_active else None
            move("monetary", code, was.revenue, code_now, is_now.revenue)

    def count_all(self, segments: bytes = b"") -> None:
        """Rebuild the counts from the index of the store; the segments are those given, or
        else made from all states."""
        for _ in self.counting(segments):
            pass

    def counting(self, segments: bytes = b"") -> Iterator[None]:
        """`count_all` in steps of some 10 ms, so that others get their turn."""
        self.segments = decode_segments(segments) if segments else self._segments_of_all()
        self.counts = Counts()
        rows = self.store.scan(keys.RANK, _after(keys.RANK))
        while active := [ranked_of(value)[2:] for _, value in islice(rows, _AT_ONCE)]:
            self._count_new(active)
            yield

    def _count_new(self, active: Sequence[tuple[int, int, int]]) -> None:
        """Count customers who have not been yet, by frequency, revenue and rank."""
        self.counts.add("frequency", [one[0] for one in active])
        if not self._ranks_revenue:
            self.counts.add("monetary", [one[1] for one in active])
        self.counts.add("rank", [one[2] for one in active])

    def _segments_of_all(self) -> Segments:
        segments = Segments()
        for _, state in self.store.scan(keys.STATES, _after(keys.STATES)):
            segments.move(NOBODY, place_of(state))
        return segments

    def fill(self, changes: Iterable[Op]) -> None:
        """Write what the changelog says of these keys into a store without indexes, which
        `indexing` makes once all is there. Not logged."""
        self.store.write(changes, logged=False)

    def indexing(self, at_once: int) -> Iterator[None]:
        """Make the indexes of all states, and the counts, so many customers in a step: some 5 µs
        for each. Not logged."""
        self.store.delete_all(keys.DUE, _after(keys.RANK))  # of a time before that was broken off
        self.counts = Counts()
        rows = self.store.scan(keys.STATES, _after(keys.STATES))
        while states := list(islice(rows, at_once)):
            self._index_new(states)
            yield

    def _index_new(self, states: Iterable[tuple[bytes, bytes]]) -> None:
        """Index and count customers who have not been yet."""
        ops: list[Op] = []
        active = []
        for key, held in states:
            state = brought_up(held)
            if state is not held:
                ops.append((key, state))
            _, due, _, _, frequency, revenue, rank = place_of(state)
            if due != NEVER:
                ops.append((keys.due_key(due, key[1:]), b""))
            if frequency >= 1:
                ops.append((keys.rank_key(rank_code(rank), key[1:]), state[RANKED]))
                active.append((frequency, revenue, rank))
        self.store.write(ops, logged=False)
        self._count_new(active)

    def restore(
        self,
        changes: dict[bytes, bytes | None],
        place: Sequence[Op] = (),
        *,
        counted: bool = False,
    ) -> None:
        """Write what the changelog says of these keys, and `place` with it; nothing may be in
        flight. `counted`: the counts are kept up; else `count_all` comes when all is restored."""
        names = [key[1:] for key in changes if key[:1] == keys.STATES]
        ops: list[Op] = [*place]
        olds = self.store.get_many([b"c" + name for name in names])
        restored = dict(changes)
        for name, old in zip(names, olds, strict=True):
            state = changes[b"c" + name]
            new = restored[b"c" + name] = None if state is None else brought_up(state)
            was, is_now = place_of(old), place_of(new)
            codes = _reindex(name, was, is_now, new, ops)
            if counted and codes is not None:
                self._count(was, is_now, *codes)
        self._forget(names)
        self.store.write([*restored.items(), *ops])

    def _forget(self, customers: Iterable[bytes]) -> None:
        """What is in memory of these customers is not what the store has."""
        for customer in customers if self._cache or self._open else ():
            self._open.pop(customer, None)
            self._cached_bytes -= _size(self._cache.pop(customer, None))

    # -- scanning (nothing may be in flight: the store must be up to date)

    def due(self, after_day: int, up_to_day: int) -> Iterator[bytes]:
        """Customers due after one day and up to another, in order of the day."""
        scan = self.store.scan(keys.due_key(after_day + 1), keys.due_key(up_to_day + 1))
        for key, _ in scan:
            yield key[keys.DUE_PREFIX :]

    def ranked(
        self, low: int, high: int, moves: Callable[[Ranked], bool]
    ) -> Iterator[bytes | None]:
        """Active customers with a rank code from `low` on, under `high`, in the order of the
        ranking; None for each of whom `moves` says no."""
        top = min(high, keys.TOP_CODE)
        for key, value in self.store.scan(keys.rank_key(low), keys.rank_key(top)):
            yield key[keys.RANK_PREFIX :] if moves(ranked_of(value)) else None

    def everyone(self, after: bytes = b"") -> Iterator[bytes]:
        """Every customer in order, those after `after`."""
        begin = keys.state_key(after + b"\x00") if after else keys.STATES
        for key, _ in self.store.scan(begin, _after(keys.STATES)):
            yield key[1:]


def _reindex(
    customer: bytes, was: Place, is_now: Place, state: bytes | None, ops: list[Op]
) -> tuple[int | None, int | None] | None:
    """Move a customer in every index where it has another place than before; its rank codes
    before and now (None: not active), or None where the ranking knows nothing new."""
    due, due_now = was.due, is_now.due
    if due != due_now:
        if due != NEVER:
            ops.append((keys.due_key(due, customer), None))
        if due_now != NEVER:
            ops.append((keys.due_key(due_now, customer), b""))
    if was[2:] == is_now[2:]:
        return None
    code = rank_code(was.rank) if was.frequency >= 1 else None
    code_now = rank_code(is_now.rank) if is_now.frequency >= 1 else None
    if code is not None and code != code_now:
        ops.append((keys.rank_key(code, customer), None))
    if code_now is not None:
        assert state is not None
        ops.append((keys.rank_key(code_now, customer), state[RANKED]))
    return code, code_now


def _size(state: bytes | None) -> int:
    return 0 if state is None else len(state)


def _after(prefix: bytes) -> bytes:
    return bytes([prefix[0] + 1])
