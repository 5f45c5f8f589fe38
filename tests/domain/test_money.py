"""Money is converted exactly, and rounded once, half to even."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.money import Exchange, UnknownCurrencyError, decimals


@pytest.mark.parametrize(
    ("currency", "number"),
    [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("TND", 3), ("CLF", 4),
     ("XTS", 2)],
)  # fmt: skip
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, number: int) -> None:
    assert decimals(currency) == number


@pytest.mark.parametrize(
    ("base", "currency", "rate", "amount", "converted"),
    [
        ("CNY", "CNY", "7.10", 1234, 1234),  # a rate of the base itself changes nothing
        ("CNY", "USD", "7.10", 100, 710),
        ("CNY", "USD", "0.5", 1, 0),  # half to even: down
        ("CNY", "USD", "0.5", 3, 2),  # half to even: up
        ("CNY", "USD", "0.5", 5, 2),
        ("CNY", "USD", "0.50001", 1, 1),
        ("CNY", "JPY", "0.0475", 1000, 4750),  # 1000 yen are 47.50 yuan
        ("JPY", "CNY", "21", 1234, 259),  # 12.34 yuan are 259.14 yen
        ("CNY", "KWD", "23", 1000, 2300),  # 1.000 dinar is 23.00 yuan
        ("KWD", "CNY", "0.0434", 10000, 4340),  # 100.00 yuan are 4.340 dinars
        ("CNY", "CLF", "300", 10000, 30000),
        ("CNY", "USD", "7.10", 0, 0),
        ("CNY", "USD", "0.1", 10**15 + 5, 10**14),  # 10^14 + 0.5: floats would know no half
        ("CNY", "USD", "0.1", 10**15 + 15, 10**14 + 2),
    ],
)
def test_amounts_are_converted_exactly(
    base: str, currency: str, rate: str, amount: int, converted: int
) -> None:
    assert Exchange(base, {currency: Decimal(rate)}).to_base(amount, currency) == converted


def test_a_currency_without_a_rate_is_unknown() -> None:
    with pytest.raises(UnknownCurrencyError, match="EUR"):
        Exchange("CNY", {"USD": Decimal("7.10")}).to_base(1, "EUR")


@given(st.integers(0, 10**15), st.decimals("0.000001", "1000000", places=6))
def test_a_conversion_is_off_by_half_a_minor_unit_at_most(amount: int, rate: Decimal) -> None:
    converted = Exchange("CNY", {"USD": rate}).to_base(amount, "USD")
    assert abs(converted - amount * Fraction(rate)) <= Fraction(1, 2)
