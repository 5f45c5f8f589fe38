"""The real orders through a whole worker: the figures scraped are those of the topics out."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from tests.e2e.driver import Tierstream, until
from tests.metrics.exposition import Exposed
from tests.oracle.cdnow import LAST_INSTANT, SHIPPED

ORDERS = 69_659
NOBODY = 0  # instead of a status: the worker is not up
BROKEN = ('{"event_id": "x"}', "no JSON", '{"customer_id": "1", "type": "placed"}')


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tierstream]:
    """A worker that has taken in the real orders, some that are broken, and a tick at the end."""
    folder = tmp_path_factory.mktemp("product")
    with Tierstream(folder, {"TIERSTREAM_BROKER": "embedded://log.db"}) as tierstream:
        tierstream.start()
        tierstream.run("replay", "orders", SHIPPED)
        tierstream.replay_raw("orders", [{"key": "1", "value": value} for value in BROKEN])
        tierstream.settle(250)
        tierstream.tick(LAST_INSTANT)
        tierstream.settle(250)
        yield tierstream


@pytest.fixture(scope="module")
def scraped(product: Tierstream) -> Exposed:
    status, text = get(product, "/metrics")
    assert status == HTTPStatus.OK
    return Exposed(text)


def get(product: Tierstream, path: str) -> tuple[int, str]:
    web = product.progress()[0]["web"]
    try:
        with urllib.request.urlopen(f"http://{web}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()
    except URLError:
        return NOBODY, ""


def counted(values: list[dict[str, Any]], *fields: str) -> dict[tuple[str, ...], float]:
    return dict(Counter(tuple(str(v[f] or "none") for f in fields) for v in values))


@pytest.mark.slow
def test_heads_and_money_of_the_tiers_are_those_of_the_standings(
    product: Tierstream, scraped: Exposed
) -> None:
    standings = list(product.standings().values())
    assert scraped.by("tierstream_customers", "tier") == counted(standings, "tier")
    money: Counter[tuple[str, ...]] = Counter()
    for value in standings:
        money[(value["tier"],)] += value["revenue"]
    assert scraped.by("tierstream_revenue_minor", "tier") == {t: m for t, m in money.items() if m}
    held = [value for value in standings if value["stage"] is not None]
    assert scraped.by("tierstream_stage_customers", "stage") == counted(held, "stage")
    cells = scraped.by("tierstream_rfm_customers", "r", "f", "m")
    assert {("".join(rfm),): n for rfm, n in cells.items()} == counted(standings, "rfm")
    assert max(Counter(s["partition"] for s, _ in scraped.samples("tierstream_rfm_customers"))
               .values()) <= 125  # fmt: skip


@pytest.mark.slow
def test_movements_stages_and_alerts_are_those_said(product: Tierstream, scraped: Exposed) -> None:
    changes, alerts = product.values("tier-changes"), product.values("churn-alerts")
    labels = ("from", "to", "cause")
    assert scraped.by("tierstream_movements_total", *labels) == counted(changes, *labels)
    money = sum(max(change["revenue"], 0) for change in changes)
    assert scraped.total("tierstream_movements_revenue_minor_total") == money
    said = counted(product.values("dormant-customers"), "from", "stage")
    assert scraped.by("tierstream_stage_changes_total", "from", "stage") == said
    first = [{"severity": one["severity"], "reason": one["reasons"][0]["code"]} for one in alerts]
    assert alerts != []
    assert scraped.by("tierstream_alerts_total", "severity", "reason") == counted(
        first, "severity", "reason"
    )
    assert scraped.total("tierstream_alert_reasons_total") == sum(len(a["reasons"]) for a in alerts)


@pytest.mark.slow
def test_every_record_is_counted_once_and_nothing_lags(
    product: Tierstream, scraped: Exposed
) -> None:
    assert scraped.by("tierstream_events_total", "topic", "outcome") == {
        ("orders", "counted"): ORDERS, ("orders", "dead"): len(BROKEN), ("clock", "counted"): 4,
    }  # fmt: skip
    letters = product.values("dead-letters")
    assert scraped.by("tierstream_dead_letters_total", "code") == counted(letters, "code")
    ages = scraped.by("tierstream_append_to_commit_seconds_count", "topic")
    assert ages == {("orders",): ORDERS + len(BROKEN), ("clock",): 4}
    assert scraped.by("tierstream_lag_records", "topic") == {}
    assert len(scraped.samples("tierstream_lag_records")) == 5 * 4


@pytest.mark.slow
def test_borders_are_those_published(product: Tierstream, scraped: Exposed) -> None:
    (published,) = product.values("pyramid-borders")[-1:]
    assert scraped.value("tierstream_borders_version") == published["version"]
    for tier in ("super", "large", "medium"):
        assert scraped.value("tierstream_border_rank_value", tier=tier) == published[tier]


@pytest.mark.slow
def test_a_worker_started_again_shows_the_same_standings_and_is_ready_once_recovered(
    product: Tierstream, scraped: Exposed
) -> None:
    product.workers[-1].stop()
    product.start()
    until(lambda: get(product, "/readyz")[0] == HTTPStatus.OK)
    again = Exposed(get(product, "/metrics")[1])
    for name, labels in (
        ("tierstream_customers", ("partition", "tier")),
        ("tierstream_revenue_minor", ("partition", "tier")),
        ("tierstream_stage_customers", ("partition", "stage")),
        ("tierstream_rfm_customers", ("partition", "r", "f", "m")),
    ):
        assert again.by(name, *labels) == scraped.by(name, *labels)
    assert again.total("tierstream_movements_total") == 0
    assert again.value("tierstream_recoveries_total") == 4
    assert again.value("tierstream_partitions", state="consuming") == 4
    status, text = get(product, "/healthz")
    assert (status, json.loads(text)) == (HTTPStatus.OK, {"status": "ok", "standing_still": []})
