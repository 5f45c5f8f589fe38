"""Which records count: worked examples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.oracle import OracleResult, recompute
from tests.oracle.murmur2 import partition_of
from tests.oracle.records import InputRecord
from tests.oracle.sending import (
    Sent,
    call,
    complaint,
    erasure,
    file,
    lay,
    order,
    sent_value,
    tick,
)

WALL_CLOCK = datetime(2024, 6, 1, tzinfo=UTC)


def run(*sent: Sent, partitions: int = 1, **rules: Any) -> OracleResult:
    laid = lay(sent, partitions)
    return recompute(laid, partitions=partitions, rules=rules, wall_clock=WALL_CLOCK)


def codes(result: OracleResult) -> list[str | None]:
    return [dead.code for dead in result.dead]


def test_a_record_without_a_key_is_dead() -> None:
    keyed = order("a", "2024-01-01")
    assert codes(run(Sent("orders", None, keyed.value))) == ["no_key"]
    assert codes(run(Sent("customers", None, None))) == ["no_key"]


def test_a_record_under_anothers_key_is_dead() -> None:
    assert codes(run(Sent("orders", b"b", order("a", "2024-01-01").value))) == ["key_mismatch"]


def test_a_record_in_another_partition_than_murmur2_gives_is_dead() -> None:
    sent = order("a", "2024-01-01")
    wrong = (partition_of(b"a", 4) + 1) % 4
    laid = [InputRecord("orders", wrong, 7, sent.key, sent.value)]
    result = recompute(laid, partitions=4, wall_clock=WALL_CLOCK)
    assert [(d.partition, d.offset, d.code) for d in result.dead] == [(wrong, 7, "wrong_partition")]
    assert result.customers == {}


def test_exactly_a_day_ahead_of_the_wall_clock_is_not_future_yet() -> None:
    assert codes(run(order("a", "2024-06-02T00:00:00Z"))) == []
    assert codes(run(order("a", "2024-06-02T00:00:00.000001Z"))) == ["future"]


def test_every_time_but_what_was_promised_can_be_in_the_future() -> None:
    late = "2024-06-03T00:00:00Z"
    assert codes(run(order("a", "2024-01-01", occurred_at=late))) == ["future"]
    assert codes(run(call("a", late))) == ["future"]
    assert codes(run(complaint("a", late))) == ["future"]
    assert codes(run(tick(late))) == ["future"]
    assert codes(run(call("a", "2024-01-01", follow_up_at=late))) == []


def test_a_future_order_moves_nothing() -> None:
    result = run(order("a", "2024-01-01"), order("b", "2031-01-01"))
    assert result.stream_times == {0: datetime(2024, 1, 1, 12, tzinfo=UTC)}
    assert set(result.customers) == {"a"}


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": -1},
        {"amount": 10**15 + 1},
        {"amount": True},
        {"amount": 1.5},
        {"amount": None},
        {"cost": "3"},
        {"event_id": ""},
        {"event_id": "x" * 129},
        {"order_id": None},
        {"type": "bought"},
        {"ordered_at": "2024-01-01T10:00:00"},
        {"ordered_at": "2024-13-01T10:00:00Z"},
        {"occurred_at": "yesterday"},
        {"currency": "SEK"},
    ],
)
def test_a_field_that_breaks_the_contract_makes_the_record_dead(changes: dict[str, Any]) -> None:
    result = run(order("a", "2024-01-01", **changes))
    assert (result.counts["orders"].dead, result.customers) == (1, {})


def test_null_is_absent_and_unknown_fields_are_ignored() -> None:
    sent = order("a", "2024-01-01", cost=None, currency=None, region=None, colour={"deep": []})
    assert run(sent).counts["orders"].taken == 1


def test_a_json_null_is_no_tombstone() -> None:
    result = run(file("a"), sent_value("customers", "a", None))
    assert (result.counts["customers"].dead, result.erasures) == (1, {})
    assert set(result.customers) == {"a"}


def test_a_tombstone_elsewhere_than_in_customers_is_dead() -> None:
    assert codes(run(Sent("orders", b"a", None))) == [None]


def test_an_id_is_dropped_the_second_time_whatever_it_says() -> None:
    first = order("a", "2024-01-01", 100, event_id="e")
    second = order("a", "2024-05-01", 900, event_id="e")
    result = run(first, second)
    assert (result.counts["orders"].taken, result.counts["orders"].repeated) == (1, 1)
    assert result.customers["a"].revenue == 100
    assert result.stream_times == {0: datetime(2024, 1, 1, 12, tzinfo=UTC)}


def test_an_id_belongs_to_its_topic_and_its_customer() -> None:
    sent = [
        order("a", "2024-01-01", event_id="e"),
        order("b", "2024-01-01", event_id="e"),
        call("a", "2024-01-01", event_id="e"),
        complaint("a", "2024-01-01", event_id="e"),
    ]
    assert sum(counts.repeated for counts in run(*sent).counts.values()) == 0


@pytest.mark.parametrize(
    ("now", "repeated"), [("2024-01-08T12:00:00Z", 1), ("2024-01-08T12:00:00.000001Z", 0)]
)
def test_an_id_is_known_for_seven_days_of_stream_time_and_not_longer(
    now: str, repeated: int
) -> None:
    sent = order("a", "2024-01-01")
    assert run(sent, tick(now), sent).counts["orders"].repeated == repeated


def test_a_late_order_is_remembered_from_the_stream_time_at_which_it_was_taken() -> None:
    late = order("a", "2023-06-01")
    result = run(tick("2024-01-01"), late, tick("2024-01-08"), late)
    assert result.counts["orders"].repeated == 1


def test_an_id_taken_before_stream_time_counts_from_the_first_stream_time() -> None:
    known = run(call("a", "2020-01-01"), tick("2024-01-01"), call("a", "2020-01-01"))
    assert known.counts["call-logs"].repeated == 1
    sent = [call("a", "2020-01-01"), tick("2024-01-01"), tick("2024-01-09")]
    assert run(*sent, call("a", "2020-01-01")).counts["call-logs"].repeated == 0


def test_an_id_taken_again_is_known_from_then_on() -> None:
    sent = order("a", "2024-01-01")
    result = run(sent, tick("2024-01-09"), sent, tick("2024-01-15"), sent)
    assert (result.counts["orders"].taken, result.counts["orders"].repeated) == (2, 1)


def test_a_dead_records_id_is_not_remembered() -> None:
    bad = order("a", "2024-01-01", event_id="e", currency="SEK")
    assert run(bad, order("a", "2024-01-01", event_id="e")).counts["orders"].taken == 1


def test_an_erasure_forgets_the_customer_and_the_ids() -> None:
    sent = order("a", "2024-01-01", 100)
    result = run(sent, order("a", "2024-01-02", 700), erasure("a"), sent)
    assert result.counts["orders"].repeated == 0
    assert result.customers["a"].lifetime_revenue == 100
    assert result.erasures == {"a": 1}


def test_erasing_someone_unknown_counts_as_an_erasure() -> None:
    result = run(erasure("a"), erasure("a"))
    assert (result.erasures, result.customers, result.said) == ({"a": 2}, {}, {})


def test_stream_time_is_moved_by_orders_of_every_type_and_ticks_alone() -> None:
    sent = [
        order("a", "2024-01-03"),
        order("a", "2024-01-01"),
        call("a", "2024-02-01"),
        complaint("a", "2024-02-01"),
        order("b", "2024-01-04", type="returned"),
    ]
    assert run(*sent).stream_times == {0: datetime(2024, 1, 4, 12, tzinfo=UTC)}
    assert run(*sent, tick("2024-01-05"), tick("2024-01-02")).stream_times == {
        0: datetime(2024, 1, 5, 12, tzinfo=UTC)
    }


def test_each_partition_has_its_own_stream_time() -> None:
    result = run(tick("2024-01-01"), tick("2024-02-01", partition=1), partitions=3)
    assert {at.month for at in result.stream_times.values()} == {1, 2}
    assert result.stream_times[1].month == 2
