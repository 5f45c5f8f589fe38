"""Growth in a quick form: a page comes out. No time that was measured is looked at."""

from __future__ import annotations

from pathlib import Path

from tests.bench.broker import Broker
from tests.bench.growth import parse_options, run
from tests.bench.orders import first_orders, make_orders

QUICK = ["--customers", "300", "--orders", "200", "--workers", "2", "--paced-seconds", "1"]


def test_a_page_of_growth_comes_out(kafka: str, tmp_path: Path) -> None:
    broker = Broker(kafka)
    try:
        first, *_, page = run(parse_options(QUICK), tmp_path, broker)
    finally:
        broker.close()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]
    headings, _, row, _, _, workers = rows
    found = dict(zip(headings, row, strict=True))
    assert found["customers"] == "300"
    assert int(found["state, B/customer"].replace(",", "")) > 0
    assert int(found["fell due in that day, within s"].partition(":")[0]) == 3
    assert int(found["moved by borders, within s of the last order"].partition(":")[0]) > 0
    assert workers[:2] == ["2", "200"]
    assert ("—" in first, "—" in page) == (True, False)  # each part is written as it comes


def test_everybody_has_one_first_order() -> None:
    customers = {line.partition('"customer_id":"')[2][:9] for line in first_orders(1000, 7)}
    assert len(customers) == 1000


def test_orders_that_go_on_repeat_no_event() -> None:
    lines = [*make_orders(100, 10, 1), *make_orders(100, 10, 1, first=100)]
    assert len({line.partition('"customer_id"')[0] for line in lines}) == 200
