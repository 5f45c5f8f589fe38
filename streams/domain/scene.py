"""What a decision needs beside the customer."""

from __future__ import annotations

from dataclasses import dataclass, field

from streams.domain.churn_facts import QUARTER_DAYS
from streams.domain.days import Calendar
from streams.domain.pyramid import Borders
from streams.domain.rules import Rules


@dataclass(slots=True)
class Scene:
    """The rules, the calendar and the borders known.

    `plain`: whether rank values are revenue and falls know no days of grace; `quiet_days`: on the
    first day after an order that time alone can make it matter, so many days have passed;
    `lowest_tier`: the worst one that alerts are for.
    """

    rules: Rules
    calendar: Calendar
    borders: Borders
    plain: bool = field(init=False)
    quiet_days: int = field(init=False)
    lowest_tier: int = field(init=False)

    def __post_init__(self) -> None:
        rules = self.rules
        self.plain = rules.rank_by == "revenue" and not rules.demotion_grace_days
        silence = min(rules.recency_days[0], rules.slipping_min_days, rules.dormant_days)
        self.lowest_tier = rules.churn.lowest_tier
        self.quiet_days = min(silence + 1, rules.window_days, QUARTER_DAYS)
