"""[churn] in the rules file: what it may hold, and what is said of a mistake."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from streams.domain.churn_rules import CHANCES, CODES, LANGUAGES
from streams.domain.rules import default_rules, parse_rules
from streams.domain.rules_reading import RulesError


def refusal(toml: str) -> str:
    with pytest.raises(RulesError) as refused:
        parse_rules(toml, "rules.toml")
    return str(refused.value)


def test_the_defaults_are_those_of_the_rules_shipped() -> None:
    churn = default_rules().churn
    assert parse_rules("", "nothing").churn == churn
    assert (churn.min_tier, churn.cooldown_days, churn.complaint_days) == ("medium", 7, 5)
    assert churn.language == "en"
    assert {name: str(chance) for name, chance in churn.chance_of_loss.items()} == {
        "otherwise": "0.1", "slipping": "0.3", "dormant": "0.6", "inactive": "1.0",
    }  # fmt: skip


def test_the_rules_shipped_show_every_key() -> None:
    text = resources.files("streams.domain").joinpath("default_rules.toml").read_text("utf-8")
    churn = tomllib.loads(text)["churn"]
    assert sorted(churn["weights"]) == sorted(CODES)
    assert sorted(churn["chance_of_loss"]) == sorted(CHANCES)
    for words in ("text", "advice"):
        assert sorted(churn[words]) == sorted(LANGUAGES)
        assert all(sorted(texts) == sorted(CODES) for texts in churn[words].values())


def test_one_key_given_leaves_the_others_as_they_are() -> None:
    rules = parse_rules('[churn.text.zh]\nslipping = "{silent_days}"\n', "rules.toml")
    assert rules.churn.texts["zh"]["slipping"] == "{silent_days}"
    assert rules.churn.texts["zh"]["dormant"] == default_rules().churn.texts["zh"]["dormant"]
    assert rules.churn.texts["en"] == default_rules().churn.texts["en"]


def test_other_rules_of_alerts_are_other_rules() -> None:
    digests = {parse_rules(toml, "rules.toml").digest for toml in (
        "", "[churn]\ncooldown_days = 8\n", "[churn.weights]\nslipping = 1\n",
        '[churn.advice.zh]\nslipping = "!"\n', "[churn.chance_of_loss]\nslipping = 0.31\n",
    )}  # fmt: skip
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('[churn]\nmin_tier = "inactive"',
         "churn.min_tier must be one of super, large, medium, small, got inactive (rules.toml)"),
        ("[churn]\ncooldown_days = -1",
         "churn.cooldown_days must be a whole number from 0 to 3650, got -1 (rules.toml)"),
        ("[churn]\ncomplaint_days = 1.5",
         "churn.complaint_days must be a whole number from 0 to 3650, got 1.5 (rules.toml)"),
        ('[churn]\nlanguage = "fr"',
         "churn.language must be one of en, zh, got fr (rules.toml)"),
        ("[churn]\nurgent_score = 39",
         "churn.urgent_score must be at least churn.warn_score (40), got 39 (rules.toml)"),
        ("[churn.weights]\nslipping = 101",
         "churn.weights.slipping must be a whole number from 0 to 100, got 101 (rules.toml)"),
        ("[churn.chance_of_loss]\ndormant = 1.01",
         "churn.chance_of_loss.dormant must be a chance from 0 to 1, got 1.01 (rules.toml)"),
        ("[churn.text.en]\nslipping = 5",
         "churn.text.en.slipping must be a text, got 5 (rules.toml)"),
        ("[churn.text.en]\ntier_fall = '{days}'",
         "churn.text.en.tier_fall must have no other placeholders than {from}, {to}, "
         "{tier_before}, {revenue}, {revenue_at_risk}, got {days} (rules.toml)"),
        ("[churn.advice.zh]\ntier_fall = '{from!r}'",
         "churn.advice.zh.tier_fall must have no other placeholders than {from}, {to}, "
         "{tier_before}, {revenue}, {revenue_at_risk}, got {from!r} (rules.toml)"),
        ("[churn.text.en]\ntier_fall = '{from'",
         "churn.text.en.tier_fall must have its placeholders in braces "
         "(expected '}' before end of string), got {from (rules.toml)"),
        ("[churn.text]\nfr = {}", "churn.text.fr is not a rule; known here: en, zh (rules.toml)"),
        ("[churn.weights]\nmood = 5",
         "churn.weights.mood is not a rule; known here: dormant, inactive, overdue_complaint, "
         "revenue_drop, severe_complaint, slipping, tier_fall (rules.toml)"),
        ("churn = 1", "[churn] must be a section, got 1 (rules.toml)"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key_its_value_and_what_would_do(
    toml: str, sentence: str
) -> None:
    assert refusal(toml) == sentence


def test_braces_that_stand_for_themselves_are_no_placeholder() -> None:
    rules = parse_rules("[churn.text.en]\nslipping = 'a {{b}} {silent_days}'\n", "rules.toml")
    assert rules.churn.texts["en"]["slipping"].format_map({"silent_days": 5}) == "a {b} 5"
