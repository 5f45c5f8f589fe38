"""Conversion between currencies, exact until the one rounding at the end."""

from __future__ import annotations

from fractions import Fraction

from tests.oracle.fields import MalformedError
from tests.oracle.rules import Rules

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"


def decimals(currency: str) -> int:
    """ISO 4217's number of decimals."""
    for count, currencies in ((0, _NO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS)):
        if currency in currencies.split():
            return count
    return 2


def to_base(minor: int, currency: str | None, rules: Rules) -> int:
    """Minor units of `currency` in minor units of the base currency, rounded half to even."""
    if currency is None or currency == rules.base_currency:
        return minor
    if currency not in rules.rates:
        raise MalformedError(f"no rate for {currency}")
    scale = Fraction(10) ** (decimals(rules.base_currency) - decimals(currency))
    return round(minor * rules.rates[currency] * scale)
