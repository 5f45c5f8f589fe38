"""Whatever the bytes: an event or an InvalidRecord, and nothing else."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.export import json_schemas
from schemas.invalid import CODES, InvalidRecord
from tests.schemas.events import KINDS, Parse, to_bytes
from tests.schemas.json_schema import holds

SCHEMAS = json_schemas()
TOPICS = st.sampled_from(sorted(KINDS))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([-1, 0, 1, 10**15, 10**15 + 1, 10**400])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters())
    | st.sampled_from(["2026-11-21T10:00:00Z", "2026-11-21T10:00:00", "placed", "opened", "CNY"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def parsed(parse: Parse, value: bytes) -> msgspec.Struct | InvalidRecord:
    outcome: msgspec.Struct | InvalidRecord
    try:
        outcome = parse(value)
    except InvalidRecord as refused:
        outcome = refused
    if isinstance(outcome, InvalidRecord):
        assert outcome.code in CODES
        assert outcome.reason.isprintable()
    return outcome


@given(TOPICS, st.binary())
def test_random_bytes_are_refused(topic: str, value: bytes) -> None:
    assert isinstance(parsed(KINDS[topic][1], value), InvalidRecord)


@given(TOPICS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_damaged_bytes_are_read_or_refused(topic: str, chance: random.Random, times: int) -> None:
    event, parse = KINDS[topic]
    value = bytearray(json.dumps(event, ensure_ascii=chance.random() < 0.5).encode())
    for _ in range(times):
        at = chance.randrange(len(value))
        damage = bytes(chance.choices(b'\x00\xff\\"{}[],:u019ZdD8', k=chance.randrange(3)))
        value[at : at + chance.randrange(3)] = damage
    parsed(parse, bytes(value))


@given(TOPICS, st.data())
def test_an_event_with_other_values_is_read_just_where_its_schema_holds(
    topic: str, data: st.DataObject
) -> None:
    event, parse = KINDS[topic]
    changed = changed_somewhere(event, data)
    outcome = parsed(parse, json.dumps(changed).encode())
    if isinstance(outcome, InvalidRecord):
        beyond = {"future", "bad_time", "lone_surrogate", "impossible_day"}
        assert outcome.code in beyond or not holds(SCHEMAS[topic], changed)
    else:
        assert holds(SCHEMAS[topic], changed)


def changed_somewhere(event: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    changed = copy.deepcopy(event)
    for name in data.draw(st.lists(st.sampled_from(sorted(event)), max_size=3, unique=True)):
        part = changed[name]
        inside = isinstance(part, list) and data.draw(st.booleans())
        target: dict[str, Any] = part[0] if inside else changed
        field = data.draw(st.sampled_from(sorted(part[0]))) if inside else name
        if data.draw(st.booleans()):
            target[field] = data.draw(JSON)
        else:
            del target[field]
    return changed


@given(
    TOPICS,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128),
    st.integers(0, 10**15),
)
def test_valid_events_are_read_as_they_were_written(topic: str, name: str, number: int) -> None:
    event, parse = KINDS[topic]
    fields = {"event_id": name, "customer_id": name, "amount": number, "target_revenue": number}
    changed = {**event, **{field: fields[field] for field in fields.keys() & event.keys()}}
    read = json.loads(msgspec.json.encode(parse(to_bytes(changed))))
    assert read == {field: changed[field] for field in read}


@pytest.mark.parametrize("topic", sorted(KINDS))
def test_an_event_cut_short_anywhere_is_no_json(topic: str) -> None:
    event, parse = KINDS[topic]
    value = to_bytes(event)
    codes = {parsed(parse, value[:length]).code for length in range(len(value))}  # type: ignore[union-attr]
    assert codes <= {"not_json", "not_utf8"}
