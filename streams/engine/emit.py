"""From what was decided to records for the topics out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from hashlib import blake2b

import msgspec

from schemas.cloudevents import constant_headers, headers_of, source_of, type_of
from schemas.dead_letters import Original, dead_letter
from schemas.encoding import encode
from schemas.invalid import InvalidRecord
from schemas.outputs import (
    SEVERITIES,
    TIERS,
    AlertReason,
    ChurnAlert,
    CustomerErased,
    DeadLetter,
    Direction,
    DormantCustomer,
    Said,
    Source,
    Standing,
    Tier,
    TierChange,
)
from streams import topics
from streams.domain import dormancy
from streams.domain.alerts import AlertSaid, live
from streams.domain.contact_fold import last_call, open_complaints
from streams.domain.customer import NO_DAY, UNKNOWN, Customer
from streams.domain.days import as_date, instant
from streams.domain.decide import Said as Decided
from streams.domain.decide import StageSaid, TierChanged
from streams.domain.orders_fold import newest_order_day
from streams.domain.rules import Rules
from streams.engine.records import Record, Write

_TIER_CHANGES = topics.TIER_CHANGES.name
_DORMANT_CUSTOMERS = topics.DORMANT_CUSTOMERS.name
_CUSTOMER_STANDINGS = topics.CUSTOMER_STANDINGS.name
_CUSTOMER_ERASED = topics.CUSTOMER_ERASED.name
_CHURN_ALERTS = topics.CHURN_ALERTS.name
_UNASSIGNED = "unassigned"  # the key of alerts where no account manager is known
_DEAD_LETTERS = topics.DEAD_LETTERS.name
_HELD = {"slipping": dormancy.SLIPPING, "dormant": dormancy.DORMANT, "inactive": dormancy.INACTIVE}


class Cause(msgspec.Struct, frozen=True, gc=False):
    """What caused an event: an input record, or (source None) the partition itself.

    `identity` is the same whenever the same cause is worked on again, so event ids are too.
    """

    identity: str
    at_us: int
    source: Source | None


class Emitter:
    """Makes the records that one partition says. `prefix`: of the topics' names."""

    def __init__(self, app_id: str, prefix: str, partition: int, rules: Rules) -> None:
        source = source_of(app_id, partition)
        self._names = {topic.name: prefix + topic.name for topic in topics.OUTPUTS}
        self._headers = {
            topic.name: constant_headers(type_of(topic.name), source) for topic in topics.OUTPUTS
        }
        self._partition = partition
        self._rules = rules
        self._digest = rules.digest

    def said(
        self,
        customer_id: str,
        customer: Customer,
        said: Iterable[Decided],
        share: Callable[[Customer], float | None],
        cause: Cause,
    ) -> list[Write]:
        """All that was decided of one cause, in order; what is held back is not said."""
        stages = alerts = 0
        writes = []
        for one in said:
            if isinstance(one, TierChanged):
                writes.append(self.tier_change(customer_id, customer, one, share(customer), cause))
            elif isinstance(one, StageSaid):
                writes.append(self.stage(customer_id, customer, one, cause, stages))
                stages += 1
            elif isinstance(one, AlertSaid):
                writes.append(self.alert(customer_id, customer, one, cause, alerts))
                alerts += 1
        return writes

    def tier_change(
        self,
        customer_id: str,
        customer: Customer,
        change: TierChanged,
        share: float | None,
        cause: Cause,
    ) -> Write:
        """A tier-change, with the figures as they are now."""
        event = TierChange(
            event_id=event_id(cause.identity, _TIER_CHANGES, customer_id, 0),
            customer_id=customer_id,
            at=instant(cause.at_us),
            rules=self._digest,
            source=cause.source,
            from_tier=_tier(change.from_tier),
            to=_tier(change.to_tier),
            direction=_direction(change.from_tier, change.to_tier),
            cause=change.cause,  # type: ignore[arg-type]
            revenue=customer.revenue,
            profit=customer.profit,
            frequency=customer.frequency,
            recency_days=change.recency_days,
            rfm=_rfm(customer.rfm),
            share=share,
            account_manager=customer.account_manager,
        )
        return self._write(_TIER_CHANGES, customer_id, event)

    def stage(
        self, customer_id: str, customer: Customer, said: StageSaid, cause: Cause, number: int
    ) -> Write:
        """A stage of silence; `number` tells apart several of one cause."""
        standing = said.standing
        event = DormantCustomer(
            event_id=event_id(cause.identity, _DORMANT_CUSTOMERS, customer_id, number),
            customer_id=customer_id,
            at=instant(said.at_us),
            rules=self._digest,
            source=cause.source,
            from_stage=dormancy.STAGES[said.from_stage],  # type: ignore[arg-type]
            stage=said.stage,  # type: ignore[arg-type]
            silent_days=standing.recency_days,
            usual_gap_days=standing.gap.days,
            last_order_day=_day(standing.last_order_day),
            tier=_tier(standing.tier),
            rfm=_rfm(standing.rfm),
            revenue=standing.revenue,
            revenue_at_risk=self._at_risk(standing.revenue, _HELD.get(said.stage, 0)),
            p_alive=None,
            account_manager=customer.account_manager,
        )
        return self._write(_DORMANT_CUSTOMERS, customer_id, event)

    def alert(
        self, customer_id: str, customer: Customer, said: AlertSaid, cause: Cause, number: int
    ) -> Write:
        """An alert, in the partition of the account manager; `number` as in `stage`."""
        standing, alert = said.standing, said.alert
        event = ChurnAlert(
            event_id=event_id(cause.identity, _CHURN_ALERTS, customer_id, number),
            customer_id=customer_id,
            account_manager=customer.account_manager,
            severity=SEVERITIES[alert.severity - 1],
            score=alert.score,
            reasons=[AlertReason(*msgspec.structs.astuple(one)) for one in alert.reasons],
            tier=TIERS[standing.tier],
            rfm=_rfm(standing.rfm),
            revenue=standing.revenue,
            revenue_at_risk=self._at_risk(standing.revenue, standing.stage),
            advice=alert.advice,
            cooldown_until=instant(said.until_us),
            at=instant(said.at_us),
            rules=self._digest,
            source=cause.source,
        )
        write = self._write(_CHURN_ALERTS, customer_id, event)
        key = customer.account_manager or _UNASSIGNED
        return msgspec.structs.replace(write, partition=None, key=key.encode())

    def standing(
        self,
        customer_id: str,
        customer: Customer,
        today: int | None,
        share: float | None,
        cause: Cause,
    ) -> Write:
        """The current standing; `today` None: there is no stream time yet."""
        newest = newest_order_day(customer)
        alert = live(customer.churn, cause.at_us)
        call = last_call(customer)
        known = newest != NO_DAY and today is not None
        event = Standing(
            event_id=event_id(cause.identity, _CUSTOMER_STANDINGS, customer_id, 0),
            customer_id=customer_id,
            at=instant(cause.at_us),
            rules=self._digest,
            source=cause.source,
            tier=TIERS[customer.tier],
            rfm=_rfm(customer.rfm),
            revenue=customer.revenue,
            profit=customer.profit,
            frequency=customer.frequency,
            recency_days=today - newest if known and today is not None else None,
            last_order_day=_day(newest),
            share=share,
            stage=dormancy.STAGES[customer.stage],  # type: ignore[arg-type]
            account_manager=customer.account_manager,
            name=customer.name,
            revenue_at_risk=self._at_risk(customer.revenue, customer.stage),
            alert=None if alert is None else SEVERITIES[alert.severity - 1],
            alert_until=None if alert is None else instant(alert.until_us),
            open_complaints=open_complaints(customer),
            last_call_at=None if call is None else instant(call.called_us),
            last_call_outcome=None if call is None else call.outcome,  # type: ignore[arg-type]
        )
        return self._write(_CUSTOMER_STANDINGS, customer_id, event)

    def no_standing(self, customer_id: str) -> Write:
        """The end of a customer's standing."""
        return Write(self._names[_CUSTOMER_STANDINGS], self._partition, customer_id.encode(), None)

    def erased(self, customer_id: str, cause: Cause) -> Write:
        """That a customer is erased."""
        event = CustomerErased(
            event_id=event_id(cause.identity, _CUSTOMER_ERASED, customer_id, 0),
            customer_id=customer_id,
            at=instant(cause.at_us),
            rules=self._digest,
            source=cause.source,
        )
        return self._write(_CUSTOMER_ERASED, customer_id, event)

    def dead_letter(
        self, source: Source, record: Record, why: InvalidRecord, at: datetime
    ) -> Write:
        """A record that can't be used, whole."""
        original = Original(record.key, record.value, tuple(record.headers))
        event = dead_letter(source, original, why, at=at, rules=self._digest)
        return msgspec.structs.replace(self._write(_DEAD_LETTERS, "", event), key=record.key)

    def _at_risk(self, revenue: int, stage: int) -> int:
        return dormancy.revenue_at_risk(revenue, stage, self._rules)

    def _write(self, topic: str, customer_id: str, event: Said | ChurnAlert | DeadLetter) -> Write:
        headers = headers_of(event, self._headers[topic], event.at)
        key = customer_id.encode()
        return Write(self._names[topic], self._partition, key, encode(event), headers)


def event_id(identity: str, topic: str, customer_id: str, number: int) -> str:
    """The same for the same cause, topic, customer and number; 32 hex digits."""
    text = f"{identity}|{topic}|{number}|{customer_id}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _tier(tier: int) -> Tier | None:
    return None if tier == UNKNOWN else TIERS[tier]


def _direction(before: int, after: int) -> Direction:
    if before == UNKNOWN:
        return "entered"
    if after == UNKNOWN:
        return "left"
    return "up" if after < before else "down"


def _rfm(rfm: int) -> str | None:
    return str(rfm) if rfm else None


def _day(day: int) -> date | None:
    return None if day == NO_DAY else as_date(day)
