"""The file of an embedded log: what is refused, and with which words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from streams.engine.embedded.client import EmbeddedClient
from streams.engine.embedded.database import Database, check_version
from streams.engine.embedded.place import file_system
from streams.engine.embedded.worker_log import EmbeddedWorkerLog
from streams.engine.log import LogError, NewTopic
from streams.engine.records import Write

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /srv/ann/my\\040share rw,relatime shared:9 - nfs4 server:/ann rw,vers=4.2
31 22 0:41 / /srv/ann rw,relatime - xfs /dev/vdb rw
"""


@pytest.mark.parametrize("version", ["3.51.2", "3.40.1", "3.50.7"])
def test_an_sqlite_that_can_lose_commits_is_refused(version: str) -> None:
    with pytest.raises(LogError, match=f"SQLite {version} can lose commits.*3.51.3"):
        check_version(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0.0"])
def test_a_later_sqlite_is_taken(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/ann/my share/log", "nfs4"),
        ("/srv/ann/my share", "nfs4"),
        ("/srv/ann/my shared things", "xfs"),
        ("/var/lib", "ext4"),
    ],
)
def test_the_innermost_mount_tells_the_file_system(folder: str, kind: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind


def test_another_database_is_not_taken_for_a_log(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = apsw.Connection(str(path))
    other.execute("CREATE TABLE customers (id)")
    other.close()
    with pytest.raises(LogError, match=r"other\.db is a database, but not an embedded log"):
        Database(path)
    untouched = apsw.Connection(str(path))
    assert untouched.execute("SELECT name FROM sqlite_master").fetchall() == [("customers",)]
    assert untouched.execute("PRAGMA journal_mode").fetchall() == [("delete",)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("bread, butter, milk\n" * 500)
    with pytest.raises(LogError, match=r"notes\.txt is not an embedded log"):
        Database(path)


def test_a_log_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    database = Database(path)
    database.query("PRAGMA user_version=2")
    database.close()
    with pytest.raises(LogError, match="has format 2, this version reads 1"):
        Database(path)


def test_a_folder_that_can_not_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match=r"the folder .*file/log of the log can't be made"):
        Database(tmp_path / "file" / "log" / "log.db")


def test_a_folder_as_the_log_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="can't be opened for writing"):
        Database(tmp_path)


def test_a_log_has_one_name_for_ever_and_a_new_one_another(tmp_path: Path) -> None:
    first, again = EmbeddedClient(tmp_path / "a.db"), EmbeddedClient(tmp_path / "a.db")
    assert first.uuid == again.uuid
    assert EmbeddedClient(tmp_path / "b.db").uuid != first.uuid


@pytest.mark.parametrize("name", ["a", "A-b_c.9", "..data", "x" * 249, "select", "sqlite_x"])
def test_every_name_that_kafka_takes_is_taken(tmp_path: Path, name: str) -> None:
    client = EmbeddedClient(tmp_path / "log.db")
    client.create([NewTopic(name, 1)])
    client.append([Write(name, 0, b"k", b"v")])
    assert [record.value for _, record in client.read(name)] == [b"v"]
    client.close()
    assert [path.name for path in tmp_path.iterdir()] == ["log.db"]


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 250, "a/b", "a b", "ä", 'a"; --'])
def test_every_name_that_kafka_refuses_is_refused(tmp_path: Path, name: str) -> None:
    client = EmbeddedClient(tmp_path / "log.db")
    with pytest.raises(LogError, match="can't be the name of a topic"):
        client.create([NewTopic(name, 1)])
    assert client.topics() == {}


def test_a_value_of_16_megabytes_is_kept(tmp_path: Path) -> None:
    client = EmbeddedClient(tmp_path / "log.db")
    client.create([NewTopic("big", 1, max_record_bytes=17_000_000)])
    value = bytes(range(256)) * 65_536
    client.append([Write("big", 0, b"k", value)] * 2)
    assert [record.value for _, record in client.read("big")] == [value, value]


def test_a_commit_for_which_the_disk_has_no_room_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    client = EmbeddedClient(path)
    client.create([NewTopic("changelog", 1), NewTopic("outputs", 1)])
    large = Write("changelog", 0, b"k", bytes(1_000_000))

    async def use() -> None:
        worker_log = EmbeddedWorkerLog(path, "tierstream")
        await worker_log.start()
        mine = worker_log.transactions("customers", 0)
        await mine.take_over()
        mine._database.query("PRAGMA max_page_count = 1")  # no more than there are
        with pytest.raises(LogError, match=r"the disk that holds the log .* is full"):
            await mine.commit([Write("outputs", 0, b"k", b"lost"), large])
        mine._database.query("PRAGMA max_page_count = 100000")
        await mine.commit([Write("outputs", 0, b"k", b"kept"), large])
        await worker_log.stop()

    asyncio.run(use())
    assert [record.value for _, record in client.read("outputs")] == [b"kept"]
    assert client.end_offsets("changelog") == {0: 1}
    client.close()
