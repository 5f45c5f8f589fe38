"""Where borders have been since everybody last stood by one set of them.

Borders may come back: a customer who had an event meanwhile stands by those in between, though
the newest are the same as those applied last. So a sweep goes from the lowest to the highest.
"""

from __future__ import annotations

import msgspec

from streams.domain.pyramid import NOWHERE, Borders

Lines = tuple[int, ...]  # borders as codes, always the same ones in the same places

TIER_LINES = 6
SCORE_LINES = 8


def tier_lines(borders: Borders) -> Lines:
    """The codes on which tiers depend."""
    return (*borders.tiers, *borders.falls)


def score_lines(borders: Borders) -> Lines:
    """The codes on which scores depend: four of frequency, four of money."""
    return (*borders.frequency_cuts, *borders.monetary_cuts)


class Span(msgspec.Struct):
    """From `low` to `high`: what a sweep has to go through. `next_low` to `next_high`: what the
    sweep after the one that is under way has to."""

    low: Lines
    high: Lines
    next_low: Lines
    next_high: Lines

    def widen(self, lines: Lines) -> None:
        """Somebody may stand by these from now on."""
        self.low, self.high = _lower(self.low, lines), _higher(self.high, lines)
        self.next_low, self.next_high = _lower(self.next_low, lines), _higher(self.next_high, lines)

    def begin(self, lines: Lines) -> list[tuple[int, int]]:
        """A sweep begins that brings everybody to `lines` or newer ones; what it goes through."""
        self.widen(lines)
        self.next_low = self.next_high = lines
        return list(zip(self.low, self.high, strict=True))

    def end(self) -> None:
        """The sweep has come to its end."""
        self.low, self.high = self.next_low, self.next_high


def nowhere(lines: int) -> Span:
    """The span of a partition that no borders have come to yet."""
    none = (NOWHERE,) * lines
    return Span(none, none, none, none)


def _lower(one: Lines, other: Lines) -> Lines:
    return tuple(map(min, one, other))


def _higher(one: Lines, other: Lines) -> Lines:
    return tuple(map(max, one, other))
