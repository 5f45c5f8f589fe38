"""The benchmark in a quick form: every contender does its job, and a page comes out.

No time that was measured is looked at. Quix Streams and Bytewax, which need an environment of their
own, take part where `TESTS_ALL_PEERS` is set.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.backlog import Backlog, at_work, make_backlog, require_standings
from tests.bench.broker import Broker
from tests.bench.contender import Contender
from tests.bench.contenders import ALL, Product
from tests.bench.drain import drain
from tests.bench.machine import cores
from tests.bench.orders import make_orders
from tests.bench.side_by_side import parse_options, run
from tests.bench.skipping import require

ORDERS, CUSTOMERS, DAYS = 400, 50, 600
UNDAMPED = "[pyramid]\ndemotion_margin = 0\n"
HELD = {"reactivated": None, "cleared": None}  # stages that are said and not held

TAKING_PART = [
    each
    for each in ALL
    if each.counts and (os.environ.get("TESTS_ALL_PEERS") or each.slug not in ("quix", "bytewax"))
]

contenders = pytest.mark.parametrize(
    "contender",
    [Product(UNDAMPED) if each.slug == "tierstream" else each for each in TAKING_PART],
    ids=lambda contender: str(contender.slug),
)


@pytest.fixture(scope="module")
def backlog(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backlog]:
    """Some orders in which every tier and every stage comes up."""
    broker = Broker(kafka)
    everywhere = (set.union(*cores()),) * 2
    lines = make_orders(ORDERS, CUSTOMERS, DAYS, "skewed")
    yield make_backlog(broker, tmp_path_factory.mktemp("bench"), lines, everywhere, 1.0)
    broker.close()


@contenders
def test_a_contender_counts_every_order_and_says_where_everybody_stands(
    contender: Contender, backlog: Backlog
) -> None:
    require(contender)
    with at_work(contender, backlog.stage, f"{contender.slug}-smoke") as running:
        drained = drain(running, ORDERS, limit_seconds=300)
        assert (drained.orders, drained.whole) == (ORDERS, True)
        standings = require_standings(contender, running, backlog)
        broker = backlog.stage.broker
        tiers = last_said(broker, running.topic("tier-changes"))
        stages = last_said(broker, running.topic("dormant-customers"))
    assert {one.tier for one in standings.values()} >= {"super", "large", "medium", "small"}
    assert {name: value["to"] for name, value in tiers.items()} == {
        name: one.tier for name, one in standings.items()
    }
    # By which its latency can be told; a tier-change of time's or the borders' names none.
    assert any(value.get("order") or value.get("source") for value in tiers.values())
    held = {name: HELD.get(value["stage"], value["stage"]) for name, value in stages.items()}
    assert held  # somebody was silent, and it was said
    assert {name: held.get(name) for name in standings} == {
        name: one.stage for name, one in standings.items()
    }


def test_a_page_comes_out(kafka: str, tmp_path: Path) -> None:
    quick = (
        "--only tierstream,read --orders 300 --customers 30 --days 3 --rounds 1 "
        "--paced 100 --paced-seconds 1 --paced-backlog 100"
    )
    options = parse_options(shlex.split(quick))
    lines = run(options, tmp_path, kafka).splitlines()
    heading, _, product, reader = (line for line in lines if line.startswith("|"))
    assert {line.count("|") for line in (heading, product, reader)} == {9}
    changelog, paced = product.split(" | ")[5:7]
    assert changelog != "—"
    assert paced != "—"
    assert reader.split(" | ")[4:7] == ["—"] * 3


def last_said(broker: Broker, topic: str) -> dict[str, Any]:
    """The newest value of each customer."""
    newest = broker.newest(topic).values
    return {key.decode(): json.loads(value) for key, value in newest.items()}
