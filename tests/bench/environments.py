"""What the peers need and the project does not: their own Python environment, compiled Java."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
VENV = PEERS / ".venv"
_REQUIREMENTS = PEERS / "requirements.txt"
_STREAMS = PEERS / "kafka-streams"
_TARGET = _STREAMS / "target"
_CLASS_PATH_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath"


class NotHereError(Exception):
    """A peer can't run on this machine: a sentence."""


@cache
def peers_python() -> str:
    """The Python of an environment with the peers in it, made where it is not there yet."""
    python, ready = VENV / "bin" / "python", VENV / ".ready"
    wanted = hashlib.sha256(_REQUIREMENTS.read_bytes()).hexdigest()
    if not python.exists() or not ready.exists() or ready.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], "make an environment for peers")
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*install, "-r", str(_REQUIREMENTS)], "install Quix Streams and Bytewax")
        ready.write_text(wanted)
    return str(python)


@cache
def streams_class_path() -> str:
    """The class path of the job in Kafka Streams, compiled where its source is newer."""
    if shutil.which("javac") is None:
        raise NotHereError("javac is missing: install a JDK, 17 or newer")
    kept, classes = _TARGET / "classpath.txt", _TARGET / "classes"
    sources = sorted((_STREAMS / "src").glob("*.java"))
    newest = max(path.stat().st_mtime for path in (*sources, _STREAMS / "pom.xml"))
    if not (classes / "Main.class").exists() or (classes / "Main.class").stat().st_mtime < newest:
        if shutil.which("mvn") is None:
            raise NotHereError("Maven is missing, which fetches Kafka Streams: install it (mvn)")
        _TARGET.mkdir(exist_ok=True)
        maven = ["mvn", "-q", "-B", "-f", str(_STREAMS / "pom.xml"), _CLASS_PATH_GOAL]
        _run([*maven, f"-Dmdep.outputFile={kept}"], "fetch Kafka Streams")
        compile_ = ["javac", "-d", str(classes), "-cp", kept.read_text().strip()]
        _run([*compile_, *map(str, sources)], "compile the job in Kafka Streams")
    return f"{classes}{os.pathsep}{kept.read_text().strip()}"


def _run(command: Sequence[str], what: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise NotHereError(f"could not {what}: {lines[-1]}")
