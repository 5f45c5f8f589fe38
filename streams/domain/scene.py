"""What a decision needs beside the customer."""

from __future__ import annotations

from dataclasses import dataclass

from streams.domain.days import Calendar
from streams.domain.pyramid import Borders
from streams.domain.rules import Rules


@dataclass(slots=True)
class Scene:
    """The rules, the calendar and the borders known."""

    rules: Rules
    calendar: Calendar
    borders: Borders
