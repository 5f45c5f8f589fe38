"""What a record calls somebody is a name and nothing else: no path, no topic, no escape."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import msgspec
import pytest

from tests.e2e.checks import check_everything
from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream
from tests.oracle.sending import call, complaint, erasure, file, order

HOSTILE = (
    "../../etc/passwd", "..", ".", "/", "//", "/etc/passwd", "a/../b", "..\\..\\x", "C:\\con",
    "\x00", "a\x00b", "\x00m", "~", "$HOME", "`id`", "$(id)", "%2e%2e%2f", "%", "?", "#", "a?b#c",
    "orders", "customers", "tierstream-customers-changelog", "progress", "0", "borders", "-",
    "--help",
    "x" * 128, "客" * 128, "😀" * 128, " ", "\n", "a\r\nb", "\x1b[2J", "\u202e", "\ufeff", "[/]",
    "{}", "{customer_id}", "%s", "'; DROP TABLE records;--", '"', "=1+1", "<script>", "a:b", "*",
)  # fmt: skip
#: The folder has these and no more; the stores' own files are RocksDB's.
OWN_FILES = {"log.db", "log.db-wal", "log.db-shm", "log.db.tierstream.lock", "worker-1.log"}


def taken_in(tierstream: Tierstream) -> None:
    """Everything that can be said of each."""
    tierstream.start()
    orders = [
        order(name, "2025-11-01", 1000, region=name, channel=name, sales_rep=name)
        for name in HOSTILE
    ]
    calls = [call(name, "2025-11-01", area=name, note=name) for name in HOSTILE]
    complaints = [
        complaint(name, "2025-11-01", step="opened", category="price", department=name)
        for name in HOSTILE
    ]
    files = [file(name, name=name, account_manager=name) for name in HOSTILE]
    tierstream.send(*orders, order("bad", "2025-11-01", currency="../"))
    tierstream.send(*calls, *complaints, *files)
    tierstream.tick("2025-11-02T10:00:00Z")
    tierstream.settle()


@on_embedded
def test_hostile_names_are_customers_like_any_others(
    tierstream: Tierstream, tmp_path: Path
) -> None:
    beside = set(tmp_path.parent.iterdir())
    taken_in(tierstream)
    standings = check_everything(tierstream)
    assert set(standings) == set(HOSTILE)
    assert {value["account_manager"] for value in standings.values()} == set(HOSTILE)
    web = tierstream.progress()[0]["web"]
    for name in HOSTILE:
        assert card(web, name)["standing"]["revenue"] == 1000, name
    shown = tierstream.run("standings").out + tierstream.run("dead-letters", "list").out
    assert all(line.isprintable() for line in shown.split("\n"))
    tierstream.workers[0].stop()
    assert no_control_characters(tierstream.workers[0].text)
    assert set(tmp_path.parent.iterdir()) == beside
    assert_only_our_files(tmp_path)


@on_embedded
@pytest.mark.parametrize("name", ["..", "../../etc/passwd", "{a}?b#c"])
def test_the_command_asks_the_worker_for_just_that_customer(
    tierstream: Tierstream, name: str
) -> None:
    tierstream.start()
    tierstream.send(order(name, "2025-11-01", 1000))
    tierstream.settle()
    found = tierstream.customer(name)
    assert found["answered_by"].startswith("worker")
    assert found["standing"]["revenue"] == 1000
    tierstream.send(erasure(name))
    tierstream.settle()
    assert tierstream.call("customer", name).code == 1


def card(web: str, name: str) -> Any:
    path = quote(name, safe="").replace(".", "%2E")
    with urlopen(f"http://{web}/customers/{path}", timeout=30) as answer:
        return msgspec.json.decode(answer.read())


def no_control_characters(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def assert_only_our_files(folder: Path) -> None:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if inside.parts[0] != ".tierstream":
            assert path.name in OWN_FILES, path
        else:
            assert inside.parts[1:2] in ((), ("stores",), ("faust",)), path
            assert all(part.isascii() and part.isprintable() for part in inside.parts), path
