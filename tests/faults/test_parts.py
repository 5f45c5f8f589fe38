"""What the fault suite is made of does what it is trusted to do."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from tests.faults.disk import FileLimit
from tests.faults.order import Appended, processed
from tests.faults.proxy import Proxy
from tests.faults.story import story
from tests.kafka_node import HOST, free_port
from tests.oracle import InputRecord
from tests.oracle.records import CUSTOMERS
from tests.oracle.sending import Sent, erasure, lay, order


class Echo:
    """A server that answers with what it is sent, and remembers the order in which it came."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._server = socket.create_server((HOST, 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:  # closed: the test is over
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while piece := connection.recv(100):
                self.heard.append(piece)
                connection.sendall(piece)

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def proxied() -> Iterator[tuple[Echo, Proxy]]:
    echo = Echo()
    proxy = Proxy(free_port(), echo.port)
    proxy.start()
    try:
        yield echo, proxy
    finally:
        proxy.stop()
        echo.close()


def ask(connection: socket.socket, piece: bytes) -> bytes:
    connection.sendall(piece)
    return connection.recv(100)


def is_broken(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def test_what_is_sent_into_a_cut_network_arrives_once_it_is_healed() -> None:
    with proxied() as (echo, proxy), socket.create_connection((HOST, proxy.port)) as through:
        assert ask(through, b"before") == b"before"
        proxy.cut()
        through.sendall(b"late")
        with socket.create_connection((HOST, echo.port)) as direct:
            assert ask(direct, b"meanwhile") == b"meanwhile"
        proxy.heal()
        assert through.recv(100) == b"late"
        assert echo.heard == [b"before", b"meanwhile", b"late"]


def test_a_network_healed_with_a_reset_breaks_its_connections_and_takes_new_ones() -> None:
    with proxied() as (echo, proxy), socket.create_connection((HOST, proxy.port)) as through:
        assert ask(through, b"before") == b"before"
        proxy.cut()
        through.sendall(b"lost")
        proxy.heal(reset=True)
        assert is_broken(through)
        with socket.create_connection((HOST, proxy.port)) as again:
            assert ask(again, b"after") == b"after"
        assert echo.heard == [b"before", b"after"]


def test_a_slow_network_is_overtaken_by_a_direct_way_and_loses_nothing() -> None:
    with proxied() as (echo, proxy), socket.create_connection((HOST, proxy.port)) as through:
        assert ask(through, b"before") == b"before"
        proxy.slow(0.5)
        through.sendall(b"slow")
        with socket.create_connection((HOST, echo.port)) as direct:
            assert ask(direct, b"direct") == b"direct"
        assert through.recv(100) == b"slow"
        assert echo.heard == [b"before", b"direct", b"slow"]


#: Appends to a file whenever it is told to, and says what came of it.
_WRITER = """
import sys
for line in sys.stdin:
    try:
        with open(sys.argv[1], "ab", buffering=0) as file:
            file.write(bytes(65536))
    except OSError as error:
        print(error.errno, flush=True)
    else:
        print(0, flush=True)
"""


def test_the_files_of_a_limited_process_grow_again_once_it_is_freed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(tmp_path / "file")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as writer:
        asked, answers = writer.stdin, writer.stdout
        assert asked is not None
        assert answers is not None

        def write() -> int:
            asked.write("\n")
            return int(answers.readline())

        limit = FileLimit(lambda: writer.pid)
        assert [write() for _ in range(3)] == [0, 0, 0]
        limit.fill()
        assert write() == errno.EFBIG
        limit.free()
        assert write() == 0
        asked.close()
    limit.fill()  # nobody is left to be limited
    FileLimit(lambda: None).fill()


def test_the_same_seed_tells_the_same_story() -> None:
    told = list(islice(story(3), 2000))
    assert told == list(islice(story(3), 2000))
    assert told != list(islice(story(4), 2000))
    assert any(event.erases for event in told)


def at(day: int) -> str:
    return f"2024-01-{day:02}T00:00:00+00:00"


def read(offset_of_tombstone: int, day: int, *sent: Sent) -> list[InputRecord]:
    """The records as processed, where the tombstone was read on that day of stream time."""
    laid = [Appended(number, record) for number, record in enumerate(lay(sent, 1))]
    return processed(
        laid, frozenset(), {(0, offset_of_tombstone): datetime(2024, 1, day, tzinfo=UTC)}
    )


def names(records: list[InputRecord]) -> list[tuple[str, int]]:
    return [("erasure" if one.topic == CUSTOMERS else "order", one.offset) for one in records]


def test_a_tombstone_is_put_where_the_stream_time_of_its_reading_says() -> None:
    sent = (order("ann", at(1)), erasure("ann"), order("bob", at(2)), order("bob", at(3)))
    assert names(read(0, 1, *sent)) == [("order", 0), ("erasure", 0), ("order", 1), ("order", 2)]
    assert names(read(0, 2, *sent)) == [("order", 0), ("order", 1), ("erasure", 0), ("order", 2)]


def test_a_tombstone_never_passes_what_its_own_customer_sent() -> None:
    sent = (order("ann", at(5)), erasure("ann"), order("ann", at(4)), order("bob", at(6)))
    assert names(read(0, 5, *sent)) == [("order", 0), ("erasure", 0), ("order", 1), ("order", 2)]
