"""Aligned columns of text, for people. Twenty times as fast as rich's tables at 20,000 rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from streams.domain.money import written

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A title, and whether what stands under it is aligned to the right, as numbers are."""

    title: str
    right: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
    """The lines of a table, titles first. Cells must be `printable`."""
    titles = [column.title for column in columns]
    widths = [max(map(_width, cells)) for cells in zip(titles, *rows, strict=True)]
    for row in (titles, *rows):
        cells = zip(row, widths, columns, strict=True)
        line = _GAP.join(_padded(cell, width, column.right) for cell, width, column in cells)
        yield line.rstrip().encode()


def printable(text: str) -> str:
    """Text that can't move the cursor or break the line: such characters are escaped."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def money(amount_minor: int | None, decimals: int) -> str:
    """Minor units as people write them, `1,234.56`; empty where unknown."""
    return "" if amount_minor is None else written(amount_minor, decimals)


def number(value: int | None) -> str:
    """A whole number with separators; empty where unknown."""
    return "" if value is None else f"{value:,}"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _width(cell: str) -> int:
    return len(cell) if cell.isascii() else cell_len(cell)


def _padded(cell: str, width: int, right: bool) -> str:
    filling = " " * (width - _width(cell))
    return filling + cell if right else cell + filling
