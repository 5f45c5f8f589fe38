"""One customer as a card of text, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.commands.table import money, printable

_MONEY = ("revenue", "profit", "amount", "cost", "revenue_at_risk", "target_revenue",
          "revenue_90_days", "revenue_90_days_before")  # fmt: skip
_LEFT_OUT = ("customer_id", "event_id", "rules", "source")


def card(
    customer_id: str, found: Mapping[str, Any], decimals: int, currency: str
) -> Iterator[bytes]:
    """The lines of the card; `found` is what a worker or the topics say of the customer."""
    yield f"customer {printable(customer_id)}".encode()
    for title in ("standing", "alert", "tables", "why"):
        if found.get(title) is not None:
            yield f"\n{title}".encode()
            yield from (line.encode() for line in _lines(found[title], decimals, "  "))
    yield f"\nmoney in {currency}; answered by {found['answered_by']}".encode()
    if found["answered_by"].startswith("redis "):
        yield b"the alert's reasons, tables and why: --full"


def _lines(value: Any, decimals: int, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _fields(value, decimals, indent)
    elif isinstance(value, list):
        for each in value:
            yield from _lines(each, decimals, indent)
    else:
        yield f"{indent}{_shown('', value, decimals)}"


def _fields(fields: Mapping[str, Any], decimals: int, indent: str) -> Iterator[str]:
    shown = {name: value for name, value in fields.items() if name not in _LEFT_OUT}
    width = max((len(name) for name in shown), default=0)
    for name, value in shown.items():
        label = printable(name).replace("_", " ")
        if isinstance(value, Mapping) or (isinstance(value, list) and value):
            yield f"{indent}{label}"
            yield from _lines(value, decimals, f"{indent}  ")
        else:
            yield f"{indent}{label:<{width}}  {_shown(name, value, decimals)}"


def _shown(name: str, value: Any, decimals: int) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return money(value, decimals) if name.endswith(_MONEY) else f"{value:,}"
    if isinstance(value, float):
        return f"{value:.2%}" if name == "share" else f"{value:,.4g}"
    return printable(str(value))
