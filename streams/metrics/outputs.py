"""What was said, counted from the records that were committed: the figures can't say otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import msgspec
from prometheus_client import CollectorRegistry

from schemas.outputs import SEVERITIES, TIERS
from streams import topics
from streams.domain.churn_rules import CODES as REASONS
from streams.engine.records import Write
from streams.metrics import catalogue
from streams.metrics.catalogue import NONE
from streams.metrics.exposing import new_counter

_CHANGELOG = "customers-changelog"
_ACTIVE, _REST = TIERS[:4], TIERS[4:]

#: What moves happen every day: at 0 from the start, else their first would be no increase.
_USUAL_MOVES = (
    (("order",), (NONE, *TIERS), _ACTIVE),
    (("expiry",), _ACTIVE, (*_ACTIVE, "inactive")),
    (("overtaken",), _ACTIVE, _ACTIVE),
)


class _TierChange(msgspec.Struct, gc=False):
    from_tier: str | None = msgspec.field(name="from")
    to: str | None
    cause: str
    revenue: int


class _Stage(msgspec.Struct, gc=False):
    from_stage: str | None = msgspec.field(name="from")
    stage: str


class _Reason(msgspec.Struct, gc=False):
    code: str


class _Alert(msgspec.Struct, gc=False):
    severity: str
    reasons: list[_Reason]
    revenue_at_risk: int


_tier_change = msgspec.json.Decoder(_TierChange).decode
_stage = msgspec.json.Decoder(_Stage).decode
_alert = msgspec.json.Decoder(_Alert).decode


class SaidCounters:
    """Counts the records of commits that have landed. `prefix`: of the topics' names."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self._names = {prefix + topic.name: topic.name for topic in topics.CATALOGUE}
        self._written = new_counter(catalogue.RECORDS_WRITTEN, registry)
        self._moves = new_counter(catalogue.MOVEMENTS, registry)
        self._moved_revenue = new_counter(catalogue.MOVEMENTS_REVENUE, registry)
        self._stages = new_counter(catalogue.STAGE_CHANGES, registry)
        self._alerts = new_counter(catalogue.ALERTS, registry)
        self._reasons = new_counter(catalogue.ALERT_REASONS, registry)
        self._at_risk = new_counter(catalogue.ALERTS_REVENUE_AT_RISK, registry)
        self._erasures = new_counter(catalogue.ERASURES, registry)
        self._begin_at_zero()
        self._counting: dict[str, Callable[[list[bytes]], None]] = {
            topics.TIER_CHANGES.name: self._count_moves,
            topics.DORMANT_CUSTOMERS.name: self._count_stages,
            topics.CHURN_ALERTS.name: self._count_alerts,
            topics.CUSTOMER_ERASED.name: self._count_erasures,
        }

    def count(self, outputs: Iterable[Write], changelog_records: int) -> None:
        """Add the records of one commit."""
        self._written.labels(_CHANGELOG).inc(changelog_records)
        values: dict[str, list[bytes | None]] = defaultdict(list)
        for write in outputs:
            values[write.topic].append(write.value)
        for topic, said in values.items():
            name = self._names[topic]
            self._written.labels(name).inc(len(said))
            count = self._counting.get(name)
            if count is not None:
                count([value for value in said if value is not None])

    def _begin_at_zero(self) -> None:
        for causes, froms, tos in _USUAL_MOVES:
            for labels in ((f, t, c) for c in causes for f in froms for t in tos if f != t):
                self._moves.labels(*labels)
                self._moved_revenue.labels(*labels)
        for severity in SEVERITIES:
            self._at_risk.labels(severity)
            for reason in REASONS:
                self._alerts.labels(severity, reason)
                self._reasons.labels(severity, reason)

    def _count_moves(self, values: list[bytes]) -> None:
        heads: Counter[tuple[str, str, str]] = Counter()
        revenue: Counter[tuple[str, str, str]] = Counter()
        for value in values:
            change = _tier_change(value)
            move = (change.from_tier or NONE, change.to or NONE, change.cause)
            heads[move] += 1
            revenue[move] += max(change.revenue, 0)
        for move, customers in heads.items():
            self._moves.labels(*move).inc(customers)
            self._moved_revenue.labels(*move).inc(revenue[move])

    def _count_stages(self, values: list[bytes]) -> None:
        said = Counter((one.from_stage or NONE, one.stage) for one in map(_stage, values))
        for labels, number in said.items():
            self._stages.labels(*labels).inc(number)

    def _count_alerts(self, values: list[bytes]) -> None:
        alerts = [_alert(value) for value in values]
        first = Counter((one.severity, one.reasons[0].code) for one in alerts)
        for labels, number in first.items():
            self._alerts.labels(*labels).inc(number)
        every = Counter((one.severity, reason.code) for one in alerts for reason in one.reasons)
        for labels, number in every.items():
            self._reasons.labels(*labels).inc(number)
        for alert in alerts:
            self._at_risk.labels(alert.severity).inc(max(alert.revenue_at_risk, 0))

    def _count_erasures(self, values: list[bytes]) -> None:
        self._erasures.inc(len(values))
