"""What one commit adds to the counters."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry

from streams.engine.landed import Landed, Taken
from streams.engine.records import Write
from streams.metrics.commits import CommitMeter
from tests.agents.one_worker import OneWorker
from tests.metrics.exposition import Exposed
from tests.oracle.sending import cancellation, order, tick

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTHING = Landed([], Counter(), 0, [], 0, 0.02, AT)


def exposed(*commits: Landed, prefix: str = "") -> Exposed:
    registry = CollectorRegistry()
    meter = CommitMeter(registry, prefix)
    for landed in commits:
        meter.landed(landed)
    return Exposed.of(registry)


def said(topic: str, **fields: Any) -> Write:
    return Write(topic, 0, b"ann", json.dumps(fields).encode())


def alert(severity: str, at_risk: int, *codes: str) -> Write:
    reasons = [{"code": code, "weight": 1, "text": "", "facts": {}} for code in codes]
    return said("churn-alerts", severity=severity, revenue_at_risk=at_risk, reasons=reasons)


def test_moves_are_counted_in_heads_and_in_money() -> None:
    moves = [
        {"from": None, "to": "small", "cause": "order", "revenue": 700},
        {"from": None, "to": "small", "cause": "order", "revenue": 300},
        {"from": "small", "to": None, "cause": "erasure", "revenue": 50},
    ]
    found = exposed(NOTHING._replace(outputs=[said("tier-changes", **move) for move in moves]))
    labels = ("from", "to", "cause")
    assert found.by("tierstream_movements_total", *labels) == {
        ("none", "small", "order"): 2, ("small", "none", "erasure"): 1,
    }  # fmt: skip
    assert found.by("tierstream_movements_revenue_minor_total", *labels) == {
        ("none", "small", "order"): 1000, ("small", "none", "erasure"): 50,
    }  # fmt: skip


def test_a_revenue_below_zero_takes_nothing_off_a_counter() -> None:
    move = {"from": "small", "to": "prospect", "cause": "cancellation", "revenue": -400}
    found = exposed(NOTHING._replace(outputs=[said("tier-changes", **move)]))
    assert found.total("tierstream_movements_total") == 1
    assert found.total("tierstream_movements_revenue_minor_total") == 0


def test_an_alert_counts_once_by_its_first_reason_and_each_reason_once() -> None:
    writes = [alert("urgent", 9000, "dormant", "tier_fall"), alert("watch", 500, "slipping")]
    found = exposed(NOTHING._replace(outputs=writes))
    assert found.by("tierstream_alerts_total", "severity", "reason") == {
        ("urgent", "dormant"): 1, ("watch", "slipping"): 1,
    }  # fmt: skip
    assert found.by("tierstream_alert_reasons_total", "severity", "reason") == {
        ("urgent", "dormant"): 1, ("urgent", "tier_fall"): 1, ("watch", "slipping"): 1,
    }  # fmt: skip
    assert found.by("tierstream_alerts_revenue_at_risk_minor_total", "severity") == {
        ("urgent",): 9000, ("watch",): 500,
    }  # fmt: skip


def test_an_alert_held_back_is_no_event() -> None:
    found = exposed(NOTHING._replace(tally=Counter({("churn-alerts", "held_back"): 3})))
    assert found.total("tierstream_alerts_held_back_total") == 3
    assert found.total("tierstream_events_total") == 0


def test_a_dead_record_is_one_dead_event_and_a_letter_of_its_code() -> None:
    tally = Counter({("orders", "counted"): 5, ("orders", "future"): 2, ("clock", "not_json"): 1})
    found = exposed(NOTHING._replace(tally=tally))
    assert found.by("tierstream_events_total", "topic", "outcome") == {
        ("orders", "counted"): 5, ("orders", "dead"): 2, ("clock", "dead"): 1,
    }  # fmt: skip
    assert found.by("tierstream_dead_letters_total", "topic", "code") == {
        ("orders", "future"): 2, ("clock", "not_json"): 1,
    }  # fmt: skip


def test_every_code_and_outcome_is_there_from_the_start_so_that_the_first_is_an_increase() -> None:
    found = exposed()
    assert found.value("tierstream_dead_letters_total", topic="orders", code="future") == 0
    assert found.value("tierstream_events_total", topic="clock", outcome="dead") == 0


def test_topics_are_named_without_their_prefix() -> None:
    batch = Taken("shop.orders", 0, 1, [int(AT.timestamp() * 1000) - 20])
    outputs = [Write("shop.progress", 0, b"0", b"{}")]
    found = exposed(
        NOTHING._replace(batches=[batch], outputs=outputs, changelog_records=2), prefix="shop."
    )
    assert found.value("tierstream_batch_records_sum", topic="orders") == 1
    ages = "tierstream_append_to_commit_seconds_bucket"
    assert found.value(ages, topic="orders", le="0.01") == 0
    assert found.value(ages, topic="orders", le="0.025") == 1
    assert found.by("tierstream_records_written_total", "topic") == {
        ("customers-changelog",): 2, ("progress",): 1,
    }  # fmt: skip
    assert found.value("tierstream_commit_seconds_bucket", le="0.01") == 0
    assert found.value("tierstream_commit_seconds_bucket", le="0.025") == 1


def test_an_order_placed_on_an_earlier_day_than_stream_time_is_late() -> None:
    worker = OneWorker()
    worker.send(
        order("ann", "1998-01-05T10:00:00Z", 1),
        order("ann", "1998-01-05T09:00:00Z", 2),  # the same day: out of order, not late
        order("ann", "1998-01-04T23:59:59Z", 3),
        order("ben", "1998-01-05T11:00:00Z", 4),
        cancellation("ben", "1998-01-02T11:00:00Z", 5),  # has the time of its order
        tick("1998-01-06T00:00:00Z"),
    )
    worker.send(order("ben", "1998-01-05T23:00:00Z", 6))
    (partition,) = worker.machine.partitions
    assert partition.late_orders == 2
    assert worker.tally("orders") == {"counted": 6}


def test_the_slowest_commit_since_the_last_look_is_told_once() -> None:
    meter = CommitMeter(CollectorRegistry(), "")
    for seconds in (0.5, 3.0, 0.1):
        meter.landed(NOTHING._replace(seconds=seconds))
    assert (meter.take_slowest(), meter.take_slowest()) == (3.0, 0.0)
