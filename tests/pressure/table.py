"""What came of the pressures, as a Markdown table, and where it stands in the page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.pressure.playing import Result

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "PRESSURE.md"
_BEGIN, _END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"
_HEAD = (
    "| log | pressure | records in the log | counted | repeated | dead | lost or twice "
    "| seconds to rest | most memory, MB |\n"
    "|---|---|---|---|---|---|---|---|---|\n"
)


def table(results: Iterable[Result]) -> str:
    """A row for each pressure."""
    return _HEAD + "".join(map(_row, results))


def _row(result: Result) -> str:
    meant = result.meant
    cells = [
        result.log,
        result.name,
        f"{result.sent:,}",
        f"{meant.counted:,}",
        f"{result.sent - meant.counted - meant.dead:,}",
        f"{meant.dead:,}",
        len(result.wrong),
        f"{result.seconds:,.0f}",
        f"{result.peak_mb:,.0f}",
    ]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def put_into_page(text: str) -> None:
    """The page, with this table in the place of the one before."""
    page = PAGE.read_text()
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    PAGE.write_text(f"{head}{_BEGIN}{text}{_END}{tail}")
