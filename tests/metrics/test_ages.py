"""Ages by the thousand end in the buckets where they would one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from streams.metrics.ages import Ages
from streams.metrics.catalogue import APPEND_TO_COMMIT
from tests.metrics.exposition import Exposed

NOW_MS = 1_795_000_000_000
NAME = APPEND_TO_COMMIT.name

stamps = st.lists(st.integers(NOW_MS - 100_000, NOW_MS + 1_000), max_size=30)


def exposed(ages: Ages) -> Exposed:
    registry = CollectorRegistry()
    registry.register(ages)
    return Exposed.of(registry)


def test_an_age_on_a_bound_is_in_its_bucket() -> None:
    ages = Ages(APPEND_TO_COMMIT)
    ages.observe("orders", NOW_MS, [NOW_MS - 1, NOW_MS - 2, NOW_MS - 60_000, NOW_MS - 60_001])
    found = exposed(ages)
    buckets = {le: found.value(f"{NAME}_bucket", topic="orders", le=le)
               for le in ("0.001", "0.0025", "30.0", "60.0", "+Inf")}  # fmt: skip
    assert buckets == {"0.001": 1, "0.0025": 2, "30.0": 2, "60.0": 3, "+Inf": 4}
    assert found.value(f"{NAME}_sum", topic="orders") == 120.004


def test_a_record_from_the_future_is_of_now() -> None:
    ages = Ages(APPEND_TO_COMMIT)
    ages.observe("clock", NOW_MS, [NOW_MS + 5_000])
    assert exposed(ages).value(f"{NAME}_bucket", topic="clock", le="0.001") == 1
    assert exposed(ages).value(f"{NAME}_sum", topic="clock") == 0


def test_a_batch_without_records_leaves_nothing() -> None:
    ages = Ages(APPEND_TO_COMMIT)
    ages.observe("orders", NOW_MS, [])
    assert exposed(ages).names() == set()


@given(st.lists(stamps, max_size=4))
def test_many_at_once_count_as_they_would_one_by_one(batches: list[list[int]]) -> None:
    ages, one_by_one = Ages(APPEND_TO_COMMIT), CollectorRegistry()
    plain = Histogram(NAME, "-", ["topic"], buckets=APPEND_TO_COMMIT.buckets, registry=one_by_one)
    for batch in batches:
        ages.observe("orders", NOW_MS, batch)
        for stamp in batch:
            plain.labels("orders").observe(max(NOW_MS - stamp, 0) / 1000)
    assert exposed(ages).by(f"{NAME}_bucket", "le") == Exposed.of(one_by_one).by(
        f"{NAME}_bucket", "le"
    )
    assert round(exposed(ages).total(f"{NAME}_sum") * 1000) == round(
        Exposed.of(one_by_one).total(f"{NAME}_sum") * 1000
    )
