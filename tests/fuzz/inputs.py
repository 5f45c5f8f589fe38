"""Records to be thrown at a worker: valid, damaged, hostile. The same chance gives the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from streams.engine.partitioner import default_partition
from tests.fuzz import fragments
from tests.oracle.records import CALL_LOGS, CLOCK, COMPLAINTS, CUSTOMERS, ORDERS

Headers = tuple[tuple[str, bytes | None], ...]
Fields = list[tuple[str, str]]  # name, value as JSON; names may come twice

CUSTOMERS_NAMES = (
    *(f"c{number}" for number in range(25)),
    "../../etc/passwd", "..", "/", "a/b", "c:\\con", "\x00", "a\x00b", "\x00m", "orders",
    "tierstream-customers-changelog", "x" * 128, "客" * 128, "😀" * 128, "é", "e\u0301", " ", "\n",
    "\x1b[2J", "[/]", "{}", "%2e%2e", "\ufeff", "\u202e", '"', "\\", "c", "s", "borders",
    "0/rank/0",
)  # fmt: skip
_EARLY_TIMES = ("0002-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1999-12-31T23:59:59+14:00")
_LATE_TIMES = ('"2027-01-01T00:00:00Z"', '"9998-12-31T23:59:59Z"')
_TOPICS = (ORDERS, ORDERS, ORDERS, CALL_LOGS, COMPLAINTS, CUSTOMERS, CUSTOMERS, CLOCK)


class FuzzInput(NamedTuple):
    """One record on its way; `partition` as a producer has chosen it, rightly or not."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


def make_input(chance: Random, partitions: int) -> FuzzInput:
    """The next record."""
    topic = chance.choice(_TOPICS)
    customer = chance.choice(CUSTOMERS_NAMES)
    value = _VALUES[chance.randrange(len(_VALUES))](chance, topic, customer)
    key = _key(chance, topic, customer)
    return FuzzInput(
        topic,
        _partition(chance, key, partitions),
        key,
        value,
        _headers(chance),
        _timestamp(chance),
    )


# -- values


def _valid(chance: Random, topic: str, customer: str) -> bytes:
    return _written(chance, _event(chance, topic, customer))


def _changed(chance: Random, topic: str, customer: str) -> bytes:
    """A valid event with a few fields dropped, doubled, renamed or of odd value."""
    fields = _event(chance, topic, customer)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(fields)) if fields else 0
        what = chance.random()
        if what < 0.2 and fields:
            del fields[at]
        elif what < 0.35 and fields:
            fields.insert(chance.randrange(len(fields)), (fields[at][0], fragments.odd(chance)))
        elif what < 0.45:
            fields.append(
                (chance.choice(("", "x", "客", "customer_id\\u0000")), fragments.odd(chance))
            )
        elif fields:
            name, value = fields[at]
            fields[at] = (name, fragments.odd_like(chance, value))
    return _written(chance, fields)


def _damaged(chance: Random, topic: str, customer: str) -> bytes:
    """Bytes of an event, some of them cut out, put in or exchanged."""
    value = bytearray(_valid(chance, topic, customer))
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(value) + 1)
        damage = chance.choice(fragments.BYTES if chance.random() < 0.2 else fragments.SIGNS)
        value[at : at + chance.randrange(4)] = damage
    return bytes(value[: chance.randrange(len(value) + 1)] if chance.random() < 0.2 else value)


def _recoded(chance: Random, topic: str, customer: str) -> bytes:
    """An event in another encoding, or with a mark before or behind it."""
    value = _valid(chance, topic, customer)
    text = value.decode("utf-8", "surrogatepass")
    encoding = chance.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "latin-1", "utf-8-sig"))
    if chance.random() < 0.5:
        return text.encode(encoding, "replace")
    around = chance.choice((*fragments.BYTES, b" ", b"\n", b"null", value))
    return around + value if chance.random() < 0.5 else value + around


def _random_bytes(chance: Random, topic: str, customer: str) -> bytes:
    size = chance.choice((0, 1, 2, 8, 64, 300, 300, 5_000))
    return chance.randbytes(chance.randrange(size + 1))


def _any_json(chance: Random, topic: str, customer: str) -> bytes:
    """JSON of any kind, or nearly: as a whole, or deep inside a field that nobody knows."""
    if chance.random() < 0.5:
        return fragments.odd(chance).encode("utf-8", "surrogatepass")
    deep = fragments.nested(chance) if chance.random() < 0.3 else fragments.odd(chance)
    return _written(chance, [*_event(chance, topic, customer), ("free", deep)])


def _nothing(chance: Random, topic: str, customer: str) -> None:
    """A tombstone."""


_VALUES: tuple[Callable[[Random, str, str], bytes | None], ...] = (
    *(_valid,) * 6, *(_changed,) * 6, *(_damaged,) * 3, _recoded, _random_bytes, _any_json,
    _nothing,
)  # fmt: skip


def _written(chance: Random, fields: Fields) -> bytes:
    inside = ",".join([f'"{name}":{value}' for name, value in fields])
    return f"{{{inside}}}".encode("utf-8", "surrogatepass")


# -- events


def _event(chance: Random, topic: str, customer: str) -> Fields:
    fields: Fields = [] if topic == CLOCK else [("customer_id", _text(chance, customer))]
    if topic not in (CLOCK, CUSTOMERS):
        fields.append(("event_id", f'"e{chance.randrange(12)}"'))
    return fields + _FIELDS[topic](chance)


def _order(chance: Random) -> Fields:
    amount = chance.choice((0, 1, 999, 10**6, 10**15, chance.randrange(10**9)))
    return [
        ("order_id", '"o"'),
        ("type", chance.choice(('"placed"', '"placed"', '"cancelled"', '"returned"'))),
        ("ordered_at", _time(chance)),
        ("amount", str(amount)),
        *_some(chance, [
            ("cost", str(chance.randrange(10**6))),
            ("currency", chance.choice(('"CNY"', '"USD"', '"XXX"', '"JPY"'))),
            ("lines", '[{"sku":"s","quantity":1,"amount":1,"cost":null}]'),
            ("region", '"华东"'),
        ]),
    ]  # fmt: skip


def _call(chance: Random) -> Fields:
    return [
        ("call_id", '"k"'),
        ("agent_id", '"a"'),
        ("called_at", _time(chance)),
        ("direction", chance.choice(('"out"', '"in"'))),
        ("outcome", chance.choice(('"reached"', '"no_answer"', '"refused"'))),
        *_some(chance, [
            ("duration_s", "95"), ("need", '"strong"'), ("visit_wanted", "true"),
            ("follow_up_at", chance.choice(_LATE_TIMES)),
            ("note", '"\\u0000"'),
        ]),
    ]  # fmt: skip


def _complaint(chance: Random) -> Fields:
    steps = ("opened", "opened", "accepted", "rejected", "assigned", "resolved", "feedback")
    return [
        ("complaint_id", f'"k{chance.randrange(3)}"'),
        ("occurred_at", _time(chance)),
        ("step", f'"{chance.choice(steps)}"'),
        ("category", '"delivery"'),
        *_some(chance, [("severity", str(chance.randrange(1, 6))), ("satisfaction", "80")]),
    ]


def _file(chance: Random) -> Fields:
    return _some(chance, [
        ("name", chance.choice(('"\\u0000"', '"😀"', '"x"'))),
        ("account_manager", _text(chance, chance.choice(CUSTOMERS_NAMES))),
        ("kind", '"company"'), ("strategic", "true"), ("disqualified", "true"),
        ("key_dates", f'[{{"name":"x","month":2,"day":{chance.choice((28, 29, 30))}}}]'),
        ("credit", '{"a":[1e400,{"b":null}]}'), ("target_revenue", "1000000000000000"),
    ])  # fmt: skip


def _tick(chance: Random) -> Fields:
    return [("now", _time(chance))]


_FIELDS = {
    ORDERS: _order, CALL_LOGS: _call, COMPLAINTS: _complaint, CUSTOMERS: _file, CLOCK: _tick,
}  # fmt: skip


def _some(chance: Random, fields: Fields) -> Fields:
    return [field for field in fields if chance.random() < 0.4]


def _text(chance: Random, text: str) -> str:
    return json.dumps(text, ensure_ascii=chance.random() < 0.5)


def _time(chance: Random) -> str:
    if chance.random() < 0.02:
        return f'"{chance.choice(_EARLY_TIMES)}"'
    year, month = chance.choice((2024, 2025, 2025, 2026)), chance.randrange(1, 11)
    offset = chance.choice(("Z", "+08:00", "-23:59"))
    return (
        f'"{year}-{month:02}-{chance.randrange(1, 29):02}T{chance.randrange(24):02}:00:00{offset}"'
    )


# -- what is around a value


def _key(chance: Random, topic: str, customer: str) -> bytes | None:
    if topic == CLOCK:
        return None if chance.random() < 0.9 else b"key"
    key = customer.encode()
    if chance.random() < 0.85:
        return key
    return chance.choice(
        (None, b"", key + b" ", b'"' + key + b'"', b"\xff" + key, key[:-1], b"\x00m",
         b"\xef\xbb\xbf" + key, b"x" * 129, b"x" * 66_000, chance.choice(fragments.BYTES))
    )  # fmt: skip


def _partition(chance: Random, key: bytes | None, partitions: int) -> int:
    if key is None or len(key) > 600 or chance.random() < 0.03:
        return chance.randrange(partitions)
    return default_partition(key, partitions)


def _headers(chance: Random) -> Headers:
    if chance.random() < 0.9:
        return ()
    value = chance.choice((b"", b"1", None, b"\xff\x00", "客".encode(), b"x" * 5_000))
    return ((chance.choice(("h", "", "ce_id", "客", "tierstream_own_tick")), value),) * 2


def _timestamp(chance: Random) -> int:
    if chance.random() < 0.9:
        return 1_750_000_000_000
    return chance.choice((-1, 0, 1, 2**31, 2**53, 2**63 - 1, -(2**63)))
