"""The table as a topic and as a command; one customer; the envelope of what is said."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any

from tests.e2e.against_oracle import UNDAMPED
from tests.e2e.checks import check_everything
from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream
from tests.oracle.sending import Sent, call, complaint, file, order, sent_value, tick

FIELDS = {
    "tier-changes": "from to direction cause revenue profit frequency recency_days rfm share "
    "account_manager",
    "dormant-customers": "from stage silent_days usual_gap_days last_order_day tier rfm revenue "
    "revenue_at_risk p_alive account_manager",
    "customer-standings": "tier rfm revenue profit frequency last_order_day recency_days share "
    "stage",
    "customer-erased": "",
}
ODD = "a/b ü?#%"


@on_embedded
def test_standings_are_one_a_customer_an_interval_while_orders_keep_coming(
    tierstream: Tierstream,
) -> None:
    tierstream.set(STANDINGS_INTERVAL="3600", PARTITIONS="1")
    tierstream.send(*(order("ann", "2021-01-01", event_id=f"e{n}") for n in range(10_000)))
    tierstream.start()
    tierstream.settle()
    assert Counter(line["key"] for line in tierstream.dump("customer-standings"))["ann"] <= 3
    assert check_everything(tierstream)["ann"]["frequency"] == 10_000


@on_embedded
def test_time_alone_publishes_no_standing(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.send(order("ann", "2021-01-01"), tick("2021-01-02"))
    tierstream.settle()
    published = len(tierstream.dump("customer-standings"))
    tierstream.send(tick("2021-01-05"))
    tierstream.settle()
    assert len(tierstream.dump("customer-standings")) == published
    assert tierstream.standings()["ann"]["recency_days"] == 4
    assert tierstream.customer("ann")["standing"]["recency_days"] == 4


@on_embedded
def test_standings_come_as_table_lines_and_csv_and_by_tier(tierstream: Tierstream) -> None:
    tierstream.rules(UNDAMPED)
    tierstream.start()
    tierstream.send(*(order(f"c{n:03}", "2021-01-01", 1000 + n) for n in range(100)))
    tierstream.send(tick("2021-01-31"))
    tierstream.settle()
    standings = tierstream.standings()
    tiers = Counter(one["tier"] for one in standings.values())
    assert tiers == {"super": 1, "large": 4, "medium": 15, "small": 80}
    assert {one["recency_days"] for one in standings.values()} == {30}
    rows = list(csv.DictReader(io.StringIO(tierstream.run("standings", "--format", "csv").out)))
    assert [row["customer_id"] for row in rows] == [f"c{n:03}" for n in range(99, -1, -1)]
    assert rows[0]["revenue"] == "1099"
    table = tierstream.run("standings", "--tier", "super").out
    assert "c099" in table
    assert "c098" not in table
    large = tierstream.run("standings", "--tier", "large", "--format", "ndjson").lines
    assert {line["customer_id"] for line in large} == {"c098", "c097", "c096", "c095"}


def history() -> list[Sent]:
    """A customer of whom everything is known that can be."""
    return [
        *(order(ODD, f"2021-01-{day:02}", 1000, cost=600) for day in (1, 8, 15)),
        call(ODD, "2021-01-16", follow_up_at="2021-01-20T09:00:00Z", note="will think about it",
             outcome="reached", need="strong"),
        complaint(ODD, "2021-01-17", complaint_id="k1", severity=4, category="delivery"),
        complaint(ODD, "2021-01-17", event_id="k2", complaint_id="k2"),
        complaint(ODD, "2021-01-18", complaint_id="k2", step="resolved"),
        file(ODD, name="Ännie", account_manager="mia", strategic=True),
    ]  # fmt: skip


def test_a_customer_is_shown_whole_by_the_worker_and_by_the_topics(tierstream: Tierstream) -> None:
    worker = tierstream.start()
    tierstream.send(*history(), order("bob", "2021-01-20", 10))
    tierstream.send(tick("2021-02-01"))
    tierstream.settle()
    shown = tierstream.customer(ODD)
    assert shown["answered_by"].startswith("worker 127.0.0.1:")
    published = tierstream.standings()[ODD]
    names = FIELDS["customer-standings"].split()
    assert {name: shown["standing"][name] for name in names} == {
        name: published[name] for name in names
    }
    standing = shown["standing"]
    assert (standing["tier"], standing["revenue"], standing["profit"]) == ("super", 3000, 1200)
    assert (standing["stage"], standing["recency_days"]) == ("slipping", 17)
    check_tables(shown["tables"])
    assert shown["why"]["tiers_begin_at"]["super"] <= 3000
    card = tierstream.run("customer", ODD).out
    for words in ("super", "slipping", "k1", "Ännie", "mia", "will think about it"):
        assert words in card
    assert "is known" in tierstream.call("customer", "nobody").sentence
    worker.stop()
    read = tierstream.customer(ODD)
    assert read["answered_by"] == "topics"
    assert {name: read["standing"][name] for name in names} == {
        name: published[name] for name in names
    }
    assert read["why"]["dormancy"]["stage"] == "slipping"


def check_tables(tables: dict[str, Any]) -> None:
    assert (tables["lifetime_orders"], tables["lifetime_revenue"]) == (3, 3000)
    assert (tables["first_order_day"], tables["usual_gap_days"]) == ("2021-01-01", 7)
    assert (tables["calls"], tables["complaints"]) == (1, 2)
    assert tables["last_call"]["need"] == "strong"
    (promise,) = tables["follow_ups"]
    assert promise["at"] == "2021-01-20T09:00:00Z"
    (open_complaint,) = tables["open_complaints"]
    assert (open_complaint["complaint_id"], open_complaint["severity"]) == ("k1", 4)
    assert tables["file"]["name"] == "Ännie"


@on_embedded
def test_all_that_is_said_has_every_field_and_its_envelope(tierstream: Tierstream) -> None:
    tierstream.start()
    tierstream.send(*history(), Sent("orders", b"bad", b"{"))
    tierstream.settle()
    tierstream.send(tick("2021-09-01"))
    tierstream.settle()
    tierstream.replay_raw("customers", [{"key": ODD, "value": None}])
    tierstream.settle()
    for topic, fields in FIELDS.items():
        lines = [line for line in tierstream.dump(topic) if line["value"] is not None]
        assert lines, topic
        for line in lines:
            value = line["value"]
            assert {"event_id", "customer_id", "at", "rules", "source"} | set(
                fields.split()
            ) <= value.keys(), topic
            assert line["key"] == value["customer_id"]
            check_envelope(line, topic)
    for line in tierstream.dump("dead-letters"):
        check_envelope(line, "dead-letters")


def check_envelope(line: dict[str, Any], topic: str) -> None:
    headers, value = line["headers"], line["value"]
    assert headers["ce_id"] == value["event_id"]
    assert headers["ce_type"].endswith(topic)
    assert headers["ce_time"] == value["at"]
    assert headers["ce_specversion"] == "1.0"
    assert headers["ce_source"]
    assert len(value["rules"]) == 12


@on_embedded
def test_contacts_and_files_alone_make_prospects_suspects_and_others(
    tierstream: Tierstream,
) -> None:
    tierstream.start()
    tierstream.send(
        call("called", "2021-01-01"), complaint("complained", "2021-01-01"),
        file("filed"), file("barred", disqualified=True), file("called too"),
    )  # fmt: skip
    tierstream.settle()
    tierstream.send(call("called too", "2021-01-01"))
    cancelled = json.loads((order("cancelled", "2021-01-01").value or b"").decode())
    undone = {**cancelled, "event_id": "undone", "type": "cancelled"}
    tierstream.send(order("cancelled", "2021-01-01"), sent_value("orders", "cancelled", undone))
    tierstream.send(order("barred but active", "2021-01-01"))
    tierstream.send(file("barred but active", disqualified=True))
    tierstream.settle()
    standings = check_everything(tierstream)
    assert {customer: one["tier"] for customer, one in standings.items()} == {
        "called": "prospect",
        "complained": "prospect",
        "called too": "prospect",
        "cancelled": "prospect",
        "filed": "suspect",
        "barred": "other",
        "barred but active": "super",
    }
    assert {one["rfm"] for c, one in standings.items() if c != "barred but active"} == {None}
    causes = {v["customer_id"]: v["cause"] for v in tierstream.values("tier-changes")}
    assert (causes["called"], causes["filed"]) == ("contact", "profile")
    assert (causes["called too"], causes["cancelled"]) == ("contact", "cancellation")
