"""How numbers, tiers and stages are written on the demo's page."""

from __future__ import annotations

from dataclasses import dataclass

from streams.commands.table import money

TIER_COLOURS = {"super": "yellow", "large": "magenta", "medium": "cyan", "small": "blue"}
STAGE_COLOURS = {"slipping": "yellow", "dormant": "red"}
SEVERITY_COLOURS = {"watch": "cyan", "warn": "yellow", "urgent": "bold red"}


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs that a terminal's encoding can show, and the currency's decimals."""

    full: str
    left_half: str  # the left half of a cell is filled
    right_half: str
    shades: str  # from light to dark
    up: str
    down: str
    arrow: str
    none: str
    decimals: int

    def money(self, minor: int) -> str:
        """Minor units as a plain amount: 123456 is 1,234.56."""
        return money(minor, self.decimals)

    def bar(self, share: float, width: int, *, leftwards: bool = False) -> str:
        """A bar of `share` (0 to 1) of `width` cells, in half cells; never quite empty."""
        halves = max(1, round(share * width * 2)) if share > 0 else 0
        whole, half = divmod(halves, 2)
        if leftwards:
            return (self.right_half * half + self.full * whole).rjust(width)
        return (self.full * whole + self.left_half * half).ljust(width)


def marks(*, ascii_only: bool, colour: bool, decimals: int) -> Marks:
    """Block signs and arrows, or what ASCII has for them; shades only where colours can't be."""
    if ascii_only:
        shades = "    " if colour else ".:%#"
        return Marks("#", "|", "|", shades, "+", "-", "->", "-", decimals)
    return Marks("█", "▌", "▐", "    " if colour else "░▒▓█", "▲", "▼", "→", "·", decimals)


def percent(share: float) -> str:
    """A share between 0 and 1 with one decimal."""
    return f"{share * 100:.1f} %"
