"""Topics out: their fields, in order, each always there."""

from __future__ import annotations

import json

import msgspec
import pytest

from schemas.encoding import encode
from schemas.outputs import TIERS, CustomerErased
from tests.schemas.said import ALERT, AT, COMMON, DORMANT, ERASED, EXAMPLES, STANDING, TIER_CHANGE


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
                   " account_manager name revenue_at_risk alert alert_until"
                   " open_complaints last_call_at last_call_outcome"),
        (ERASED, ""),
    ],
)  # fmt: skip
def test_what_is_said_has_the_common_fields_first(event: msgspec.Struct, fields: str) -> None:
    assert list(json.loads(encode(event))) == [*COMMON, *fields.split()]


def test_an_alert_has_its_fields_in_the_order_of_who_reads_it() -> None:
    assert " ".join(json.loads(encode(ALERT))) == (
        "event_id customer_id account_manager severity score reasons tier rfm revenue"
        " revenue_at_risk advice cooldown_until at rules source"
    )


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
