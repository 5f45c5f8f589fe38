"""What can't go well is refused, in one sentence that says what to do."""

from __future__ import annotations

from contextlib import closing

import msgspec
import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.keys import MARKER
from streams.engine.marker import VERSION
from streams.engine.partitioner import default_partition
from streams.engine.records import Write
from streams.topics import changelog
from tests.e2e.checks import by_customer, check_everything
from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream
from tests.oracle.sending import order, tick


@on_embedded
def test_a_second_worker_on_the_same_embedded_log_is_refused(tierstream: Tierstream) -> None:
    first = tierstream.start()
    tierstream.settle()
    sentence = tierstream.refused()
    assert f"another worker of 'tierstream' is running on {tierstream.folder}/log.db" in sentence
    assert f"(pid {first.process.pid})" in sentence
    tierstream.send(order("ann", "2021-01-01"))
    tierstream.settle()
    assert set(check_everything(tierstream)) == {"ann"}


def test_state_is_not_gone_on_with_in_another_time_zone_or_currency(
    tierstream: Tierstream,
) -> None:
    worker = tierstream.start()
    tierstream.send(order("ann", "2021-01-01"))
    tierstream.settle()
    worker.stop()
    tierstream.rules('[business]\ntime_zone = "Asia/Shanghai"\n')
    sentence = tierstream.refused()
    assert "business.time_zone is Asia/Shanghai" in sentence
    assert "was made with UTC" in sentence
    if not tierstream.on_kafka:
        tierstream.rules('[business]\nbase_currency = "EUR"\n')
        assert "business.base_currency is EUR" in tierstream.refused()
    tierstream.rules("")
    tierstream.start()
    tierstream.send(order("bob", "2021-01-02"))
    tierstream.settle()
    assert set(check_everything(tierstream)) == {"ann", "bob"}


@on_embedded
def test_other_rules_take_effect_on_restart(tierstream: Tierstream) -> None:
    worker = tierstream.start()
    tierstream.send(*(order(f"c{n}", "2021-01-01", 1000 + n) for n in range(10)))
    tierstream.send(tick("2021-03-01"))
    tierstream.settle()
    assert {one["stage"] for one in tierstream.standings().values()} == {None}
    worker.stop()
    before = {value["event_id"] for value in tierstream.values("tier-changes")}
    tierstream.rules("[pyramid]\nsuper = 0.5\nlarge = 0.6\nmedium = 0.7\n"
                     "[dormancy]\ndormant_days = 50\n")  # fmt: skip
    tierstream.start()
    tierstream.settle()
    tierstream.send(tick("2021-03-01T12:00:01Z"))
    tierstream.settle()
    standings = check_everything(tierstream)
    assert [standings[f"c{n}"]["tier"] for n in range(9, 4, -1)] == ["super"] * 5
    assert {one["stage"] for one in standings.values()} == {"dormant"}
    changes = [v for v in tierstream.values("tier-changes") if v["event_id"] not in before]
    assert {change["customer_id"] for change in changes} <= {f"c{n}" for n in range(10)}
    assert {change["cause"] for change in changes} <= {"rules", "overtaken"}
    said = by_customer(tierstream.values("dormant-customers"))
    assert {tuple(one["stage"] for one in chain) for chain in said.values()} == {("dormant",)}


@on_embedded
def test_state_of_a_newer_program_is_refused_and_left_as_it_is(tierstream: Tierstream) -> None:
    worker = tierstream.start()
    tierstream.send(order("ann", "2021-01-01"))
    tierstream.settle()
    worker.stop()
    topic, number = changelog(tierstream.app_id).name, default_partition(b"ann", 4)
    with closing(EmbeddedClient(tierstream.folder / "log.db")) as log:
        *_, held = (record.value for partition, record in log.read(topic) if partition == number)
        assert held is not None
        newer = msgspec.msgpack.decode(held) | {"version": VERSION + 1, "something": "new"}
        log.append([Write(topic, number, MARKER, msgspec.msgpack.encode(newer))])
        before = log.end_offsets(topic)[number]
        sentence = tierstream.refused()
        assert log.end_offsets(topic)[number] == before
    assert f"has version {VERSION + 1}, this program knows {VERSION}" in sentence
    assert "run the newer program again" in sentence


@on_embedded
def test_topics_that_exist_keep_their_number_of_partitions(tierstream: Tierstream) -> None:
    tierstream.run("dump", "orders")  # creates all topics, with 4 partitions
    tierstream.set(PARTITIONS="7")
    tierstream.start()
    tierstream.settle()  # those that exist count, not the setting
    assert len(tierstream.progress()) == 4


WRONG = {
    "TICKS": "maybe",
    "PARTITIONS": "none",
    "BROKER": "http://localhost",
    "WEB": "nowhere",
    "STANDINGS_INTERVAL": "-1",
    "PARTITIONER": "crc32",
    "RETENTION_DAYS": "0",
    "RULES": "not/there.toml",
    "TOPIC_PREFIX": "no spaces",
    "REDIS_URL": "localhost",
    "APP_ID": "a/b",
}


@on_embedded
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_is_named_in_one_sentence(tierstream: Tierstream, name: str) -> None:
    sentence = tierstream.refused(**{name: WRONG[name]})
    assert f"TIERSTREAM_{name}" in sentence
    assert "must be" in sentence


@on_embedded
@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[pyramid]\nsuper = 0.3\n", "pyramid"),
        ("[dormancy]\ndormant_days = 400\n", "dormant_days"),
        ("[business]\ntimezone = 'UTC'\n", "timezone"),
        ("[business]\ntime_zone = 'Moon/Base'\n", "time_zone"),
        ("[pyramid]\nrank_by = 'luck'\n", "rank_by"),
        ("[rates]\nUSD = '-1'\n", "USD"),
        ("no toml", "rules.toml"),
    ],
)
def test_wrong_rules_are_named_in_one_sentence(
    tierstream: Tierstream, toml: str, named: str
) -> None:
    tierstream.rules(toml)
    assert named in tierstream.refused()
