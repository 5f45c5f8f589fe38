"""The rules of the business: a TOML file, checked, with a default for every key."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from streams.domain import rules_checks as check
from streams.domain.churn_rules import ChurnRules, check_churn_together, read_churn
from streams.domain.rules_reading import Reader, RulesError

RANK_BY = ("revenue", "profit", "blend")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force. Shares, margins and weights are exact decimals."""

    time_zone: str
    base_currency: str
    window_days: int
    dedupe_days: int
    rates: dict[str, Decimal]
    rank_by: str
    super: Decimal
    large: Decimal
    medium: Decimal
    demotion_margin: Decimal
    demotion_grace_days: int
    blend_revenue: Decimal
    blend_profit: Decimal
    blend_frequency: Decimal
    recency_days: tuple[int, ...]
    slipping_factor: Decimal
    slipping_min_days: int
    dormant_days: int
    churn: ChurnRules
    digest: str = field(default="", compare=False)
    slipping_ratio: tuple[int, int] = field(default=(2, 1), compare=False)  # the factor, exactly

    @property
    def shares(self) -> tuple[Decimal, Decimal, Decimal]:
        """The cumulative shares of super, large and medium."""
        return self.super, self.large, self.medium


def default_rules() -> Rules:
    """The rules shipped with the product."""
    return parse_rules(_shipped_text(), "the default rules")


def _shipped_text() -> str:
    return resources.files("streams.domain").joinpath("default_rules.toml").read_text("utf-8")


@cache
def _shipped() -> dict[str, Any]:
    """Where a section's defaults are long texts they stand in the file shipped alone."""
    return tomllib.loads(_shipped_text(), parse_float=Decimal)


def parse_rules(text: str, source: str) -> Rules:
    """The rules in a TOML text; keys that are absent have their defaults.

    Raises RulesError, naming `source`, for an unknown key or a value out of range.
    """
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{source} is not TOML: {error}") from None
    reader = Reader(given, source)
    rules = _read(reader)
    reader.refuse_unknown()
    _check_together(rules, source)
    return _with_digest(rules)


def _read(reader: Reader) -> Rules:
    take = reader.take
    return Rules(
        time_zone=take("business", "time_zone", "UTC", check.time_zone),
        base_currency=take("business", "base_currency", "CNY", check.currency),
        window_days=take("business", "window_days", 365, check.whole(2, 36_500)),
        dedupe_days=take("business", "dedupe_days", 7, check.whole(0, 3_650)),
        rates=_rates(reader),
        rank_by=take("pyramid", "rank_by", "revenue", check.word(RANK_BY)),
        super=take("pyramid", "super", Decimal("0.01"), check.share),
        large=take("pyramid", "large", Decimal("0.05"), check.share),
        medium=take("pyramid", "medium", Decimal("0.20"), check.share),
        demotion_margin=take("pyramid", "demotion_margin", Decimal("0.02"), check.margin),
        demotion_grace_days=take("pyramid", "demotion_grace_days", 0, check.whole(0, 36_500)),
        blend_revenue=take("pyramid.blend", "revenue", Decimal(1), check.weight),
        blend_profit=take("pyramid.blend", "profit", Decimal(0), check.weight),
        blend_frequency=take("pyramid.blend", "frequency", Decimal(0), check.weight),
        recency_days=take("rfm", "recency_days", [7, 30, 60, 120], check.bands),
        slipping_factor=take("dormancy", "slipping_factor", Decimal(2), check.factor),
        slipping_min_days=take("dormancy", "slipping_min_days", 7, check.whole(0, 36_500)),
        dormant_days=take("dormancy", "dormant_days", 120, check.whole(1, 36_500)),
        churn=read_churn(reader, _shipped()["churn"]),
    )


def _rates(reader: Reader) -> dict[str, Decimal]:
    given = reader.section("rates") or {"USD": "7.10"}
    checked = {}
    for currency, price in given.items():
        reader.take("rates", currency, price, _named(currency))
        checked[currency] = reader.take("rates", currency, price, check.price)
    return checked


def _named(currency: str) -> Callable[[Any], str]:
    return lambda _: check.currency(currency)


def _check_together(rules: Rules, source: str) -> None:
    if not rules.super < rules.large < rules.medium:
        raise RulesError(
            "pyramid.super, pyramid.large and pyramid.medium must rise, got "
            f"{rules.super}, {rules.large}, {rules.medium} ({source})"
        )
    if rules.dormant_days >= rules.window_days:
        raise RulesError(
            f"dormancy.dormant_days must be under business.window_days ({rules.window_days}), "
            f"got {rules.dormant_days} ({source})"
        )
    weights = (rules.blend_revenue, rules.blend_profit, rules.blend_frequency)
    if rules.rank_by == "blend" and not any(weights):
        raise RulesError(f"one weight of pyramid.blend must be above 0, got none ({source})")
    check_churn_together(rules.churn, source)


def _with_digest(rules: Rules) -> Rules:
    canonical = _canonical(rules)
    del canonical["digest"], canonical["slipping_ratio"]
    text = json.dumps(canonical, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    object.__setattr__(rules, "digest", digest)
    object.__setattr__(rules, "slipping_ratio", rules.slipping_factor.as_integer_ratio())
    return rules


def _canonical(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    if is_dataclass(value):
        return {each.name: _canonical(getattr(value, each.name)) for each in fields(value)}
    return value
