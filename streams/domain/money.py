"""Money: whole minor units, converted to the base currency exactly, rounded half to even."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

#: ISO 4217 minor units, where they are not two.
_OTHER_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: number for number, codes in _OTHER_DECIMALS.items() for code in codes.split()}


class UnknownCurrencyError(Exception):
    """There is no rate for this currency."""


def decimals(currency: str) -> int:
    """How many decimals the minor unit of a currency has (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


def written(amount_minor: int, places: int) -> str:
    """Minor units with so many decimals as people write them: `1,234.56`."""
    sign = "-" if amount_minor < 0 else ""
    whole, part = divmod(abs(amount_minor), 10**places)
    return f"{sign}{whole:,}" + (f".{part:0{places}d}" if places else "")


class Exchange:
    """Converts minor units of any currency with a rate into those of the base currency."""

    def __init__(self, base: str, rates: dict[str, Decimal]) -> None:
        self.base = base
        self._factors = {
            currency: Fraction(rate) * Fraction(10) ** (decimals(base) - decimals(currency))
            for currency, rate in rates.items()
        }
        self._factors[base] = Fraction(1)

    def to_base(self, amount_minor: int, currency: str) -> int:
        """The amount in minor units of the base currency; UnknownCurrencyError without a rate."""
        factor = self._factors.get(currency)
        if factor is None:
            raise UnknownCurrencyError(currency)
        return round(amount_minor * factor)
