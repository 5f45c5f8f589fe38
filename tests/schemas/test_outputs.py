"""Topics out: their fields, in order, each always there; and their envelope."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from schemas.cloudevents import headers_of, source_of, type_of
from schemas.encoding import encode
from schemas.export import json_schemas
from schemas.internal import Borders, CountsChunk, Progress, Resent
from schemas.outputs import (
    TIERS,
    CustomerErased,
    DormantCustomer,
    Source,
    Standing,
    TierChange,
)
from streams.topics import CATALOGUE
from tests.schemas.events import KINDS
from tests.schemas.json_schema import holds

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
COMMON: dict[str, Any] = {
    "event_id": "orders-0-7",
    "customer_id": "C-1",
    "at": AT,
    "rules": "0123456789ab",
    "source": Source("orders", 0, 7),
}
TIER_CHANGE = TierChange(
    **COMMON,
    from_tier=None,
    to="small",
    direction="entered",
    cause="order",
    revenue=1234,
    profit=0,
    frequency=1,
    recency_days=0,
    rfm="511",
    share=0.25,
    account_manager=None,
)
DORMANT = DormantCustomer(
    **COMMON,
    from_stage="slipping",
    stage="dormant",
    silent_days=121,
    usual_gap_days=12.5,
    last_order_day=date(2026, 7, 23),
    tier="large",
    rfm="145",
    revenue=99,
    revenue_at_risk=None,
    p_alive=None,
    account_manager="M-1",
)
STANDING = Standing(
    **COMMON,
    tier="super",
    rfm="555",
    revenue=2**70,
    profit=-(2**70),
    frequency=3,
    recency_days=1,
    last_order_day=date(2026, 11, 20),
    share=0.0,
    stage=None,
    account_manager="M-1",
    name="王小明",
)
ERASED = CustomerErased(**COMMON)
PROGRESS = Progress(
    at=AT,
    partition=0,
    inputs={"orders": 12, "clock": 3},
    stream_time=None,
    days_done=None,
    due_pending=False,
    counts=4,
    counts_pending=True,
    borders=2,
    scores=1,
    standings_pending=7,
    web="127.0.0.1:6066",
)
CHUNK = CountsChunk(
    kind="rank", partition=1, chunk=2, version=9, counts=[(5, 1, 5), (4096, 2, 2**70)]
)
BORDERS = Borders(
    version=3,
    counts={"0": 9, "1": 4},
    customers=2,
    super=None,
    large=None,
    medium=4096,
    frequency_cuts=[1, None, None, None],
    monetary_cuts=[None, None, 7, 8],
    at=AT,
)
EXAMPLES: dict[str, msgspec.Struct] = {
    "tier-changes": TIER_CHANGE,
    "dormant-customers": DORMANT,
    "customer-standings": STANDING,
    "customer-erased": ERASED,
    "pyramid-counts": CHUNK,
    "pyramid-borders": BORDERS,
    "progress": PROGRESS,
    "dead-letters-resent": Resent(AT),
}


def test_tiers_go_from_the_best_to_the_last() -> None:
    assert " > ".join(TIERS) == (
        "super > large > medium > small > inactive > prospect > suspect > other"
    )


def test_a_tier_change_has_every_field_in_order() -> None:
    assert encode(TIER_CHANGE).decode() == (
        '{"event_id":"orders-0-7","customer_id":"C-1","at":"2026-11-21T02:00:00Z",'
        '"rules":"0123456789ab","source":{"topic":"orders","partition":0,"offset":7},'
        '"from":null,"to":"small","direction":"entered","cause":"order","revenue":1234,'
        '"profit":0,"frequency":1,"recency_days":0,"rfm":"511","share":0.25,'
        '"account_manager":null}'
    )


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (DORMANT, "from stage silent_days usual_gap_days last_order_day tier rfm revenue"
                  " revenue_at_risk p_alive account_manager"),
        (STANDING, "tier rfm revenue profit frequency recency_days last_order_day share stage"
                   " account_manager name"),
        (ERASED, ""),
    ],
)  # fmt: skip
def test_what_is_said_has_the_common_fields_first(event: msgspec.Struct, fields: str) -> None:
    assert list(json.loads(encode(event))) == [*COMMON, *fields.split()]


def test_days_are_iso_dates_and_sums_of_any_size_are_whole() -> None:
    said = json.loads(encode(STANDING))
    assert said["last_order_day"] == "2026-11-20"
    assert (said["revenue"], said["profit"]) == (2**70, -(2**70))


@pytest.mark.parametrize("topic", EXAMPLES)
def test_what_is_encoded_decodes_to_the_same(topic: str) -> None:
    event = EXAMPLES[topic]
    assert msgspec.json.decode(encode(event), type=type(event)) == event


def test_no_field_may_be_left_out() -> None:
    with pytest.raises(TypeError):
        CustomerErased(event_id="e", customer_id="C-1", at=AT, rules="r")  # type: ignore[call-arg]


def test_the_envelope_is_that_of_cloudevents_in_binary_mode() -> None:
    china = timezone(timedelta(hours=8))
    headers = headers_of(TIER_CHANGE, type_of("tier-changes"), source_of("shop", 3), AT)
    assert headers == (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"orders-0-7"),
        ("ce_type", b"tierstream.tier-changes"),
        ("ce_source", b"tierstream/shop/3"),
        ("ce_time", b"2026-11-21T02:00:00Z"),
    )
    local = headers_of(ERASED, "t", "s", AT.astimezone(china))
    assert dict(local)["ce_time"] == b"2026-11-21T10:00:00+08:00"


def test_without_a_time_the_envelope_has_none() -> None:
    assert "ce_time" not in dict(headers_of(ERASED, "t", "s", None))


def test_every_topic_of_the_catalogue_has_a_schema() -> None:
    assert list(json_schemas()) == [topic.name for topic in CATALOGUE]


@pytest.mark.parametrize("topic", EXAMPLES)
def test_the_schema_of_an_output_takes_it_and_nothing_less(topic: str) -> None:
    said = json.loads(encode(EXAMPLES[topic]))
    schema = json_schemas()[topic]
    assert holds(schema, said)
    for name in said:
        assert not holds(schema, {key: value for key, value in said.items() if key != name})
        assert not holds(schema, {**said, name: [{}]})


@pytest.mark.parametrize("topic", KINDS)
def test_the_schema_of_an_input_takes_a_valid_event(topic: str) -> None:
    schema = json_schemas()[topic]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert holds(schema, KINDS[topic][0])
    assert not holds(schema, [])


def test_the_schema_of_complaints_wants_a_category_on_opened() -> None:
    schema = json_schemas()["complaints"]
    complaint = {**KINDS["complaints"][0], "category": None}
    assert not holds(schema, complaint)
    assert holds(schema, {**complaint, "step": "resolved"})
