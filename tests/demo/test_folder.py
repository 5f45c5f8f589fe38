"""The demo replaces what a demo made, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from streams.demo.folder import DemoFolder, FolderError
from streams.engine.connect import open_client
from streams.engine.log import LogClient
from streams.engine.records import Write
from streams.provision import ensure_topics
from streams.settings import Settings
from streams.topics import CUSTOMERS, ORDERS

ORDER = b'{"event_id":"CDN-1","customer_id":"1"}'
FILE = b'{"customer_id":"1","account_manager":"amir"}'
OWN = {ORDERS: frozenset({ORDER}), CUSTOMERS: frozenset({FILE})}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env(
        {
            "TIERSTREAM_BROKER": f"embedded://{tmp_path}/ts/log.db",
            "TIERSTREAM_DATA": f"{tmp_path}/ts",
        }
    )


@pytest.fixture
def folder(settings: Settings) -> DemoFolder:
    return DemoFolder.of(settings)


@pytest.fixture
def client(settings: Settings) -> Iterator[LogClient]:
    with closing(open_client(settings)) as client:
        ensure_topics(client, settings)
        yield client


def test_an_empty_place_is_nobodys_and_a_claimed_one_the_demos(folder: DemoFolder) -> None:
    assert not folder.made_by_demo()
    folder.claim()
    assert folder.made_by_demo()


@pytest.mark.parametrize("name", ["log.db", "rules.toml"])
def test_data_that_no_demo_made_is_refused_and_left_alone(folder: DemoFolder, name: str) -> None:
    folder.data.mkdir()
    (folder.data / name).write_bytes(b"mine")
    with pytest.raises(FolderError, match="did not make; run the demo in another folder"):
        folder.made_by_demo()
    assert (folder.data / name).read_bytes() == b"mine"


def test_a_log_elsewhere_that_no_demo_made_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"mine")
    with pytest.raises(FolderError, match="holds data that the demo did not make"):
        DemoFolder(tmp_path / "log.db", tmp_path / "data").made_by_demo()


def test_clearing_takes_the_log_and_the_stores_and_leaves_other_files(folder: DemoFolder) -> None:
    folder.claim()
    for name in ("log.db", "log.db-wal", "log.db-shm", "log.db.old", "rules.toml"):
        (folder.data / name).write_bytes(b"x")
    for name in ("stores", "faust", "kafka"):
        (folder.data / name).mkdir()
        (folder.data / name / "CURRENT").write_bytes(b"x")
    folder.clear()
    left = {path.name for path in folder.data.iterdir()}
    assert left == {"demo", "kafka", "log.db.old", "rules.toml"}
    assert (folder.data / "kafka" / "CURRENT").exists()


def test_the_data_of_a_kafka_node_is_in_nobodys_way(folder: DemoFolder) -> None:
    (folder.data / "kafka").mkdir(parents=True)
    assert not folder.made_by_demo()


def test_a_kafka_cluster_is_refused() -> None:
    settings = Settings.from_env({"TIERSTREAM_BROKER": "kafka://localhost:9092"})
    with pytest.raises(FolderError, match="env -u TIERSTREAM_BROKER"):
        DemoFolder.of(settings)


def test_a_log_with_the_demos_orders_files_and_ticks_alone_is_the_demos(
    folder: DemoFolder, settings: Settings, client: LogClient
) -> None:
    client.append([Write("orders", None, b"1", ORDER)])
    client.append([Write("customers", None, b"1", FILE)])
    client.append([Write("clock", 0, None, b'{"now":"1998-06-30T23:59:59Z"}')])
    folder.check_log(client, settings, OWN)


@pytest.mark.parametrize("topic", ["orders", "call-logs", "complaints", "customers"])
def test_a_log_that_was_used_after_the_demo_is_not_replaced(
    folder: DemoFolder, settings: Settings, client: LogClient, topic: str
) -> None:
    client.append([Write(topic, None, b"1", b'{"event_id":"e1","customer_id":"1"}')])
    with pytest.raises(FolderError, match=f"holds {topic} that are not the demo's own"):
        folder.check_log(client, settings, OWN)


def test_an_order_among_the_files_is_not_the_demos(
    folder: DemoFolder, settings: Settings, client: LogClient
) -> None:
    client.append([Write("customers", None, b"1", ORDER)])
    with pytest.raises(FolderError, match="holds customers that are not the demo's own"):
        folder.check_log(client, settings, OWN)


def test_an_erasure_after_the_demo_is_not_the_demos(
    folder: DemoFolder, settings: Settings, client: LogClient
) -> None:
    client.append([Write("customers", None, b"1", None)])
    with pytest.raises(FolderError, match="holds customers that are not the demo's own"):
        folder.check_log(client, settings, OWN)
