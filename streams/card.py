"""One customer, as the worker that owns them knows it: standing, tables, and why."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.outputs import SEVERITIES
from streams.domain import dormancy
from streams.domain.alerts import live, reasons_now
from streams.domain.contact_fold import is_open, last_call, open_complaints
from streams.domain.customer import NEVER, NO_DAY, Customer
from streams.domain.days import as_date, instant
from streams.domain.orders_fold import first_order_day, newest_order_day
from streams.domain.pyramid import NOWHERE, TIERS, rank_code, rank_value
from streams.engine.partition import Partition


def card_of(partition: Partition, customer_id: str) -> dict[str, Any] | None:
    """What is known of a customer, ready for JSON; None for someone unknown."""
    customer = partition.table.get(customer_id.encode())
    if customer is None:
        return None
    return {
        "customer_id": customer_id,
        "standing": _standing(partition, customer),
        "alert": _alert(partition, customer),
        "tables": _tables(partition, customer),
        "why": _why(partition, customer),
    }


def _standing(partition: Partition, customer: Customer) -> dict[str, Any]:
    newest = _newest(customer)
    today, now = partition.today, partition.stream_time_us
    recency = None if newest is None or today is None else today - newest
    alert = None if now is None else live(customer.churn, now)
    call = last_call(customer)
    return {
        "tier": TIERS[customer.tier],
        "rfm": str(customer.rfm) if customer.rfm else None,
        "revenue": customer.revenue,
        "profit": customer.profit,
        "frequency": customer.frequency,
        "recency_days": recency,
        "last_order_day": None if newest is None else as_date(newest),
        "share": partition.share(customer),
        "stage": dormancy.STAGES[customer.stage],
        "account_manager": customer.account_manager,
        "name": customer.name,
        "revenue_at_risk": dormancy.revenue_at_risk(
            customer.revenue, customer.stage, partition.rules
        ),
        "alert": None if alert is None else SEVERITIES[alert.severity - 1],
        "alert_until": None if alert is None else instant(alert.until_us),
        "open_complaints": open_complaints(customer),
        "last_call_at": None if call is None else instant(call.called_us),
        "last_call_outcome": None if call is None else call.outcome,
        "at": None if now is None else instant(now),
    }


def _alert(partition: Partition, customer: Customer) -> dict[str, Any] | None:
    """The live alert, with the reasons that hold today and their score; None where none is live."""
    now, today = partition.stream_time_us, partition.today
    if now is None or today is None or (alert := live(customer.churn, now)) is None:
        return None
    held = reasons_now(customer, today, partition.scene)
    return {
        "severity": SEVERITIES[alert.severity - 1],
        "score": 0 if held is None else held.score,
        "until": instant(alert.until_us),
        "reasons": [] if held is None else held.reasons,
        "advice": None if held is None else held.advice,
    }


def _tables(partition: Partition, customer: Customer) -> dict[str, Any]:
    first = first_order_day(customer)
    gap = dormancy.usual_gap(customer.days, partition.rules.window_days)
    return {
        "lifetime_revenue": customer.lifetime_revenue,
        "lifetime_orders": customer.lifetime_orders,
        "first_order_day": None if first == NO_DAY else as_date(first),
        "usual_gap_days": gap.days,
        "order_days": [_day(day) for day in customer.days[-31:]],
        **_contact(partition, customer),
        "file": None if customer.file is None else _file(customer.file),
    }


def _file(raw: bytes) -> Any:
    """The customer's file; as text where it holds what no program can (1e400, half a character) in
    a field that nobody here reads."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        return raw.decode()


def _day(day: Any) -> dict[str, Any]:
    return {
        "day": as_date(day.day),
        "revenue": day.revenue,
        "profit": day.profit,
        "orders": day.orders,
        "orders_of_unknown_cost": day.unknown_profit,
    }


def _contact(partition: Partition, customer: Customer) -> dict[str, Any]:
    contact = customer.contact
    if contact is None:
        return {"calls": 0, "calls_reached": 0, "last_call": None, "complaints": 0,
                "open_complaints": [], "follow_ups": []}  # fmt: skip
    begin = partition.window_begin
    days = [day for day in contact.call_days if begin is None or day.day > begin]
    day_of = partition.scene.calendar.day_of
    held = contact.complaints.items()
    recent = [c for _, c in held if begin is None or day_of(c.opened_us or c.step_us) > begin]
    return {
        "calls": sum(day.calls for day in days),
        "calls_reached": sum(day.reached for day in days),
        "last_call": _call(contact.last_call),
        "complaints": len(recent),
        "open_complaints": [
            {"complaint_id": name, "category": c.category, "severity": c.severity, "step": c.step,
             "opened_at": None if c.opened_us is None else instant(c.opened_us),
             "department": c.department}
            for name, c in held if is_open(c)
        ],
        "follow_ups": [
            {"at": instant(promise.follow_up_us), "call_id": promise.call_id}
            for promise in contact.promises
        ],
    }  # fmt: skip


def _call(call: Any) -> dict[str, Any] | None:
    if call is None:
        return None
    fields = msgspec.structs.asdict(call)
    called, follow_up = fields.pop("called_us"), fields.pop("follow_up_us")
    promised = None if follow_up is None else instant(follow_up)
    return {"called_at": instant(called), **fields, "follow_up_at": promised}


def _why(partition: Partition, customer: Customer) -> dict[str, Any]:
    """The value that is ranked, the borders it is held against, and what comes next."""
    borders = partition.scene.borders
    begins = {
        tier: None if border == NOWHERE else rank_value(border)
        for tier, border in zip(TIERS, borders.tiers, strict=False)
    }
    return {
        "ranked_by": partition.rules.rank_by,
        "rank_value": rank_value(rank_code(customer.rank)) if customer.active else None,
        "tiers_begin_at": begins,
        "stages_begin_on": _stages(partition, customer),
        "looked_at_again_on": None if customer.due == NEVER else as_date(customer.due),
        "event_ids_remembered": len(customer.seen),
        "partition": partition.identity.number,
    }


def _stages(partition: Partition, customer: Customer) -> dict[str, Any]:
    newest = _newest(customer)
    if newest is None:
        return {}
    gap = dormancy.usual_gap(customer.days, partition.rules.window_days)
    days = dormancy.stage_days(newest, gap, partition.rules)
    return {str(dormancy.STAGES[stage]): as_date(day) for day, stage in days}


def _newest(customer: Customer) -> int | None:
    newest = newest_order_day(customer)
    return None if newest == NO_DAY else newest
