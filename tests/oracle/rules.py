"""The rules file as the oracle reads it: a plain dict over the defaults, decimals as written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

DEFAULT_RULES: dict[str, dict[str, Any]] = {
    "business": {
        "time_zone": "UTC",
        "base_currency": "CNY",
        "window_days": 365,
        "dedupe_days": 7,
    },
    "rates": {"USD": "7.10"},
    "pyramid": {
        "rank_by": "revenue",
        "super": 0.01,
        "large": 0.05,
        "medium": 0.20,
        "demotion_margin": 0.02,
        "demotion_grace_days": 0,
        "blend": {"revenue": 1.0, "profit": 0.0, "frequency": 0.0},
    },
    "rfm": {"recency_days": [7, 30, 60, 120]},
    "dormancy": {"slipping_factor": 2.0, "slipping_min_days": 7, "dormant_days": 120},
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules, every number exact: 0.01 is one hundredth, not the nearest binary fraction."""

    zone: ZoneInfo
    base_currency: str
    window_days: int
    dedupe_days: int
    rates: dict[str, Fraction]
    rank_by: str
    shares: tuple[tuple[str, Fraction], ...]  # best tier first
    demotion_margin: Fraction
    blend: dict[str, Fraction]
    recency_bands: tuple[int, ...]
    slipping_factor: Fraction
    slipping_min_days: int
    dormant_days: int


def exact(number: object) -> Fraction:
    """A number of the rules file as it is written there."""
    return Fraction(str(number))


def with_defaults(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """`defaults` with what is given on top, section by section (`rates` is given whole)."""
    merged = dict(defaults)
    for name, value in given.items():
        nested = isinstance(value, Mapping) and name != "rates"
        merged[name] = with_defaults(value, defaults[name]) if nested else value
    return merged


def read_rules(given: Mapping[str, Any] | None = None) -> Rules:
    """The rules from a dict shaped like the TOML; whatever is absent has its default."""
    rules = with_defaults(given or {}, DEFAULT_RULES)
    business, pyramid, dormancy = rules["business"], rules["pyramid"], rules["dormancy"]
    return Rules(
        zone=ZoneInfo(business["time_zone"]),
        base_currency=business["base_currency"],
        window_days=business["window_days"],
        dedupe_days=business["dedupe_days"],
        rates={currency: exact(rate) for currency, rate in rules["rates"].items()},
        rank_by=pyramid["rank_by"],
        shares=tuple((tier, exact(pyramid[tier])) for tier in ("super", "large", "medium")),
        demotion_margin=exact(pyramid["demotion_margin"]),
        blend={name: exact(weight) for name, weight in pyramid["blend"].items()},
        recency_bands=tuple(rules["rfm"]["recency_days"]),
        slipping_factor=exact(dormancy["slipping_factor"]),
        slipping_min_days=dormancy["slipping_min_days"],
        dormant_days=dormancy["dormant_days"],
    )
