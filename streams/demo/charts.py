"""The pyramid and the RFM grid, drawn for a terminal of a given width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.demo.figures import SCORES, Cell, Pyramid, TierFigures
from streams.demo.marks import TIER_COLOURS, Marks, percent

_PYRAMID_NUMBERS_WIDTH = 54  # all columns but the two bars
_BAR_WIDTHS = (8, 36)
_CELL_WIDTH = 11
_NOBODY = "bright_black"
_HEAT = (  # from the fewest heads to the most: foreground and background
    "#ffffff on #12283f",
    "#ffffff on #17425c",
    "#ffffff on #1f6277",
    "#ffffff on #2c8578",
    "#000000 on #58a869",
    "#000000 on #a3c255",
    "#000000 on #f2d24e",
)
_RECENCY_NAMES = {5: "latest", 1: "longest ago"}


def draw_pyramid(figures: Pyramid, width: int, marks: Marks) -> RenderableType:
    """Heads to the left, money to the right of the tiers' names, the top tier first."""
    bar_width = min(max((width - _PYRAMID_NUMBERS_WIDTH) // 2, _BAR_WIDTHS[0]), _BAR_WIDTHS[1])
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("heads", justify="right")
    table.add_column("share", justify="right")
    table.add_column("", no_wrap=True, width=bar_width)
    table.add_column("tier", justify="center")
    table.add_column("", no_wrap=True, width=bar_width)
    table.add_column("share", justify="right")
    table.add_column("revenue", justify="right")
    table.add_column("from", justify="right")
    shares = [share for tier in figures.tiers for share in _shares(tier)]
    largest = max(shares) or 1.0  # the longest bar, on either side, fills its column
    for tier in figures.tiers:
        colour = TIER_COLOURS[tier.tier]
        of_heads, of_revenue = (share / largest for share in _shares(tier))
        heads = Text(marks.bar(of_heads, bar_width, leftwards=True), style=colour)
        money = Text(marks.bar(of_revenue, bar_width), style=colour)
        table.add_row(
            f"{tier.heads:,}",
            percent(tier.share_of_heads),
            heads,
            Text(tier.tier, style=f"bold {colour}"),
            money,
            percent(tier.share_of_revenue),
            marks.money(tier.revenue),
            marks.none if tier.border is None else marks.money(tier.border),
        )
        table.add_row("", "", heads, "", money)  # a second line gives the steps a body
    return Group(table, Text(), Text(_outside(figures), style="dim"))


def _shares(tier: TierFigures) -> tuple[float, float]:
    return tier.share_of_heads, tier.share_of_revenue


def _outside(figures: Pyramid) -> str:
    outside = ", ".join(f"{heads:,} {tier}" for tier, heads in figures.outside.items())
    return f"Outside the pyramid: {outside or 'nobody'}."


def draw_rfm_grid(cells: Mapping[tuple[int, int], Cell], marks: Marks) -> RenderableType:
    """R down, F across; in each cell the heads and, under them, their mean revenue."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    table.add_column("", width=14)
    for frequency in SCORES:
        table.add_column(f"F{frequency}", justify="center", width=_CELL_WIDTH)
    most = max((cell.heads for cell in cells.values()), default=0)
    for recency in reversed(SCORES):
        name = f"R{recency} {_RECENCY_NAMES.get(recency, '')}"
        table.add_row(name, *(_cell(cells[recency, score], most, marks) for score in SCORES))
    return table


def _cell(cell: Cell, most: int, marks: Marks) -> Text:
    if cell.heads == 0:
        return Text(marks.none.center(_CELL_WIDTH), style=_NOBODY)
    heat = sqrt(cell.heads / most)  # the root: cells with few heads matter, too
    shade = _step(heat, marks.shades) * 2
    heads = f"{shade} {cell.heads:>5,} {shade}".center(_CELL_WIDTH)
    mean = f"{marks.money(cell.mean_revenue):>8}".ljust(_CELL_WIDTH)  # right below the heads
    return Text(f"{heads}\n{mean}", style=_step(heat, _HEAT))


def _step(heat: float, steps: Sequence[str]) -> str:
    """The step that a heat above 0 and up to 1 falls on."""
    return steps[min(int(heat * len(steps)), len(steps) - 1)]
