"""The worker's web listens where it is told to, and nowhere else."""

from __future__ import annotations

import socket

import pytest

from tests.e2e.conftest import on_embedded
from tests.e2e.driver import Tierstream, until


@on_embedded
def test_the_web_can_be_reached_by_its_own_address_alone(tierstream: Tierstream) -> None:
    worker = tierstream.start(WEB="127.0.0.1:0")
    until(lambda: "web on http://127.0.0.1:" in worker.text)
    port = int(worker.text.split("web on http://127.0.0.1:")[1].split()[0])
    socket.create_connection(("127.0.0.1", port), timeout=30).close()
    with pytest.raises(ConnectionRefusedError):  # a loopback address too: no other does it for sure
        socket.create_connection(("127.0.0.2", port), timeout=30)
