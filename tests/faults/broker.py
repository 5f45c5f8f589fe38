"""A Kafka node that each worker reaches through a proxy of its own."""

from __future__ import annotations

from pathlib import Path

from tests.faults.proxy import Proxy
from tests.kafka_node import HOST, KafkaNode, free_port


class Broker:
    """The node, with a listener for each of `workers`: a broker tells its clients where to go on,
    so the address that a listener advertises is that of the proxy before it."""

    def __init__(self, folder: Path, workers: int) -> None:
        direct, controller = free_port(), free_port()
        behind = [free_port() for _ in range(workers)]
        self.proxies = [Proxy(free_port(), target) for target in behind]
        names = [f"WORKER{number}" for number in range(workers)]
        listeners = dict(zip(names, behind, strict=True))
        advertised = dict(zip(names, (proxy.port for proxy in self.proxies), strict=True))
        own = {"PLAINTEXT": direct}
        settings = {
            "listeners": _addresses(own | listeners | {"CONTROLLER": controller}),
            "advertised.listeners": _addresses(own | advertised),
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *names)
            ),
        }
        self.node = KafkaNode(folder, direct, settings)

    def start(self) -> None:
        self.node.start()
        for proxy in self.proxies:
            proxy.start()

    def stop(self) -> None:
        for proxy in self.proxies:
            proxy.stop()
        self.node.stop()

    def servers_of(self, worker: int) -> str:
        """The bootstrap servers of a worker: its proxy."""
        return f"{HOST}:{self.proxies[worker].port}"


def _addresses(ports: dict[str, int]) -> str:
    return ",".join(f"{name}://{HOST}:{port}" for name, port in ports.items())
