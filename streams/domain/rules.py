"""The rules of the business: a TOML file, checked, with a default for every key."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RANK_BY = ("revenue", "profit", "blend")


class RulesError(Exception):
    """A rules file that can't be used; the message names the key, the value and the way out."""


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
    digest: str = field(default="", compare=False)
    slipping_ratio: tuple[int, int] = field(default=(2, 1), compare=False)  # the factor, exactly

    @property
    def shares(self) -> tuple[Decimal, Decimal, Decimal]:
        """The cumulative shares of super, large and medium."""
        return self.super, self.large, self.medium


def default_rules() -> Rules:
    """The rules shipped with the product."""
    text = resources.files("streams.domain").joinpath("default_rules.toml").read_text("utf-8")
    return parse_rules(text, "the default rules")


def parse_rules(text: str, source: str) -> Rules:
    """The rules in a TOML text; keys that are absent have their defaults.

    Raises RulesError, naming `source`, for an unknown key or a value out of range.
    """
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{source} is not TOML: {error}") from None
    reader = _Reader(given, source)
    rules = _read(reader)
    reader.refuse_unknown()
    _check_together(rules, source)
    return _with_digest(rules)


class _Reader:
    """Takes values out of the parsed file, checks each, and remembers which keys were known."""

    def __init__(self, given: dict[str, Any], source: str) -> None:
        self._given = given
        self._source = source
        self._known: dict[str, set[str]] = {"": set()}

    def section(self, path: str) -> dict[str, Any]:
        node: Any = self._given
        parent = ""
        for name in path.split("."):
            self._known[parent].add(name)
            parent = f"{parent}.{name}".strip(".")
            self._known.setdefault(parent, set())
            node = node.get(name, {})
            if not isinstance(node, dict):
                raise RulesError(f"[{parent}] must be a section, got {node!r} ({self._source})")
        section: dict[str, Any] = node
        return section

    def take(self, path: str, key: str, default: Any, check: Callable[[Any], Any]) -> Any:
        section = self.section(path)
        self._known[path].add(key)
        value = section.get(key, default)
        try:
            return check(value)
        except ValueError as error:
            raise RulesError(f"{path}.{key} {error}, got {value} ({self._source})") from None

    def refuse_unknown(self) -> None:
        for path, known in self._known.items():
            if path == "rates":
                continue
            section = self._given if not path else self.section(path)
            for key in section:
                if key not in known:
                    name = f"{path}.{key}".strip(".")
                    raise RulesError(
                        f"{name} is not a rule; known here: {', '.join(sorted(known))}"
                        f" ({self._source})"
                    )


def _read(reader: _Reader) -> Rules:
    take = reader.take
    return Rules(
        time_zone=take("business", "time_zone", "UTC", _time_zone),
        base_currency=take("business", "base_currency", "CNY", _currency),
        window_days=take("business", "window_days", 365, _whole(2, 36_500)),
        dedupe_days=take("business", "dedupe_days", 7, _whole(0, 3_650)),
        rates=_rates(reader),
        rank_by=take("pyramid", "rank_by", "revenue", _word(RANK_BY)),
        super=take("pyramid", "super", Decimal("0.01"), _share),
        large=take("pyramid", "large", Decimal("0.05"), _share),
        medium=take("pyramid", "medium", Decimal("0.20"), _share),
        demotion_margin=take("pyramid", "demotion_margin", Decimal("0.02"), _margin),
        demotion_grace_days=take("pyramid", "demotion_grace_days", 0, _whole(0, 36_500)),
        blend_revenue=take("pyramid.blend", "revenue", Decimal(1), _weight),
        blend_profit=take("pyramid.blend", "profit", Decimal(0), _weight),
        blend_frequency=take("pyramid.blend", "frequency", Decimal(0), _weight),
        recency_days=take("rfm", "recency_days", [7, 30, 60, 120], _bands),
        slipping_factor=take("dormancy", "slipping_factor", Decimal(2), _factor),
        slipping_min_days=take("dormancy", "slipping_min_days", 7, _whole(0, 36_500)),
        dormant_days=take("dormancy", "dormant_days", 120, _whole(1, 36_500)),
    )


def _rates(reader: _Reader) -> dict[str, Decimal]:
    given = reader.section("rates") or {"USD": "7.10"}
    checked = {}
    for currency, price in given.items():
        reader.take("rates", currency, price, _named(currency))
        checked[currency] = reader.take("rates", currency, price, _price)
    return checked


def _named(currency: str) -> Callable[[Any], str]:
    return lambda _: _currency(currency)


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


def _with_digest(rules: Rules) -> Rules:
    fields = {name: _canonical(getattr(rules, name)) for name in rules.__slots__}
    del fields["digest"], fields["slipping_ratio"]
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    object.__setattr__(rules, "digest", digest)
    object.__setattr__(rules, "slipping_ratio", rules.slipping_factor.as_integer_ratio())
    return rules


def _canonical(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    return value


def _whole(least: int, most: int) -> Callable[[Any], int]:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def _decimal(value: Any, sentence: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(sentence)
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(sentence)
    return number


def _share(value: Any) -> Decimal:
    number = _decimal(value, sentence := "must be a share above 0 and at most 1")
    if not 0 < number <= 1:
        raise ValueError(sentence)
    return number


def _margin(value: Any) -> Decimal:
    number = _decimal(value, sentence := "must be at least 0 and under 1")
    if not 0 <= number < 1:
        raise ValueError(sentence)
    return number


def _weight(value: Any) -> Decimal:
    number = _decimal(value, sentence := "must be a weight from 0 to 1000000")
    if not 0 <= number <= 1_000_000:
        raise ValueError(sentence)
    return number


def _factor(value: Any) -> Decimal:
    number = _decimal(value, sentence := "must be a factor above 0 and at most 1000")
    if not 0 < number <= 1000:
        raise ValueError(sentence)
    return number


def _bands(value: Any) -> tuple[int, ...]:
    sentence = "must be four whole numbers of days that rise"
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError(sentence)
    if any(isinstance(band, bool) or not isinstance(band, int) or band < 0 for band in value):
        raise ValueError(sentence)
    if sorted(set(value)) != value:
        raise ValueError(sentence)
    return tuple(value)


def _word(words: tuple[str, ...]) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return str(value)

    return check


def _currency(value: Any) -> str:
    letters = isinstance(value, str) and len(value) == 3 and value.isascii()
    if not letters or not value.isupper() or not value.isalpha():
        raise ValueError("must be an ISO 4217 code of three capital letters")
    return str(value)


def _price(value: Any) -> Decimal:
    sentence = 'must be a price above 0, as text such as "7.10"'
    if not isinstance(value, str):
        raise ValueError(sentence)
    try:
        price = Decimal(value)
    except InvalidOperation:
        raise ValueError(sentence) from None
    if not price.is_finite() or not 0 < price <= 1_000_000_000:
        raise ValueError(sentence)
    return price


def _time_zone(value: Any) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError("must be an IANA time zone such as Asia/Shanghai") from None
    return str(value)
