"""How much a customer is at risk, and why: the same facts always give the same alert."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.domain import dormancy
from streams.domain.churn_facts import Facts, OpenComplaint
from streams.domain.churn_rules import CODES
from streams.domain.churn_words import CATEGORY_WORDS, TIER_WORDS
from streams.domain.days import as_date, instant
from streams.domain.money import decimals, written
from streams.domain.pyramid import SMALL, TIERS
from streams.domain.rules import Rules

WATCH, WARN, URGENT = 1, 2, 3  # severities, as numbered in states
_MOST = 100

FactsOfReason = dict[str, str | int | float | None]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One reason for an alert; `facts` are those that the text speaks of."""

    code: str
    weight: int
    text: str
    facts: FactsOfReason


class Alert(msgspec.Struct, frozen=True, gc=False):
    """What an account manager is told. `reasons`: the weightiest first, at least one."""

    severity: int
    score: int  # 0 to 100
    reasons: list[Reason]
    advice: str


def score(facts: Facts, rules: Rules) -> Alert | None:
    """The alert that these facts make, with every reason that holds; None: none does."""
    churn = rules.churn
    found = {code: about for code, about in _reasons(facts) if churn.weights[code]}
    if not found:
        return None
    codes = sorted(found, key=lambda code: (-churn.weights[code], CODES.index(code)))
    total = min(sum(churn.weights[code] for code in codes), _MOST)
    reasons = [
        Reason(code, churn.weights[code], _text(churn.texts, code, found[code], facts, rules),
               found[code])
        for code in codes
    ]  # fmt: skip
    advice = _text(churn.advice, codes[0], found[codes[0]], facts, rules)
    return Alert(_severity(total, rules), total, reasons, advice)


def fell(facts: Facts) -> bool:
    """Whether the customer is in a worse tier than before, and was active then."""
    return facts.tier_before <= SMALL and facts.tier > facts.tier_before


def _severity(total: int, rules: Rules) -> int:
    if total >= rules.churn.urgent_score:
        return URGENT
    return WARN if total >= rules.churn.warn_score else WATCH


def _reasons(facts: Facts) -> Iterator[tuple[str, FactsOfReason]]:
    """(code, facts) of each reason that holds."""
    stage = dormancy.STAGES[facts.stage]
    if stage is not None:
        yield (
            stage,
            {
                "silent_days": facts.silent_days,
                "usual_gap_days": None
                if facts.usual_gap_days is None
                else round(facts.usual_gap_days, 1),
                "last_order_day": as_date(facts.last_order_day).isoformat(),
            },
        )
    if facts.severe:
        yield "severe_complaint", _of_complaint(facts.severe)
    if facts.overdue:
        yield "overdue_complaint", _of_complaint(facts.overdue)
    if fell(facts):
        yield "tier_fall", {"from": TIERS[facts.tier_before], "to": TIERS[facts.tier]}
    if facts.dropped:
        yield (
            "revenue_drop",
            {
                "revenue_90_days": facts.quarter,
                "revenue_90_days_before": facts.quarter_before,
                "drop_percent": 100 - -(-100 * facts.quarter // facts.quarter_before),
            },
        )


def _of_complaint(complaints: list[OpenComplaint]) -> FactsOfReason:
    """The first of them, and how many there are."""
    first = complaints[0]
    return {
        "complaint_id": first.complaint_id,
        "severity": first.severity,
        "category": first.category,
        "opened_at": instant(first.opened_us).isoformat().replace("+00:00", "Z"),
        "open_days": first.open_days,
        "complaints": len(complaints),
    }


def _text(
    texts: dict[str, dict[str, str]], code: str, about: FactsOfReason, facts: Facts, rules: Rules
) -> str:
    """The text for a reason in the language of the rules, its placeholders filled in."""
    return texts[rules.churn.language][code].format_map(_Words(about, facts, rules))


class _Words(dict[str, str]):
    """Placeholder -> what stands there; worked out when it is asked for."""

    def __init__(self, about: FactsOfReason, facts: Facts, rules: Rules) -> None:
        self._about = about
        self._facts = facts
        self._rules = rules

    def __missing__(self, name: str) -> str:
        language = self._rules.churn.language
        value = self._value(name)
        if name in ("from", "to", "tier_before"):
            return TIER_WORDS[language][TIERS.index(value)]
        if name == "category":
            return CATEGORY_WORDS[language][value]
        if name.startswith("revenue"):
            currency = self._rules.base_currency
            return f"{written(value, decimals(currency))} {currency}"
        if isinstance(value, float):
            return f"{value:g}"
        return "" if value is None else str(value)

    def _value(self, name: str) -> Any:
        facts = self._facts
        if name == "tier_before":
            return TIERS[facts.tier_before]
        if name == "revenue":
            return facts.revenue
        if name == "revenue_at_risk":
            return dormancy.revenue_at_risk(facts.revenue, facts.stage, self._rules)
        return self._about[name]
