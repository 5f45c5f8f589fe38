"""What counts for alerts: the facts of a customer on a day, and the next day that changes them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.domain.assess import Standing
from streams.domain.contact_fold import is_open
from streams.domain.customer import NEVER, ComplaintRecord, Customer, Day
from streams.domain.days import Calendar
from streams.domain.rules import Rules

QUARTER_DAYS = 90
SEVERE = 4  # from this severity on a complaint is one that alerts are said of


class OpenComplaint(NamedTuple):
    """A complaint that is neither solved nor rejected."""

    complaint_id: str
    severity: int
    category: str
    opened_us: int
    open_days: int


class Facts(msgspec.Struct, frozen=True, gc=False):
    """Why a customer may be slipping away. Money in minor units of the base currency."""

    tier_before: int  # the best tier held since the newest order
    tier: int
    stage: int
    silent_days: int | None
    usual_gap_days: float | None
    last_order_day: int
    revenue: int  # of the window
    severe: list[OpenComplaint]  # the most severe first
    overdue: list[OpenComplaint]  # open for longest first
    quarter: int  # revenue of the last 90 days
    quarter_before: int  # and of the 90 before

    @property
    def dropped(self) -> bool:
        """Whether revenue is under half of what it was."""
        return has_dropped(self.quarter, self.quarter_before)


def facts_of(
    customer: Customer,
    standing: Standing,
    tier_before: int,
    today: int,
    rules: Rules,
    calendar: Calendar,
) -> Facts:
    """The facts on a day; `standing`: of the customer on that day."""
    quarter, before = _quarters(customer.days, today) if _is_kept(rules) else (0, 0)
    severe, overdue = _complaints(customer, today, rules, calendar)
    return Facts(
        tier_before=tier_before,
        tier=standing.tier,
        stage=standing.stage,
        silent_days=standing.recency_days,
        usual_gap_days=standing.gap.days,
        last_order_day=standing.last_order_day,
        revenue=standing.revenue,
        severe=severe,
        overdue=overdue,
        quarter=quarter,
        quarter_before=before,
    )


def has_dropped(quarter: int, before: int) -> bool:
    """Whether the revenue of 90 days is under half of that of the 90 before."""
    return before > 0 and 2 * quarter < before


def next_change(
    customer: Customer, facts: Facts, today: int, rules: Rules, calendar: Calendar
) -> int:
    """The next day on which time alone makes a complaint overdue, or revenue (not) dropped."""
    weights, change = rules.churn.weights, NEVER
    if weights["revenue_drop"] and _is_kept(rules):
        change = _drop_changes(customer.days, facts, today)
    if customer.contact is None or not weights["overdue_complaint"]:
        return change
    for complaint in customer.contact.complaints.values():
        if complaint.opened_us is not None and is_open(complaint):
            overdue = calendar.day_of(complaint.opened_us) + rules.churn.complaint_days + 1
            if today < overdue < change:
                change = overdue
    return change


def _is_kept(rules: Rules) -> bool:
    """Whether two quarters lie in the window; older days may be gone, so nothing is known then."""
    return rules.window_days >= 2 * QUARTER_DAYS


def _quarters(days: list[Day], today: int) -> tuple[int, int]:
    quarter = before = 0
    middle, begin = today - QUARTER_DAYS, today - 2 * QUARTER_DAYS
    for day in reversed(days):
        if day.day > middle:
            quarter += day.revenue
        elif day.day > begin:
            before += day.revenue
        else:
            break
    return quarter, before


def _drop_changes(days: list[Day], facts: Facts, today: int) -> int:
    """Orders grow old one by one, past the middle and past the end, until something is changed."""
    quarter, before, dropped = facts.quarter, facts.quarter_before, facts.dropped
    number = len(days)
    first = number  # the oldest day of the older quarter
    while first and days[first - 1].day > today - 2 * QUARTER_DAYS:
        first -= 1
    middle = first  # the oldest of the newer one
    while middle < number and days[middle].day <= today - QUARTER_DAYS:
        middle += 1
    while first < number:
        leaves = days[first].day + 2 * QUARTER_DAYS
        crosses = days[middle].day + QUARTER_DAYS if middle < number else NEVER
        change = min(leaves, crosses)
        if crosses == change:
            quarter -= days[middle].revenue
            before += days[middle].revenue
            middle += 1
        if leaves == change:
            before -= days[first].revenue
            first += 1
        if has_dropped(quarter, before) != dropped:
            return change
    return NEVER


def _complaints(
    customer: Customer, today: int, rules: Rules, calendar: Calendar
) -> tuple[list[OpenComplaint], list[OpenComplaint]]:
    """Those open that are severe, and those that are overdue. Of a complaint whose opening has
    not come yet neither is known."""
    if customer.contact is None or not customer.contact.complaints:
        return [], []
    held = customer.contact.complaints.items()
    opened = [
        _open(name, complaint, complaint.opened_us, today, calendar)
        for name, complaint in held
        if complaint.opened_us is not None and is_open(complaint)
    ]
    opened.sort(key=lambda one: (one.opened_us, one.complaint_id))
    overdue = [one for one in opened if one.open_days > rules.churn.complaint_days]
    severe = [one for one in opened if one.severity >= SEVERE]
    severe.sort(key=lambda one: -one.severity)
    return severe, overdue


def _open(
    name: str, complaint: ComplaintRecord, opened_us: int, today: int, calendar: Calendar
) -> OpenComplaint:
    open_days = max(today - calendar.day_of(opened_us), 0)
    return OpenComplaint(
        name, complaint.severity or 0, complaint.category or "other", opened_us, open_days
    )
