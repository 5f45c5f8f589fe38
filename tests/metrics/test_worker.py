"""Metrics and health of a whole worker on a real log."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from streams.engine.records import TopicPartition
from streams.metrics import pages
from streams.metrics.catalogue import CATALOGUE
from streams.metrics.health import STALL_SECONDS
from streams.metrics.slowness import CHORE_SECONDS
from tests.metrics.exposition import Exposed, label_values
from tests.metrics.running import PARTITIONS, Running, running
from tests.oracle.murmur2 import partition_of
from tests.oracle.sending import erasure, order, sent_value, tick

#: murmur2 puts them into both partitions.
CUSTOMERS = ("ann", "ben", "cem", "dan", "eve", "fay")
ORDERS = [order(name, "1998-01-05", 1000 * place) for place, name in enumerate(CUSTOMERS, 1)]


def healthz(worker: Running, now: float) -> tuple[int, list[dict[str, object]]]:
    answer = pages.healthz(worker.worker.monitor, now)
    return answer.status, json.loads(answer.body)["standing_still"]


def readyz(worker: Running) -> tuple[int, str | None]:
    answer = pages.readyz(worker.worker.monitor)
    return answer.status, json.loads(answer.body)["reason"]


def commits_wait(worker: Running, number: int) -> bool:
    still = worker.worker.monitor.health.stalls().get(number)
    return still is not None and still.what == "commit"


def publishing_since(worker: Running) -> float | None:
    keeper = worker.worker.partitions.keeper
    return None if keeper is None else keeper.publishing_since


def partitions_in(found: Exposed, name: str) -> set[str]:
    samples = [one for one in found.samples(name) if "partition" in one[0]]
    return label_values(samples, "partition")


async def recovered(worker: Running) -> None:
    await worker.until(lambda: readyz(worker)[0] == pages.OK)


def test_a_transaction_that_never_returns_is_named_by_healthz(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            health, number = worker.worker.monitor.health, partition_of(b"ann", PARTITIONS)
            await recovered(worker)
            await worker.at_rest(0)
            worker.gate.commits.clear()
            worker.send([order("ann", "1998-01-05")])
            await worker.until(lambda: commits_wait(worker, number))
            since = health.stalls()[number].since
            assert number not in [one["partition"] for one in healthz(worker, since + 29)[1]]
            status, still = healthz(worker, since + STALL_SECONDS)
            assert status == pages.UNAVAILABLE
            assert {"partition": number, "waits_for": "commit", "seconds": 30.0} in still
            stalled = worker.exposed().by("tierstream_stalled_seconds", "partition")
            assert stalled[str(number),] > 0
            worker.gate.open()
            await worker.at_rest(1)
            assert healthz(worker, asyncio.get_running_loop().time()) == (pages.OK, [])

    asyncio.run(story())


def test_a_take_over_that_never_returns_keeps_the_worker_unready_and_in_the_end_unhealthy(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            worker.gate.take_overs.clear()
            monitor, partitions = worker.worker.monitor, worker.worker.partitions
            assert readyz(worker)[0] == pages.UNAVAILABLE
            await worker.until(lambda: len(partitions.take_overs.under_way) == PARTITIONS)
            assert readyz(worker) == (pages.UNAVAILABLE, "partitions not recovered yet: 0, 1")
            found = worker.exposed()
            assert found.value("tierstream_partitions", state="recovering") == PARTITIONS
            since = monitor.health.stalls()[0].since
            _, still = healthz(worker, since + STALL_SECONDS)
            assert {"partition": 0, "waits_for": "recovery", "seconds": 30.0} in still
            worker.gate.open()
            await recovered(worker)
            found = worker.exposed()
            assert found.value("tierstream_partitions", state="consuming") == PARTITIONS
            assert found.value("tierstream_recoveries_total") == PARTITIONS

    asyncio.run(story())


def test_a_worker_that_recovers_lives_and_is_not_ready(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            worker.gate.take_overs.clear()
            take_overs = worker.worker.partitions.take_overs
            await worker.until(lambda: len(take_overs.under_way) == PARTITIONS)
            assert healthz(worker, asyncio.get_running_loop().time()) == (pages.OK, [])
            assert readyz(worker)[0] == pages.UNAVAILABLE
            worker.gate.open()
            await recovered(worker)

    asyncio.run(story())


def test_a_worker_with_nothing_to_do_for_an_hour_is_healthy_and_ready(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            worker.send(ORDERS)
            await worker.at_rest(len(ORDERS))
            now = asyncio.get_running_loop().time()
            for door in worker.worker.partitions.doors().values():
                door.moved_at = now - 3600
            assert healthz(worker, now) == (pages.OK, [])
            assert readyz(worker) == (pages.OK, None)

    asyncio.run(story())


def test_borders_whose_publication_never_returns_are_named_by_healthz(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            worker.gate.borders.clear()
            worker.send(ORDERS)
            await worker.until(lambda: publishing_since(worker) is not None)
            since = publishing_since(worker)
            assert since is not None
            status, still = healthz(worker, since + STALL_SECONDS)
            assert status == pages.UNAVAILABLE
            assert {
                "partition": None, "waits_for": "the publication of borders", "seconds": 30.0,
            } in still  # fmt: skip
            worker.gate.open()
            await worker.at_rest(len(ORDERS))
            await worker.until(lambda: publishing_since(worker) is None)

    asyncio.run(story())


def test_every_chore_that_can_be_late_has_its_limit(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            for door in worker.worker.partitions.doors().values():
                assert {chore.name for chore in door._chores} == CHORE_SECONDS.keys()

    asyncio.run(story())


def test_a_commit_that_hangs_is_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            await worker.at_rest(0)
            worker.gate.commits.clear()
            worker.send([order("ann", "1998-01-05")])
            named = re.compile(r"partition \d+ has got no further for \d+ s: commit")
            await worker.until(lambda: named.search(caplog.text) is not None)

    asyncio.run(story())


def test_a_partition_given_back_takes_its_gauges_along_and_leaves_its_counts(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            worker.send(ORDERS)
            await worker.at_rest(len(ORDERS))
            before = worker.exposed()
            held = {name for name in before.names() if partitions_in(before, name)}
            assert {frozenset(partitions_in(before, name)) for name in held} == {
                frozenset({"0", "1"})
            }
            await worker.worker.partitions.revoked({TopicPartition("orders", 1)})
            after = worker.exposed()
            assert {frozenset(partitions_in(after, name)) for name in held} == {frozenset({"0"})}
            assert after.total("tierstream_events_total") == len(ORDERS)

    asyncio.run(story())


def test_what_is_exposed_is_the_catalogue_and_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            broken = sent_value("orders", "ann", {"customer_id": "ann"})
            worker.send([*ORDERS, broken, erasure("ben"), tick("1998-09-01")])
            await worker.at_rest(len(ORDERS) + 4)
            families = worker.exposed().families
            ours = {name: one for name, one in families.items() if name.startswith("tierstream_")}
            assert ours.keys() == {one.name.removesuffix("_total") for one in CATALOGUE}
            for metric in CATALOGUE:
                family = ours[metric.name.removesuffix("_total")]
                assert (family.type, family.documentation) == (metric.kind, metric.help)
                for sample in family.samples:
                    assert sample.labels.keys() - {"le"} == set(metric.labels), sample
            named = {
                value for one in ours.values() for s in one.samples for value in s.labels.values()
            }
            assert not named & set(CUSTOMERS)

    asyncio.run(story())


def test_records_are_counted_by_topic_and_by_what_became_of_them(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as worker:
            await recovered(worker)
            no_fields = sent_value("orders", "ann", {"customer_id": "ann"})
            late = order("ann", "1998-01-03")
            worker.send([*ORDERS, ORDERS[0], no_fields, no_fields, late])
            await worker.at_rest(len(ORDERS) + 4)
            worker.send([erasure("ben"), tick("1998-09-01")])
            await worker.at_rest(len(ORDERS) + 7)
            found = worker.exposed()
            assert found.by("tierstream_events_total", "topic", "outcome") == {
                ("orders", "counted"): 7, ("orders", "repeated"): 1, ("orders", "dead"): 2,
                ("customers", "counted"): 1, ("clock", "counted"): 2,
            }  # fmt: skip
            assert found.by("tierstream_dead_letters_total", "topic", "code") == {
                ("orders", "missing_field"): 2
            }
            assert found.total("tierstream_late_orders_total") == 1
            assert found.total("tierstream_erasures_total") == 1
            assert found.by("tierstream_batch_records_sum", "topic") == {
                ("orders",): 10, ("customers",): 1, ("clock",): 2,
            }  # fmt: skip
            assert found.total("tierstream_append_to_commit_seconds_count") == 13
            written = found.by("tierstream_records_written_total", "topic")
            assert written[("dead-letters",)] == 2
            assert written[("tier-changes",)] == found.total("tierstream_movements_total")
            assert found.total("tierstream_lag_records") == 0

    asyncio.run(story())
