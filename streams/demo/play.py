"""The demo from its first step to its last: log, worker, orders, and what came of them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from types import FrameType

from rich.console import Console

from streams.demo import figures
from streams.demo.alerts import alerts
from streams.demo.faults import find_alert_faults, find_faults
from streams.demo.feed import send_files, send_orders, settle_down
from streams.demo.folder import DemoFolder
from streams.demo.managers import file_lines
from streams.demo.marks import marks
from streams.demo.orders import LAST_DAY, LAST_WEEK, order_lines
from streams.demo.redis_card import DemoRedis, RedisCard, claimed_redis, draw_card, read_back
from streams.demo.render import Page, render_page
from streams.demo.results import Results, read_results
from streams.demo.worker_process import WorkerProcess, worker_command
from streams.domain.money import decimals
from streams.engine.connect import consumer_group, open_client
from streams.engine.embedded.lock import WorkerLock
from streams.errors import UserError
from streams.rules_file import load_rules
from streams.settings import Settings
from streams.topics import CUSTOMERS, ORDERS, Topic

_NEWLY_SILENT = timedelta(days=30)
_BY_SIGNAL = 128  # plus the signal's number: the exit code, as shells have it


class DemoError(UserError):
    """The run came to its end, but what it left is not what it should be."""


def run(settings: Settings) -> int:
    """Run the demo where the settings put log and data; 0 where everything was right.

    Raises UserError or LogError, with what to do, where something was not.
    """
    console = Console(highlight=False)
    folder = DemoFolder.of(settings)
    with _ended_by_signals():
        _make_room(folder, settings)
        redis = claimed_redis(console, settings)
        results, card = _work(console, folder, settings, redis)
    page = _page(results)
    currency = load_rules(settings).base_currency
    places = decimals(currency)
    signs = marks(
        ascii_only=console.options.ascii_only,
        colour=console.color_system is not None,
        decimals=places,
    )
    console.print(render_page(page, console.width, signs))
    if card is not None:
        console.print(draw_card(card, places, currency))
    _check(results)
    _show_end(console, page, folder)
    return 0


def _make_room(folder: DemoFolder, settings: Settings) -> None:
    made_by_demo = folder.made_by_demo()
    folder.claim()
    if not made_by_demo:
        return
    with _no_worker_running(folder, settings):
        if folder.log.exists():
            with closing(open_client(settings)) as client:
                folder.check_log(client, settings, _own_records())
        folder.clear()


def _own_records() -> dict[Topic, frozenset[bytes]]:
    orders = order_lines()
    return {ORDERS: frozenset(orders), CUSTOMERS: frozenset(file_lines(orders))}


@contextmanager
def _no_worker_running(folder: DemoFolder, settings: Settings) -> Iterator[None]:
    """Hold the lock of the log's one worker; LogError where a worker holds it."""
    lock = WorkerLock(folder.log, consumer_group(settings))
    lock.take()
    try:
        yield
    finally:
        lock.free()


def _work(
    console: Console, folder: DemoFolder, settings: Settings, redis: DemoRedis | None
) -> tuple[Results, RedisCard | None]:
    console.print(f"Starting a worker, which writes to {folder.worker_log}")
    url = "" if redis is None else redis.url
    with WorkerProcess(worker_command(), folder.worker_log, url) as worker:
        settle_down(settings)
        send_files(console, settings)
        send_orders(console, settings)
        with closing(open_client(settings)) as client:
            results = read_results(client, settings)
        card = None if redis is None else read_back(console, redis, results.standings)
        worker.stop()
    return results, card


def _page(results: Results) -> Page:
    since = date.fromisoformat(LAST_DAY) - _NEWLY_SILENT
    return Page(
        day=LAST_DAY,
        since=LAST_WEEK,
        pyramid=figures.pyramid(results.standings),
        grid=figures.rfm_grid(results.standings),
        movement=figures.movement(results.tier_changes, LAST_WEEK),
        changes=figures.last_changes(results.tier_changes),
        silence=figures.silence(results.standings, results.dormant_customers, since.isoformat()),
        alerts=alerts(results.churn_alerts, LAST_WEEK),
    )


def _check(results: Results) -> None:
    faults = find_faults(results.standings, results.tier_changes, len(results.dead_letters))
    faults += find_alert_faults(results.churn_alerts)
    if faults:
        raise DemoError(f"the demo went wrong, please report it: {'; '.join(faults)}")


def _show_end(console: Console, page: Page, folder: DemoFolder) -> None:
    console.print()
    console.print(f"The log is {folder.log}, the worker's data lie in {folder.data}. Go on with")
    console.print()
    for command in _next_commands(page):
        console.print(f"  tierstream {command}", style="bold", soft_wrap=True)


def _next_commands(page: Page) -> list[str]:
    alerted = [alert for desk in page.alerts.busiest[:1] for alert in desk.shown[:1]]
    card = [f"customer {each.customer_id}" for each in alerted or page.silence.newest[:1]]
    return ["standings --tier super", *card, "dump churn-alerts", "--help"]


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as an exception, so that its worker is stopped too."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(_BY_SIGNAL + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
