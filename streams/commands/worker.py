"""`tierstream worker`: runs until SIGTERM or Ctrl-C, or until it can't go on."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from pathlib import Path

import uvloop

from streams.commands.seldom import Seldom
from streams.domain.rules import Rules
from streams.engine.connect import open_client
from streams.errors import UserError
from streams.provision import ensure_topics
from streams.rules_file import load_rules
from streams.setting_values import Address
from streams.settings import Settings

_GC_THRESHOLD = 50_000  # young objects before a collection: some 20 % of the time otherwise

log = logging.getLogger("tierstream")


def run(settings: Settings) -> int:
    """Run a worker; 0 after a clean stop. UserError, LogError or RulesError where it can't."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for noisy in ("faust", "mode", "aiokafka", "kafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.addFilter(Seldom(("aiokafka", "kafka")))
    # How late Faust's own timers are: what is slow is said by streams.metrics.slowness.
    logging.getLogger("mode.timers").setLevel(logging.ERROR)
    rules = load_rules(settings)
    client = open_client(settings)
    try:
        partitions = ensure_topics(client, settings)
    finally:
        client.close()
    web = _free_address(settings.web)
    _make_folder(settings.data)
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 20, 50)
    uvloop.run(_main(settings, rules, partitions, web))
    return 0


async def _main(settings: Settings, rules: Rules, partitions: int, web: Address) -> None:
    from agents.reading import add_agents
    from streams import topics
    from streams.app import WorkerApp
    from streams.web import add_pages

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    worker = WorkerApp(settings, rules, partitions, web)
    counts = settings.topic(topics.PYRAMID_COUNTS)
    add_agents(worker.faust, worker.partitions, settings.topic_prefix, counts)
    add_pages(worker)
    worker.faust.finalize()
    try:
        await worker.start()
        log.info("worker of %s is up; web on http://%s", settings.app_id, web)
        worker.failed.add_done_callback(lambda _: stopped.set())
        await stopped.wait()
    finally:
        await worker.stop()
    if worker.failed.done():
        raise worker.failed.result()
    log.info("stopped")


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the folder {data} can't be made ({error.strerror}): set TIERSTREAM_DATA to one that "
            "the worker may write to"
        ) from None


def _free_address(web: Address) -> Address:
    """The address itself, or one with a free port for port 0; UserError where it is taken."""
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise UserError(
                f"the web can't listen on {web} ({error.strerror}): set TIERSTREAM_WEB to a free "
                "HOST:PORT"
            ) from None
        return Address(web.host, probe.getsockname()[1])
