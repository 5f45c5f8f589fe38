"""The demo's page: figures in, one thing to print out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.demo.alerts import Alerts
from streams.demo.charts import draw_pyramid, draw_rfm_grid
from streams.demo.desks import list_desks
from streams.demo.figures import Cell, Change, Pyramid, Silence
from streams.demo.lists import list_changes, list_movement, list_silence
from streams.demo.marks import Marks

_TWO_COLUMNS_FROM = 150
_GUTTER = 4


@dataclass(frozen=True, slots=True)
class Page:
    """All that the demo shows of a run, up to `day` (`YYYY-MM-DD`).

    Movement and alerts are those from the day `since` on.
    """

    day: str
    since: str
    pyramid: Pyramid
    grid: Mapping[tuple[int, int], Cell]
    movement: Counter[tuple[str | None, str | None]]
    changes: Sequence[Change]
    silence: Silence
    alerts: Alerts


def render_page(page: Page, width: int, marks: Marks) -> RenderableType:
    """The whole page; below 150 columns one section after the other, else two side by side.

    Alerts go last, over the whole width: they are sentences.
    """
    sides = width >= _TWO_COLUMNS_FROM
    side = (width - _GUTTER) // 2 if sides else width
    left = [_pyramid(page, side, marks), _grid(page, marks), _movement(page, marks)]
    right = [_changes(page, marks), _silence(page, marks)]
    if not sides:
        return Group(*left, *right, _alerts(page, marks))
    columns = Table.grid(padding=(0, _GUTTER, 0, 0))
    columns.add_column(width=side)
    columns.add_column(width=side)
    columns.add_row(Group(*left), Group(*right))
    return Group(columns, _alerts(page, marks))


def _section(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(), Text(title, style="bold"), Text(), body)


def _pyramid(page: Page, width: int, marks: Marks) -> RenderableType:
    title = (
        f"The pyramid on {page.day}: {page.pyramid.heads:,} active customers, "
        f"revenue {marks.money(page.pyramid.revenue)}"
    )
    return _section(title, draw_pyramid(page.pyramid, width, marks))


def _grid(page: Page, marks: Marks) -> RenderableType:
    title = "Recency and frequency: active customers, and their mean revenue"
    return _section(title, draw_rfm_grid(page.grid, marks))


def _movement(page: Page, marks: Marks) -> RenderableType:
    total = page.movement.total()
    title = f"Movement between the tiers since {page.since}: {total:,} tier-changes"
    return _section(title, list_movement(page.movement, marks))


def _changes(page: Page, marks: Marks) -> RenderableType:
    title = f"The last {len(page.changes)} within the pyramid, and how many stand above"
    return _section(title, list_changes(page.changes, marks))


def _silence(page: Page, marks: Marks) -> RenderableType:
    return _section("Who fell silent, and the revenue of each", list_silence(page.silence, marks))


def _alerts(page: Page, marks: Marks) -> RenderableType:
    alerts = page.alerts
    title = (
        f"Churn alerts since {page.since}: {alerts.alerts:,}, to {alerts.managers} account "
        "managers; the busiest"
    )
    return _section(title, list_desks(alerts.busiest, marks))
