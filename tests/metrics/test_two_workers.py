"""Two workers on Kafka: what they show adds up, and each partition shows on one of them."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.error import URLError
from uuid import uuid4

import pytest

from tests.e2e.driver import Tierstream, Worker, until
from tests.metrics.exposition import Exposed, label_values
from tests.oracle.sending import order

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
