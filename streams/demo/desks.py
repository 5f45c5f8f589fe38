"""What the busiest account managers were told, one alert after the other."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from streams.commands.table import printable
from streams.demo.alerts import Alert, Desk
from streams.demo.marks import SEVERITY_COLOURS, TIER_COLOURS, Marks

_INDENT = (0, 0, 0, 2)
_TEXT_WIDTH = 100  # longer lines are hard to read


def list_desks(desks: Sequence[Desk], marks: Marks) -> RenderableType:
    """What each account manager was told, one account manager after the other."""
    if not desks:
        return Text("No alert was said.")
    drawn = [_desk(desk, marks) for desk in desks]
    return Group(drawn[0], *(Padding(each, (1, 0, 0, 0)) for each in drawn[1:]))


def _desk(desk: Desk, marks: Marks) -> RenderableType:
    """How much one account manager was told, then the alerts: figures, reasons, advice."""
    most = "" if len(desk.shown) == desk.customers else f"; the {len(desk.shown)} with most:"
    title = Text.assemble(
        (printable(desk.manager), "bold"),
        f": {desk.alerts:,} alerts of {desk.customers:,} customers, ",
        f"{marks.money(desk.revenue_at_risk)} at risk{most}",
    )
    figures = _figures(desk.shown, marks)
    said = (_said(alert, marks) for alert in desk.shown)
    return Group(title, *(part for pair in zip(figures, said, strict=True) for part in pair))


def _figures(shown: Sequence[Alert], marks: Marks) -> list[Text]:
    """A line for each alert; what stands below each other is as wide as the widest of it."""
    at_risk = [marks.money(alert.revenue_at_risk) for alert in shown]
    revenue = [marks.money(alert.revenue) for alert in shown]
    tiers, names = [alert.tier for alert in shown], [printable(each.customer_id) for each in shown]
    return [
        Text("  ").join(
            [
                Text(alert.day),
                Text(name.ljust(_widest(names))),
                Text(alert.tier.ljust(_widest(tiers)), style=TIER_COLOURS.get(alert.tier, "dim")),
                Text(
                    f"{alert.severity:6}  score {alert.score:3}",
                    style=SEVERITY_COLOURS[alert.severity],
                ),
                Text(f"{lost:>{_widest(at_risk)}} of {whole:>{_widest(revenue)}} at risk"),
            ]
        )
        for alert, name, lost, whole in zip(shown, names, at_risk, revenue, strict=True)
    ]


def _said(alert: Alert, marks: Marks) -> RenderableType:
    """Reasons and advice, wrapped."""
    advice = Table.grid(padding=(0, 1, 0, 0))
    advice.add_row(Text(marks.arrow), Text(printable(alert.advice), style="italic"))
    reasons = " ".join(alert.reasons).replace("。 ", "。")  # in Chinese no space follows
    return Constrain(Padding(Group(Text(printable(reasons)), advice), _INDENT), _TEXT_WIDTH)


def _widest(texts: Sequence[str]) -> int:
    return max(map(len, texts))
