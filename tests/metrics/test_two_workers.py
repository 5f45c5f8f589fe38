"""Two workers on Kafka: what they show adds up, and each partition shows on one of them."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import URLError
from uuid import uuid4

import pytest

from tests.e2e.driver import Tierstream, Worker, until
from tests.metrics.exposition import Exposed, label_values
from tests.oracle.sending import complaint, file, order

PARTITIONS = 4
CUSTOMERS = [f"customer {number}" for number in range(60)]


@pytest.fixture
def product(kafka: str, tmp_path: Path) -> Iterator[Tierstream]:
    name = uuid4().hex[:8]
    settings = {
        "TIERSTREAM_BROKER": f"kafka://{kafka}",
        "TIERSTREAM_TOPIC_PREFIX": f"{name}.",
        "TIERSTREAM_APP_ID": f"app-{name}",
        "TIERSTREAM_PARTITIONS": str(PARTITIONS),
    }
    with Tierstream(tmp_path, settings) as tierstream:
        yield tierstream


def get(worker: Worker, path: str) -> tuple[int, str]:
    """Status and body; status 0 where the worker doesn't answer, or is not ready."""
    web = re.search(r"web on (http://\S+)", worker.text)
    if web is None:
        return 0, ""
    try:
        with urllib.request.urlopen(web[1] + path, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except URLError:
        return 0, ""


def ready(*workers: Worker) -> bool:
    return all(get(worker, "/readyz")[0] == HTTPStatus.OK for worker in workers)


def shown(*workers: Worker) -> list[Exposed]:
    return [Exposed(get(worker, "/metrics")[1]) for worker in workers]


def partitions(exposed: Exposed) -> set[str]:
    return label_values(exposed.samples("tierstream_customers"), "partition")


def shared_out(*workers: Worker) -> list[Exposed]:
    """What they show once all have partitions and one keeps the borders; before that nothing."""
    scrapes = shown(*workers) if ready(*workers) else []
    held = [number for scrape in scrapes for number in partitions(scrape)]
    keepers = sum(len(scrape.samples("tierstream_borders_version")) for scrape in scrapes)
    all_have = all(partitions(scrape) for scrape in scrapes)
    return scrapes if all_have and len(held) == PARTITIONS and keepers == 1 else []


def tiers(scrapes: list[Exposed]) -> Counter[str]:
    found: Counter[str] = Counter()
    for scrape in scrapes:
        found.update({t: int(n) for (t,), n in scrape.by("tierstream_customers", "tier").items()})
    return found


def summed(scrapes: list[Exposed], name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """A metric added up over workers, by some of its labels; what is 0 is left out."""
    found: Counter[tuple[str, ...]] = Counter()
    for scrape in scrapes:
        found.update(scrape.by(name, *labels))
    return dict(found)


def counted(values: list[dict[str, Any]], *fields: str) -> dict[tuple[str, ...], float]:
    return dict(Counter(tuple(str(each[field] or "none") for field in fields) for each in values))


def test_what_two_workers_show_adds_up_and_moves_with_the_partitions(product: Tierstream) -> None:
    first = product.start(DATA="first")
    until(lambda: ready(first))
    product.send(*(order(name, "1998-01-05", 100 * n) for n, name in enumerate(CUSTOMERS, 1)))
    product.settle()
    product.tick("1998-02-05T00:00:00Z")
    product.settle()
    standings = Counter(value["tier"] for value in product.standings().values())
    assert tiers(shown(first)) == standings

    second = product.start(DATA="second")
    both = until(lambda: shared_out(first, second))
    assert tiers(both) == standings
    assert partitions(both[0]) | partitions(both[1]) == {str(n) for n in range(PARTITIONS)}
    assert sum(one.total("tierstream_lag_records") for one in both) == 0
    assert sum(one.total("tierstream_events_total") for one in both) == len(CUSTOMERS) + PARTITIONS

    first.stop()
    until(lambda: ready(second) and len(partitions(shown(second)[0])) == PARTITIONS)
    assert tiers(shown(second)) == standings
    assert get(second, "/healthz")[0] == HTTPStatus.OK


def test_what_two_workers_said_and_hold_is_what_the_topics_say(product: Tierstream) -> None:
    workers = [product.start(DATA="first"), product.start(DATA="second")]
    until(lambda: shared_out(*workers))
    people = list(enumerate(CUSTOMERS, 1))
    product.send(*(order(name, "1998-01-05", 100 * n) for n, name in people))
    product.send(*(order(name, "1998-01-06", 9000 * (n % 7)) for n, name in people))
    product.send(*(file(name, account_manager=f"m{n % 3}") for n, name in people))
    product.settle()
    product.send(*(complaint(name, "1998-01-07", severity=5) for name in CUSTOMERS))
    product.send(order(CUSTOMERS[0], "1998-01-05", 100))  # repeated
    product.replay_raw("orders", [{"key": CUSTOMERS[1], "value": "{}"}])
    product.settle()
    product.tick("1998-02-05T00:00:00Z")
    product.settle()
    both = shown(*workers)
    assert all(scrape.total("tierstream_movements_total") for scrape in both)

    standings, changes = list(product.standings().values()), product.values("tier-changes")
    moves = ("from", "to", "cause")
    assert summed(both, "tierstream_customers", "tier") == counted(standings, "tier")
    revenue = sum(value["revenue"] for value in standings)
    assert sum(summed(both, "tierstream_revenue_minor", "tier").values()) == revenue
    cells = summed(both, "tierstream_rfm_customers", "r", "f", "m")
    assert {("".join(cell),): n for cell, n in cells.items()} == counted(standings, "rfm")
    held = [value for value in standings if value["stage"] is not None]
    assert summed(both, "tierstream_stage_customers", "stage") == counted(held, "stage")
    assert summed(both, "tierstream_movements_total", *moves) == counted(changes, *moves)
    money = sum(change["revenue"] for change in changes)
    assert sum(summed(both, "tierstream_movements_revenue_minor_total", "to").values()) == money
    alerts = product.values("churn-alerts")
    assert alerts
    assert summed(both, "tierstream_alerts_total", "severity") == counted(alerts, "severity")
    at_risk = sum(alert["revenue_at_risk"] for alert in alerts)
    shown_at_risk = summed(both, "tierstream_alerts_revenue_at_risk_minor_total", "severity")
    assert sum(shown_at_risk.values()) == at_risk
    events = summed(both, "tierstream_events_total", "topic", "outcome")
    assert events["orders", "counted"] == 2 * len(CUSTOMERS)
    assert (events["orders", "repeated"], events["orders", "dead"]) == (1, 1)
    assert events["clock", "counted"] == PARTITIONS
    (borders,) = product.values("pyramid-borders")[-1:]
    assert summed(both, "tierstream_border_rank_value", "tier")["medium",] == borders["medium"]
