"""The rules of churn alerts: the section [churn] of the rules file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any, Final

from streams.domain import rules_checks as check
from streams.domain.rules_reading import Reader, RulesError

#: Why an alert is said. Of reasons that weigh the same the earlier goes first.
CODES: Final = (
    "inactive",
    "dormant",
    "slipping",
    "severe_complaint",
    "overdue_complaint",
    "tier_fall",
    "revenue_drop",
)
LANGUAGES: Final = ("en", "zh")
MIN_TIERS: Final = ("super", "large", "medium", "small")  # in the order of the tiers
#: By stage: none, slipping, dormant, inactive.
CHANCES: Final = ("otherwise", "slipping", "dormant", "inactive")

_SILENCE = ("silent_days", "usual_gap_days", "last_order_day")
_COMPLAINT = ("complaint_id", "severity", "category", "opened_at", "open_days", "complaints")
#: What is known for each reason: its facts, and with those below the placeholders of its text.
FACTS: Final[dict[str, tuple[str, ...]]] = {
    "inactive": _SILENCE,
    "dormant": _SILENCE,
    "slipping": _SILENCE,
    "severe_complaint": _COMPLAINT,
    "overdue_complaint": _COMPLAINT,
    "tier_fall": ("from", "to"),
    "revenue_drop": ("revenue_90_days", "revenue_90_days_before", "drop_percent"),
}
#: What is known for every reason.
COMMON: Final = ("tier_before", "revenue", "revenue_at_risk")

Texts = dict[str, dict[str, str]]  # language -> code -> text with placeholders


@dataclass(frozen=True, slots=True)
class ChurnRules:
    """When an alert is said, what each reason weighs, and in what words."""

    min_tier: str
    cooldown_days: int
    complaint_days: int
    language: str
    warn_score: int
    urgent_score: int
    weights: dict[str, int]  # 0 to 100; 0 switches a reason off
    chance_of_loss: dict[str, Decimal]
    texts: Texts
    advice: Texts

    @property
    def lowest_tier(self) -> int:
        """The number of `min_tier`: the worst tier that alerts are for."""
        return MIN_TIERS.index(self.min_tier)


def read_churn(reader: Reader, defaults: dict[str, Any]) -> ChurnRules:
    """The section, with `defaults` for keys that are absent. Raises RulesError."""

    def take(key: str, checked: Callable[[Any], Any]) -> Any:
        return reader.take("churn", key, defaults[key], checked)

    return ChurnRules(
        min_tier=take("min_tier", check.word(MIN_TIERS)),
        cooldown_days=take("cooldown_days", check.whole(0, 3_650)),
        complaint_days=take("complaint_days", check.whole(0, 3_650)),
        language=take("language", check.word(LANGUAGES)),
        warn_score=take("warn_score", check.whole(0, 100)),
        urgent_score=take("urgent_score", check.whole(0, 100)),
        weights=_each(reader, "weights", CODES, defaults, lambda _: check.whole(0, 100)),
        chance_of_loss=_each(reader, "chance_of_loss", CHANCES, defaults, lambda _: check.chance),
        texts=_words(reader, "text", defaults),
        advice=_words(reader, "advice", defaults),
    )


def check_churn_together(churn: ChurnRules, source: str) -> None:
    """Raises RulesError where keys don't go together."""
    if churn.warn_score > churn.urgent_score:
        raise RulesError(
            f"churn.urgent_score must be at least churn.warn_score ({churn.warn_score}), "
            f"got {churn.urgent_score} ({source})"
        )


def _each(
    reader: Reader,
    section: str,
    keys: tuple[str, ...],
    defaults: dict[str, Any],
    checked: Callable[[str], Callable[[Any], Any]],
) -> dict[str, Any]:
    """All keys of a section under [churn]."""
    known: Any = defaults
    for name in section.split("."):
        known = known[name]
    path = f"churn.{section}"
    return {key: reader.take(path, key, known[key], checked(key)) for key in keys}


def _words(reader: Reader, section: str, defaults: dict[str, Any]) -> Texts:
    return {
        language: _each(reader, f"{section}.{language}", CODES, defaults, _text)
        for language in LANGUAGES
    }


def _text(code: str) -> Callable[[Any], str]:
    """A text whose placeholders are known for this reason."""
    known = (*FACTS[code], *COMMON)
    listed = ", ".join(f"{{{name}}}" for name in known)

    def checked(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise ValueError("must be a text")
        try:
            parts = list(Formatter().parse(value))
        except ValueError as error:
            raise ValueError(f"must have its placeholders in braces ({error})") from None
        for _, name, form, conversion in parts:
            if name is not None and (name not in known or form or conversion):
                raise ValueError(f"must have no other placeholders than {listed}")
        return value

    return checked
