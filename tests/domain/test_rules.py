"""The rules file: every key has a default, every wrong value its sentence."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from streams.domain.rules import default_rules, parse_rules
from streams.domain.rules_reading import RulesError


def error_of(text: str) -> str:
    with pytest.raises(RulesError) as caught:
        parse_rules(text, "rules.toml")
    return str(caught.value)


def test_every_key_has_the_default_that_is_shipped() -> None:
    assert parse_rules("", "nothing") == default_rules()
    assert parse_rules("", "nothing").digest == default_rules().digest


def test_the_defaults_are_those_of_the_contract() -> None:
    rules = default_rules()
    assert (rules.time_zone, rules.base_currency) == ("UTC", "CNY")
    assert (rules.window_days, rules.dedupe_days, rules.dormant_days) == (365, 7, 120)
    assert rules.rates == {"USD": Decimal("7.10")}
    assert rules.shares == (Decimal("0.01"), Decimal("0.05"), Decimal("0.20"))
    assert (rules.demotion_margin, rules.demotion_grace_days) == (Decimal("0.02"), 0)
    assert (rules.rank_by, rules.recency_days) == ("revenue", (7, 30, 60, 120))
    weights = (rules.blend_revenue, rules.blend_profit, rules.blend_frequency)
    assert weights == (Decimal(1), Decimal(0), Decimal(0))
    assert (rules.slipping_factor, rules.slipping_min_days) == (Decimal(2), 7)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[business]\ntime_zone = "Mars"',
         "business.time_zone must be an IANA time zone such as Asia/Shanghai, got Mars"),
        ("[business]\ntime_zone = 8", "business.time_zone must be an IANA time zone such as"),
        ('[business]\ntime_zone = "../etc"', "business.time_zone must be an IANA time zone"),
        ('[business]\nbase_currency = "yuan"',
         "business.base_currency must be an ISO 4217 code of three capital letters, got yuan"),
        ("[business]\nwindow_days = 1",
         "business.window_days must be a whole number from 2 to 36500, got 1"),
        ("[business]\nwindow_days = 30.0", "business.window_days must be a whole number"),
        ("[business]\nwindow_days = true", "business.window_days must be a whole number"),
        ('[business]\nwindow_days = "365"', "business.window_days must be a whole number"),
        ("[business]\ndedupe_days = -1",
         "business.dedupe_days must be a whole number from 0 to 3650, got -1"),
        ("[rates]\nUSD = 7.10",
         'rates.USD must be a price above 0, as text such as "7.10", got 7.10'),
        ('[rates]\nUSD = "0"', "rates.USD must be a price above 0"),
        ('[rates]\nUSD = "NaN"', "rates.USD must be a price above 0"),
        ('[rates]\nUSD = "cheap"', "rates.USD must be a price above 0"),
        ('[rates]\ndollar = "7"', "rates.dollar must be an ISO 4217 code"),
        ('[pyramid]\nrank_by = "fame"',
         "pyramid.rank_by must be one of revenue, profit, blend, got fame"),
        ("[pyramid]\nsuper = 1.5", "pyramid.super must be a share above 0 and at most 1, got 1.5"),
        ("[pyramid]\nsuper = 0", "pyramid.super must be a share above 0 and at most 1, got 0"),
        ("[pyramid]\nmedium = inf", "pyramid.medium must be a share above 0 and at most 1"),
        ("[pyramid]\nsuper = 0.05", "pyramid.super, pyramid.large and pyramid.medium must rise, "
         "got 0.05, 0.05, 0.20"),
        ("[pyramid]\nmedium = 0.04", "pyramid.super, pyramid.large and pyramid.medium must rise"),
        ("[pyramid]\ndemotion_margin = 1",
         "pyramid.demotion_margin must be at least 0 and under 1, got 1"),
        ("[pyramid]\ndemotion_margin = -0.1", "pyramid.demotion_margin must be at least 0"),
        ("[pyramid]\ndemotion_grace_days = 1.5", "pyramid.demotion_grace_days must be a whole"),
        ("[pyramid.blend]\nprofit = -1",
         "pyramid.blend.profit must be a weight from 0 to 1000000, got -1"),
        ('[pyramid]\nrank_by = "blend"\n[pyramid.blend]\nrevenue = 0',
         "one weight of pyramid.blend must be above 0, got none"),
        ("[rfm]\nrecency_days = [7, 30, 60]",
         "rfm.recency_days must be four whole numbers of days that rise, got [7, 30, 60]"),
        ("[rfm]\nrecency_days = [7, 30, 30, 120]", "rfm.recency_days must be four whole numbers"),
        ("[rfm]\nrecency_days = [7, 30, 60, 1.5]", "rfm.recency_days must be four whole numbers"),
        ("[dormancy]\nslipping_factor = 0",
         "dormancy.slipping_factor must be a factor above 0 and at most 1000, got 0"),
        ("[dormancy]\nslipping_min_days = -7", "dormancy.slipping_min_days must be a whole number"),
        ("[dormancy]\ndormant_days = 0", "dormancy.dormant_days must be a whole number from 1"),
        ("[dormancy]\ndormant_days = 365",
         "dormancy.dormant_days must be under business.window_days (365), got 365"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_key_and_the_file(text: str, sentence: str) -> None:
    message = error_of(text)
    assert message.startswith(sentence)
    assert message.endswith("(rules.toml)")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("windows = 1", "windows"),
        ("[busyness]\nx = 1", "busyness"),
        ("[business]\nwindow = 1", "business.window"),
        ("[pyramid]\nsupper = 0.01", "pyramid.supper"),
        ("[pyramid.blend]\nfame = 1", "pyramid.blend.fame"),
        ("[pyramid.mix]\nfame = 1", "pyramid.mix"),
    ],
)
def test_an_unknown_key_is_named_with_what_is_known_there(text: str, name: str) -> None:
    assert error_of(text).startswith(f"{name} is not a rule; known here: ")


def test_a_section_that_is_none_is_named() -> None:
    assert error_of("business = 1") == "[business] must be a section, got 1 (rules.toml)"


def test_a_file_that_is_not_toml_is_named() -> None:
    assert error_of("[business").startswith("rules.toml is not TOML: ")


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n",
        "[business]\nwindow_days = 365",
        "[pyramid]\nmedium = 0.2",
        "[pyramid]\nmedium = 0.200\nsuper = 1e-2",
        '[rates]\nUSD = "7.1"',
        "[pyramid.blend]\nrevenue = 1",
        "[dormancy]\nslipping_factor = 2",
    ],
)
def test_writing_the_same_rules_otherwise_leaves_the_digest(text: str) -> None:
    assert parse_rules(text, "test").digest == default_rules().digest


@pytest.mark.parametrize(
    "text",
    [
        '[business]\ntime_zone = "Asia/Shanghai"',
        '[business]\nbase_currency = "EUR"',
        "[business]\nwindow_days = 364",
        "[business]\ndedupe_days = 8",
        '[rates]\nUSD = "7.11"',
        '[rates]\nUSD = "7.10"\nEUR = "8"',
        '[pyramid]\nrank_by = "profit"',
        "[pyramid]\nsuper = 0.02",
        "[pyramid]\nlarge = 0.06",
        "[pyramid]\nmedium = 0.21",
        "[pyramid]\ndemotion_margin = 0.03",
        "[pyramid]\ndemotion_grace_days = 1",
        "[pyramid.blend]\nrevenue = 2",
        "[pyramid.blend]\nprofit = 1",
        "[pyramid.blend]\nfrequency = 1",
        "[rfm]\nrecency_days = [7, 30, 60, 121]",
        "[dormancy]\nslipping_factor = 2.1",
        "[dormancy]\nslipping_min_days = 8",
        "[dormancy]\ndormant_days = 119",
    ],
)
def test_every_rule_that_changes_changes_the_digest(text: str) -> None:
    assert parse_rules(text, "test").digest != default_rules().digest


def test_a_digest_is_12_hex_digits() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", default_rules().digest)


def test_numbers_are_as_exact_as_they_are_written() -> None:
    rules = parse_rules("[pyramid]\nsuper = 0.1\nlarge = 0.30000000000000001\nmedium = 0.4", "test")
    assert rules.shares == (Decimal("0.1"), Decimal("0.30000000000000001"), Decimal("0.4"))
