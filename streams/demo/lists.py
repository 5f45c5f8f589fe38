"""The tier-changes, the movement between tiers and the silent customers, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.demo.figures import STAGES, Change, Silence
from streams.demo.marks import STAGE_COLOURS, TIER_COLOURS, Marks, percent
from streams.domain.pyramid import TIERS

_NEW = "new"  # the row of those who were not known before
_GONE = "erased"


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)


def _tier(tier: str | None, unknown: str) -> Text:
    return Text(tier or unknown, style=TIER_COLOURS.get(tier or "", "dim"))


def list_changes(changes: Sequence[Change], marks: Marks) -> RenderableType:
    """One line a tier-change, the newest last."""
    table = _table()
    table.add_column("day", no_wrap=True)
    table.add_column("customer", no_wrap=True)
    table.add_column("from", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("to", no_wrap=True)
    table.add_column("cause", no_wrap=True)
    table.add_column("revenue", justify="right", no_wrap=True)
    table.add_column("above", justify="right", no_wrap=True)
    for change in changes:
        table.add_row(
            change.at[:10],
            change.customer_id,
            _tier(change.from_tier, _NEW),
            _direction(change.direction, marks),
            _tier(change.to_tier, _GONE),
            change.cause,
            marks.money(change.revenue),
            marks.none if change.share is None else percent(change.share),
        )
    return table


def _direction(direction: str, marks: Marks) -> Text:
    if direction in ("up", "entered"):
        return Text(marks.up if direction == "up" else marks.arrow, style="green")
    return Text(marks.down if direction == "down" else marks.arrow, style="red")


def list_movement(
    movement: Mapping[tuple[str | None, str | None], int], marks: Marks
) -> RenderableType:
    """How many tier-changes led from a tier (row) to another (column)."""
    table = _table()
    origins = [tier for tier in (None, *TIERS) if any(tier == pair[0] for pair in movement)]
    targets = [tier for tier in (*TIERS, None) if any(tier == pair[1] for pair in movement)]
    table.add_column(f"from {marks.arrow} to", no_wrap=True)
    for target in targets:
        table.add_column(_tier(target, _GONE), justify="right", no_wrap=True)
    for origin in origins:
        counts = (_count(movement, origin, target, marks) for target in targets)
        table.add_row(_tier(origin, _NEW), *counts)
    return table


def _count(
    movement: Mapping[tuple[str | None, str | None], int],
    origin: str | None,
    target: str | None,
    marks: Marks,
) -> Text:
    count = movement.get((origin, target), 0)
    if count == 0:
        return Text(marks.none, style="dim")
    if origin is None or target is None:
        return Text(f"{count:,}")
    rises = TIERS.index(target) < TIERS.index(origin)
    return Text(f"{count:,}", style="green" if rises else "red")


def list_silence(silence: Silence, marks: Marks) -> RenderableType:
    """Heads and money per stage, then those fallen silent lately who are worth the most."""
    stages = ", ".join(
        f"{silence.heads[stage]:,} {stage} ({marks.money(silence.revenue[stage])})"
        for stage in STAGES
    )
    table = _table()
    table.add_column("customer", no_wrap=True)
    table.add_column("tier", no_wrap=True)
    table.add_column("stage", no_wrap=True)
    table.add_column("since", no_wrap=True)
    table.add_column("silent days", justify="right", no_wrap=True)
    table.add_column("usual gap", justify="right", no_wrap=True)
    table.add_column("revenue", justify="right", no_wrap=True)
    for silent in silence.newest:
        gap = marks.none if silent.usual_gap_days is None else f"{silent.usual_gap_days:.1f}"
        table.add_row(
            silent.customer_id,
            _tier(silent.tier, _NEW),
            Text(silent.stage, style=STAGE_COLOURS[silent.stage]),
            silent.at[:10],
            f"{silent.silent_days:,}",
            gap,
            marks.money(silent.revenue),
        )
    return Group(Text(stages), Text(f"The most valuable since {silence.since}:"), table)
