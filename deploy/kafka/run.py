#!/usr/bin/env python3
"""Run one Apache Kafka node on this machine, without Docker, in the foreground.

`python deploy/kafka/run.py --port 9092 --data .tierstream/kafka` fetches the broker's jars with
Maven (once: the class path is kept in `target/`), formats the data folder where it is new, and
becomes the broker: a single KRaft node, broker and controller in one, on the loopback address.
SIGTERM or Ctrl-C stops it cleanly; the data stays. Needs Java 17 or newer and, the first time,
Maven and a Maven repository. Where one of them lacks, one sentence says which; the exit code is 1.

`--check` does all of that up to the start, and ends. `--property KEY=VALUE`, as often as wanted,
sets or overrides the broker's own settings (listeners for TLS or SASL, for instance).
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
POM = HERE / "pom.xml"
CLASS_PATH = HERE / "target" / "classpath.txt"
MINIMUM_JAVA = 17
HOST = "127.0.0.1"
JVM_OPTIONS = (
    "-Xmx512m",
    "-Xms128m",
    "-XX:+UseSerialGC",  # two cores and half a gigabyte: the collector with the fewest threads
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
)


class NotReadyError(Exception):
    """What this machine lacks, as a sentence that says what to do."""


def java() -> str:
    """The path of a Java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if found is None or shutil.which(found) is None:
        raise NotReadyError(f"Java is missing: install Java {MINIMUM_JAVA} or newer")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < MINIMUM_JAVA:
        raise NotReadyError(
            f"Java {version[1] if version else '?'} at {found} is too old for Kafka: "
            f"install Java {MINIMUM_JAVA} or newer, or point JAVA_HOME at it"
        )
    return found


def class_path() -> str:
    """Kafka's class path: kept from last time where it still holds, else asked of Maven."""
    if CLASS_PATH.exists() and CLASS_PATH.stat().st_mtime >= POM.stat().st_mtime:
        kept = CLASS_PATH.read_text().strip()
        if kept and all(Path(jar).exists() for jar in kept.split(os.pathsep)):
            return kept
    maven = shutil.which("mvn")
    if maven is None:
        raise NotReadyError("Maven is missing, which fetches Kafka's jars: install it (mvn)")
    CLASS_PATH.parent.mkdir(exist_ok=True)
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"
    command = [maven, "-q", "-B", "-f", str(POM), goal, f"-Dmdep.outputFile={CLASS_PATH}"]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    if fetched.returncode != 0:
        lines = [line for line in fetched.stdout.splitlines() if line.startswith("[ERROR]")]
        raise NotReadyError(
            "Maven could not fetch Kafka's jars; check that a Maven repository can be reached "
            f"(mvn -f {POM} dependency:resolve shows more): {lines[0] if lines else 'no reason'}"
        )
    return CLASS_PATH.read_text().strip()


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise NotReadyError(
                f"port {port} is taken ({error.strerror}): stop what listens there, "
                "or give another with --port"
            ) from error


def settings(port: int, data: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """The broker's settings: one node, nothing replicated, nothing waited for."""
    controller = free_port()
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{port}",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": str(data / "log"),
        "auto.create.topics.enable": "false",
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        # A node that was killed may come back once its old session has ended: 9 s by default.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        "num.io.threads": "4",
        "num.network.threads": "2",
        "num.recovery.threads.per.data.dir": "2",
        **extra,
    }


def write_settings(data: Path, chosen: Mapping[str, str]) -> Path:
    data.mkdir(parents=True, exist_ok=True)
    path = data / "server.properties"
    path.write_text("".join(f"{key}={value}\n" for key, value in chosen.items()))
    return path


def format_storage(command: list[str], properties: Path) -> None:
    """Give a new data folder its identity; one that has it already is left as it is."""
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ["format", "--ignore-formatted", f"--cluster-id={cluster}", "-c", str(properties)]
    tool = [*command, "kafka.tools.StorageTool", *arguments]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotReadyError(
            f"Kafka could not format {properties.parent}: "
            f"{(done.stderr or done.stdout).strip().splitlines()[-1]}"
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run one Apache Kafka node in the foreground.")
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, default=Path(".tierstream/kafka"))
    parser.add_argument("--property", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--check", action="store_true", help="say whether it could run, and end")
    return parser.parse_args()


def main() -> None:
    """Become the broker."""
    arguments = parse_arguments()
    command = [java(), *JVM_OPTIONS, "-cp", class_path()]
    if arguments.check:
        return
    require_free(arguments.port)
    data = arguments.data.resolve()
    extra = dict(pair.split("=", 1) for pair in arguments.property)
    properties = write_settings(data, settings(arguments.port, data, extra))
    if not (data / "log" / "meta.properties").exists():
        format_storage(command, properties)
    print(f"Kafka on {HOST}:{arguments.port}, data in {data}; Ctrl-C stops it", flush=True)  # noqa: T201
    os.execv(command[0], [*command, "kafka.Kafka", str(properties)])


if __name__ == "__main__":
    try:
        main()
    except NotReadyError as error:
        sys.exit(f"Kafka can't run here: {error}")
