"""A customer's state as bytes: the value of one key in the store and its changelog.

A head of fixed width, so that the common case (`plain_order.py`) reads and changes a state without
making an object of it, then what has no fixed width:

| part | what |
|---|---|
| head | see `HEAD`; bytes 1 to 6 are stage and due day, 6 to 33 what the ranking's index holds |
| older days | MessagePack, a `Day` after the other; the newest day is in the head |
| events taken | their hashes, 8 bytes each, then when each was taken, 8 bytes each |
| rest | MessagePack, a `_Rest`; nothing where all of it is as in a new customer |

Numbers are little-endian.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from streams.domain.customer import (
    NEVER,
    NO_DAY,
    UNKNOWN,
    Churn,
    Contact,
    Customer,
    Day,
    SeenChunk,
)

VERSION: Final = 3  # of the encoding; the first byte of every encoded state

#: version; stage, due; tier, rfm, frequency, revenue, rank; flags; alerts (of QUIET): best tier
#: held, severity of the live one, when its cooldown ends; profit, lifetime revenue, lifetime
#: orders, turnover; first day kept; the newest day as a `Day`; number and bytes of the older days,
#: number of the events taken.
HEAD: Final = struct.Struct("<B Bi bHqqq B bBq qqqq i iqqqq III")

CONTACTED: Final = 1
QUIET: Final = 2  # alerts: something is remembered, but no reason holds or has been held back
ALERTED: Final = 4  # alerts: more than that is remembered, in the rest
CHUNKED: Final = 8  # events taken are in chunks, too
DISQUALIFIED: Final = 16
COMPLAINED: Final = 32  # complaints are remembered, in the rest

NO_TIME: Final = -(1 << 63)  # when an event was taken: before there was stream time
NO_DAYS: Final = -(1 << 31)

_new = tuple.__new__  # 0.2 µs less than `_make`
_PLACE = struct.Struct("<Bi bHqqq")
_RANKED = struct.Struct("<bHqqq")
FLAGS_AT: Final = 6 + _RANKED.size
RANKED: Final = slice(6, FLAGS_AT)  # of a state: what the ranking's index holds
_LIST = b"\xdd"  # MessagePack: a list with a length of 32 bits


class StateVersionError(Exception):
    """A state of another version than the one that can be read there."""


class Place(NamedTuple):
    """Where a customer stands: what the indexes, the counts and the segments go by."""

    stage: int
    due: int
    tier: int
    rfm: int
    frequency: int
    revenue: int
    rank: int


class Ranked(NamedTuple):
    """What the ranking's index tells of a customer."""

    tier: int
    rfm: int
    frequency: int
    revenue: int
    rank: int


NOBODY: Final = Place(0, NEVER, UNKNOWN, 0, 0, 0, 0)


class _Rest(msgspec.Struct, array_like=True, gc=False):
    """What few customers have."""

    first_let_go: int = NO_DAY
    last_let_go: int = NO_DAY
    under: list[int] = []
    seen_chunks: list[SeenChunk] = []
    contact: Contact | None = None
    file: bytes | None = None
    account_manager: str | None = None
    name: str | None = None
    churn: Churn | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode_days = msgspec.msgpack.Decoder(list[Day]).decode
_decode_rest = msgspec.msgpack.Decoder(_Rest).decode
_decode_version_2 = msgspec.msgpack.Decoder(Customer).decode
_NOT_UNDER = [-1, -1, -1]


def place_of(state: bytes | None) -> Place:
    """Where the customer of an encoded state stands; None: who isn't there stands nowhere."""
    return NOBODY if state is None else _new(Place, _PLACE.unpack_from(state, 1))


def ranked_of(value: bytes) -> Ranked:
    """The value of the ranking's index: `RANKED` of a state."""
    return _new(Ranked, _RANKED.unpack(value))


def encode_customer(customer: Customer) -> bytes:
    """The state as bytes."""
    days, churn = customer.days, customer.churn
    flags = _flags(customer)
    best_tier, severity, until_us = UNKNOWN, 0, NO_DAY
    if churn is not None and flags & QUIET:
        best_tier, severity, until_us = churn.best_tier, churn.severity, churn.until_us
    first, newest = (days[0].day, days[-1]) if days else (NO_DAYS, Day(NO_DAYS, 0, 0, 0, 0))
    older = b"".join(map(_encode, days[:-1]))
    head = HEAD.pack(
        VERSION, customer.stage, min(customer.due, NEVER),
        customer.tier, customer.rfm, customer.frequency, customer.revenue, customer.rank,
        flags, best_tier, severity, until_us, customer.profit,
        customer.lifetime_revenue, customer.lifetime_orders, customer.turnover,
        first, newest.day, newest.revenue, newest.profit, newest.orders, newest.unknown_profit,
        max(len(days) - 1, 0), len(older), len(customer.seen),
    )  # fmt: skip
    return head + older + _seen(customer) + _rest(customer, flags)


def _flags(customer: Customer) -> int:
    flags = CONTACTED if customer.contacted else 0
    churn = customer.churn
    if churn is not None:
        reasons = (
            churn.stage or churn.revenue_drop or churn.severe or churn.overdue or churn.held_back
        )
        flags |= ALERTED if reasons else QUIET
    if customer.seen_chunks:
        flags |= CHUNKED
    if customer.contact is not None and customer.contact.complaints:
        flags |= COMPLAINED
    return flags | DISQUALIFIED if customer.disqualified else flags


def _seen(customer: Customer) -> bytes:
    taken_us = customer.seen_us
    if None in taken_us:
        taken_us = [NO_TIME if one_us is None else one_us for one_us in taken_us]
    return _taken(len(taken_us)).pack(*customer.seen, *taken_us)


def _rest(customer: Customer, flags: int) -> bytes:
    if (
        customer.first_let_go == NO_DAY
        and customer.contact is None
        and customer.file is None
        and customer.account_manager is None
        and customer.name is None
        and customer.under == _NOT_UNDER
        and not flags & (ALERTED | CHUNKED)
    ):
        return b""
    rest = _Rest(
        customer.first_let_go,
        customer.last_let_go,
        customer.under,
        customer.seen_chunks,
        customer.contact,
        customer.file,
        customer.account_manager,
        customer.name,
        customer.churn if flags & ALERTED else None,
    )
    return _encode(rest)


def decode_customer(state: bytes) -> Customer:
    """The customer of `encode_customer`; StateVersionError where the state is of another version
    (`brought_up` first, where it may be an older one)."""
    if state[0] != VERSION:
        raise StateVersionError(f"a state of version {state[0]} where one of {VERSION} should be")
    (
        _, stage, due, tier, rfm, frequency, revenue, rank,
        flags, best_tier, severity, until_us,
        profit, lifetime_revenue, lifetime_orders, turnover,
        first, day, day_revenue, day_profit, day_orders, day_unknown, others, older, seen,
    ) = HEAD.unpack_from(state)  # fmt: skip
    begin = HEAD.size
    events = begin + older
    end = events + 16 * seen
    days = _decode_days(_LIST + others.to_bytes(4, "big") + state[begin:events]) if others else []
    if first != NO_DAYS:
        days.append(Day(day, day_revenue, day_profit, day_orders, day_unknown))
    taken = _taken(seen).unpack_from(state, events)
    seen_us: list[int | None] = [*taken[seen:]]
    if NO_TIME in seen_us:
        seen_us = [None if taken_us == NO_TIME else taken_us for taken_us in seen_us]
    customer = Customer(  # by position: this is done for every second order
        days, lifetime_revenue, lifetime_orders, turnover, NO_DAY, NO_DAY,
        [*taken[:seen]], seen_us, [], flags & CONTACTED != 0, None,
        tier, stage, rfm, revenue, profit, frequency, rank, [*_NOT_UNDER], due,
        None, None, None, flags & DISQUALIFIED != 0,
    )  # fmt: skip
    if flags & QUIET:
        customer.churn = Churn(best_tier=best_tier, severity=severity, until_us=until_us)
    if len(state) > end:
        rest = _decode_rest(memoryview(state)[end:])
        customer.first_let_go, customer.last_let_go = rest.first_let_go, rest.last_let_go
        customer.under = rest.under
        customer.seen_chunks = rest.seen_chunks
        customer.contact = rest.contact
        customer.file = rest.file
        customer.account_manager = rest.account_manager
        customer.name = rest.name
        customer.churn = customer.churn or rest.churn
    return customer


@lru_cache
def _taken(seen: int) -> struct.Struct:
    """The events taken: their hashes, and when each was."""
    return struct.Struct(f"<{seen}Q{seen}q")


def brought_up(state: bytes) -> bytes:
    """A state of this version or an older one, as one of this; StateVersionError where it is of a
    newer one."""
    version = state[0]
    if version == VERSION:
        return state
    if version > VERSION:
        raise StateVersionError(
            f"the state of a customer has version {version}, this program knows {VERSION}: "
            "run the newer program, nothing was changed"
        )
    customer = _of_version_1(state) if version == 1 else _decode_version_2(memoryview(state)[1:])
    customer.due = min(customer.due, NEVER)  # "never" was later then
    return encode_customer(customer)


def _of_version_1(state: bytes) -> Customer:
    """Version 1 had the events taken as pairs (when, hash) in the place of `seen`."""
    fields = msgspec.msgpack.decode(memoryview(state)[1:])
    at = Customer.__struct_fields__.index("seen")
    pairs = fields[at]
    fields[at : at + 1] = [event for _, event in pairs], [taken_us for taken_us, _ in pairs]
    return msgspec.convert(fields, Customer)
