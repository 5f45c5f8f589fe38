"""One customer: the owning worker is asked; where none answers, the topics are read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from schemas.outputs import AlertReason
from streams.engine.partitioner import default_partition
from tests.commands.conftest import Cli, Log
from tests.commands.said import AT, churn_alert, dormancy, progress, standing, tier_change

ODD = "a/b ü?#%"


@contextmanager
def worker(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """A web that gives one answer, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def own(log: Log, customer_id: str, web: str | None) -> None:
    """Say that the worker at `web` owns the customer's partition, and nobody any other."""
    owned = default_partition(customer_id.encode(), log.partitions)
    for partition in range(log.partitions):
        where = web if partition == owned else None
        log.put("progress", progress(partition, AT, where), str(partition), partition)


ANSWER = {"standing": {"tier": "super"}, "tables": {"revenue": 5}, "why": ["an order"]}


def test_the_owning_worker_is_asked(cli_call: Cli, log: Log) -> None:
    with worker(200, msgspec.json.encode(ANSWER)) as (web, asked):
        own(log, ODD, web)
        result = cli_call("customer", ODD, "--format", "json")
    assert (result.code, result.err) == (0, "")
    assert result.lines == [{**ANSWER, "answered_by": f"worker {web}"}]
    assert asked == ["/customers/a%2Fb%20%C3%BC%3F%23%25"]


def test_whom_the_owning_worker_does_not_know_is_unknown(cli_call: Cli, log: Log) -> None:
    log.put("customer-standings", standing("a"), "a")
    with worker(404, b"{}") as (web, _):
        own(log, "a", web)
        result = cli_call("customer", "a")
    assert result.code == 1
    assert result.err == "tierstream: no customer 'a' is known; check the id's spelling\n"


@pytest.mark.parametrize(("status", "body"), [(503, b"{}"), (200, b"no json"), (200, b"[]")])
def test_where_the_worker_gives_no_answer_the_topics_are_read(
    cli_call: Cli, log: Log, status: int, body: bytes
) -> None:
    log.put("customer-standings", standing("a"), "a")
    with worker(status, body) as (web, _):
        own(log, "a", web)
        result = cli_call("customer", "a", "--format", "json")
    assert result.code == 0
    assert web in result.err
    assert result.lines[0]["answered_by"] == "topics"


def test_where_no_worker_listens_the_topics_are_read(cli_call: Cli, log: Log) -> None:
    with worker(200, b"{}") as (web, _):
        own(log, "a", web)
    for older, newer in (("small", "medium"), ("medium", "large")):
        log.put("tier-changes", tier_change("a", from_tier=older, to=newer), "a")
        log.put("tier-changes", tier_change("b", from_tier=older, to=newer), "b")
    log.put("dormant-customers", dormancy("a"), "a")
    log.put("customer-standings", standing("a", recency_days=3), "a")
    result = cli_call("customer", "a", "--format", "json")
    assert result.code == 0
    assert f"no worker answers at {web}" in result.err
    (found,) = result.lines
    assert found["answered_by"] == "topics"
    assert (found["standing"]["customer_id"], found["standing"]["recency_days"]) == ("a", 20)
    assert found["tables"] is None
    assert (found["why"]["tier_change"]["to"], found["why"]["dormancy"]["stage"]) == (
        "large",
        "slipping",
    )


def test_the_topics_tell_the_live_alert_as_it_was_said_whoever_was_told(
    cli_call: Cli, log: Log
) -> None:
    later = AT + timedelta(hours=1, microseconds=1)
    reason = AlertReason("tier_fall", 20, "从大客户降为中客户。", {"from": "large", "to": "medium"})
    urgent = churn_alert("a", at=later, severity="urgent", reasons=[reason], advice="请致电。")
    log.put("churn-alerts", churn_alert("a", at=AT + timedelta(hours=1)), "maya", 3)
    log.put("churn-alerts", urgent, "unassigned", 0)
    log.put("churn-alerts", churn_alert("a"), "noor", 1)
    log.put("churn-alerts", churn_alert("ab", at=AT + timedelta(days=1)), "maya", 3)
    other = churn_alert("b", at=AT + timedelta(days=1), account_manager="a")
    log.put("churn-alerts", other, "a", 2)
    log.put("customer-standings", standing("a", alert="urgent", alert_until=later), "a")
    (found,) = cli_call("customer", "a", "--format", "json").lines
    assert found["alert"] == {
        "severity": "urgent",
        "score": 30,
        "until": "2026-11-28T10:00:00Z",
        "reasons": [
            {"code": "tier_fall", "weight": 20, "text": "从大客户降为中客户。",
             "facts": {"from": "large", "to": "medium"}},
        ],
        "advice": "请致电。",
    }  # fmt: skip
    shown = cli_call("customer", "a").out
    assert "从大客户降为中客户。" in shown
    assert "请致电。" in shown


def test_an_alert_whose_cooldown_has_ended_is_not_shown(cli_call: Cli, log: Log) -> None:
    log.put("churn-alerts", churn_alert("a"), "maya")
    log.put("customer-standings", standing("a", alert=None), "a")
    (found,) = cli_call("customer", "a", "--format", "json").lines
    assert found["alert"] is None


def test_where_producers_choose_partitions_every_worker_is_asked(
    cli_call: Cli, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIERSTREAM_PARTITIONER", "trust")
    with worker(404, b"") as (stranger, _), worker(200, msgspec.json.encode(ANSWER)) as (web, _):
        for partition in range(4):
            where = web if partition == 3 else stranger
            log.put("progress", progress(partition, AT, where), str(partition), partition)
        result = cli_call("customer", "a", "--format", "json")
    assert result.lines[0]["answered_by"] == f"worker {web}"


def test_who_was_erased_is_unknown(cli_call: Cli, log: Log) -> None:
    log.put("customer-standings", standing("a"), "a")
    log.put("tier-changes", tier_change("a"), "a")
    log.put("tier-changes", tier_change("a", from_tier="medium", to=None), "a")
    log.put("customer-standings", None, "a")
    assert cli_call("customer", "a").code == 1


def test_the_card_is_for_people(cli_call: Cli, log: Log) -> None:
    tables = {
        "lifetime_revenue": 250_031_563,
        "open_complaints": [],
        "visit_wanted": True,
        "share": 0.004,
    }
    answer = {**ANSWER, "tables": tables, "why": [{"cause": "order"}, "one\x1b[31m line"]}
    with worker(200, msgspec.json.encode(answer)) as (web, _):
        own(log, "a", web)
        result = cli_call("customer", "a")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert lines[0] == "customer a"
    assert "lifetime revenue 2,500,315.63" in lines
    assert "open complaints -" in lines
    assert "visit wanted yes" in lines
    assert "share 0.40%" in lines
    assert "cause order" in lines
    assert lines[-1] == f"money in CNY; answered by worker {web}"
    assert "\x1b" not in result.out
