"""The scoring of a customer at risk: one pure function of the facts and the rules."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from streams.domain.churn import URGENT, WARN, WATCH, score
from streams.domain.churn_facts import Facts, OpenComplaint
from streams.domain.churn_rules import CODES, FACTS
from streams.domain.days import as_day
from streams.domain.dormancy import DORMANT, INACTIVE, NONE, SLIPPING, revenue_at_risk
from streams.domain.pyramid import LARGE, MEDIUM, OTHER, PROSPECT, SMALL, SUPER
from streams.domain.rules import parse_rules

WELL = Facts(
    tier_before=LARGE,
    tier=LARGE,
    stage=NONE,
    silent_days=3,
    usual_gap_days=4.26,
    last_order_day=as_day(date(2024, 3, 1)),
    revenue=123_456,
    severe=[],
    overdue=[],
    quarter=100,
    quarter_before=100,
)
COMPLAINT = OpenComplaint("k-7", 5, "service", 1_709_290_800_000_000, 6)
HOLDS: dict[str, dict[str, Any]] = {
    "inactive": {"stage": INACTIVE},
    "dormant": {"stage": DORMANT},
    "slipping": {"stage": SLIPPING},
    "severe_complaint": {"severe": [COMPLAINT]},
    "overdue_complaint": {"overdue": [COMPLAINT]},
    "tier_fall": {"tier": SMALL},
    "revenue_drop": {"quarter": 49},
}


def facts(*codes: str) -> Facts:
    changes = {name: value for code in codes for name, value in HOLDS[code].items()}
    return msgspec.structs.replace(WELL, **changes)


def rules(toml: str = "") -> Any:
    return parse_rules(toml, "the test's rules")


def codes_of(found: Any) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_who_has_no_reason_has_no_alert() -> None:
    assert score(WELL, rules()) is None


@pytest.mark.parametrize("code", CODES)
def test_each_reason_alone_scores_its_weight_and_gives_the_facts_that_are_documented(
    code: str,
) -> None:
    found = score(facts(code), rules(f"[churn.weights]\n{code} = 17\n"))
    assert found is not None
    (reason,) = found.reasons
    assert (reason.code, reason.weight, found.score) == (code, 17, 17)
    assert tuple(reason.facts) == FACTS[code]


def test_the_same_facts_always_give_the_same_alert() -> None:
    every = facts("dormant", "severe_complaint", "overdue_complaint", "tier_fall", "revenue_drop")
    assert score(every, rules()) == score(msgspec.structs.replace(every), rules())


def test_the_score_is_the_sum_of_the_weights_and_at_most_100() -> None:
    found = score(facts("dormant", "severe_complaint", "tier_fall"), rules())
    assert found is not None
    assert found.score == 100
    found = score(facts("slipping", "tier_fall"), rules())
    assert found is not None
    assert found.score == 50


@pytest.mark.parametrize(
    ("weight", "severity"),
    [(39, WATCH), (40, WARN), (74, WARN), (75, URGENT), (100, URGENT)],
)
def test_severity_goes_by_the_score(weight: int, severity: int) -> None:
    found = score(facts("slipping"), rules(f"[churn.weights]\nslipping = {weight}\n"))
    assert found is not None
    assert found.severity == severity


def test_the_weightiest_reason_goes_first_and_gives_the_advice() -> None:
    every = facts("slipping", "severe_complaint", "overdue_complaint", "tier_fall", "revenue_drop")
    found = score(every, rules())
    assert found is not None
    assert codes_of(found) == [
        "severe_complaint", "slipping", "overdue_complaint", "revenue_drop", "tier_fall",
    ]  # fmt: skip
    assert found.advice.startswith("Call today, before any offer")
    found = score(every, rules("[churn.weights]\ntier_fall = 99\n"))
    assert found is not None
    assert codes_of(found)[0] == "tier_fall"
    assert found.advice.startswith("Look at what they stopped buying")


def test_of_reasons_that_weigh_the_same_what_is_graver_goes_first() -> None:
    every = facts("slipping", "severe_complaint", "overdue_complaint", "tier_fall", "revenue_drop")
    same = "".join(f"{code} = 20\n" for code in CODES)
    found = score(every, rules(f"[churn.weights]\n{same}"))
    assert found is not None
    assert codes_of(found) == [
        "slipping", "severe_complaint", "overdue_complaint", "tier_fall", "revenue_drop",
    ]  # fmt: skip


def test_a_weight_of_0_switches_a_reason_off() -> None:
    found = score(facts("slipping", "tier_fall"), rules("[churn.weights]\ntier_fall = 0\n"))
    assert found is not None
    assert codes_of(found) == ["slipping"]
    assert score(facts("tier_fall"), rules("[churn.weights]\ntier_fall = 0\n")) is None


def test_a_rise_is_no_fall() -> None:
    assert score(msgspec.structs.replace(WELL, tier_before=SUPER, tier=SUPER), rules()) is None
    assert score(msgspec.structs.replace(WELL, tier_before=MEDIUM, tier=MEDIUM), rules()) is None


def test_from_outside_the_pyramid_there_is_no_fall() -> None:
    outside = msgspec.structs.replace(WELL, tier_before=PROSPECT, tier=OTHER)
    assert score(outside, rules()) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_text_takes_every_placeholder_that_is_documented(language: str) -> None:
    common = "{tier_before} {revenue} {revenue_at_risk}"
    for code in CODES:
        text = " ".join(f"{{{name}}}" for name in FACTS[code]) + f" {common}"
        toml = f"[churn]\nlanguage='{language}'\n[churn.text.{language}]\n{code} = '{text}'\n"
        found = score(facts(code), rules(toml))
        assert found is not None
        said = found.reasons[0].text.split()
        assert all(said)
        assert "1,234.56" in said


def test_money_is_written_with_the_decimals_of_the_base_currency() -> None:
    toml = "[business]\nbase_currency = 'JPY'\n[churn.text.en]\nslipping = '{revenue}'\n"
    found = score(facts("slipping"), rules(toml))
    assert found is not None
    assert found.reasons[0].text == "123,456 JPY"


def test_revenue_at_risk_is_revenue_times_the_chance_of_loss_rounded_half_to_even() -> None:
    def at_risk(revenue: int, stage: int = NONE, toml: str = "") -> int:
        return revenue_at_risk(revenue, stage, rules(toml))

    stages = (NONE, SLIPPING, DORMANT, INACTIVE)
    assert [at_risk(1000, stage) for stage in stages] == [100, 300, 600, 1000]
    assert [at_risk(amount) for amount in (5, 15, 25, 26, -5, -15)] == [0, 2, 2, 3, 0, -2]
    third = "[churn.chance_of_loss]\nslipping = 0.333333333333333333333333\n"
    assert at_risk(3 * 10**24, SLIPPING, third) == 999_999_999_999_999_999_999_999
