"""The facts that alerts rest on, and the days on which time alone changes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.assess import assess
from streams.domain.churn_facts import Facts, facts_of, has_dropped, next_change
from streams.domain.customer import NEVER, ComplaintRecord, Contact, Customer, Day
from streams.domain.days import DAY_US, Calendar
from streams.domain.pyramid import NO_BORDERS, SMALL
from streams.domain.rules import default_rules, parse_rules

RULES = default_rules()
CALENDAR = Calendar("UTC")
FIRST, LAST = 18_000, 18_200


def facts(customer: Customer, today: int) -> Facts:
    standing = assess(customer, today, NO_BORDERS, RULES)
    return facts_of(customer, standing, SMALL, today, RULES, CALENDAR)


def reasons(customer: Customer, today: int) -> tuple[bool, list[str]]:
    found = facts(customer, today)
    return found.dropped, [one.complaint_id for one in found.overdue]


def test_revenue_has_dropped_where_it_is_under_half_of_what_it_was() -> None:
    assert has_dropped(499, 1000)
    assert not has_dropped(500, 1000)
    assert not has_dropped(0, 0)
    assert not has_dropped(-1, 0), "under half of nothing is nothing to tell"
    assert has_dropped(-1, 1)


def test_the_last_90_days_end_today() -> None:
    customer = Customer(
        days=[Day(18_000, 7, 0, 1, 0), Day(18_001, 5, 0, 1, 0), Day(18_090, 3, 0, 1, 0)],
        lifetime_orders=3,
    )
    found = facts(customer, 18_090)
    assert (found.quarter, found.quarter_before) == (8, 7)
    found = facts(customer, 18_180)
    assert (found.quarter, found.quarter_before) == (0, 8)
    found = facts(customer, 18_179)
    assert (found.quarter, found.quarter_before) == (3, 12)


days = st.lists(
    st.builds(Day, st.integers(FIRST, LAST), st.integers(-50, 100), st.just(0), st.just(1),
              st.just(0)),
    min_size=1, max_size=8, unique_by=lambda day: day.day,
).map(lambda days: sorted(days, key=lambda day: day.day))  # fmt: skip
complaints = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        ComplaintRecord,
        st.none() | st.integers(LAST - 20, LAST).map(lambda day: day * DAY_US + 7),
        st.just("price"),
        st.integers(1, 5),
        st.sampled_from(["opened", "assigned", "resolved"]),
    ),
)


@given(days, complaints, st.integers(LAST, LAST + 250))
def test_the_next_change_is_the_first_day_on_which_anything_differs(
    days: list[Day], complaints: dict[str, ComplaintRecord], today: int
) -> None:
    customer = Customer(
        days=days, lifetime_orders=len(days), contact=Contact(complaints=complaints)
    )
    was = reasons(customer, today)
    later = (day for day in range(today + 1, LAST + 200) if reasons(customer, day) != was)
    found = next_change(customer, facts(customer, today), today, RULES, CALENDAR)
    assert found == next(later, NEVER)


def test_of_complaints_the_most_severe_and_the_longest_open_go_first() -> None:
    def opened(day: int, severity: int, step: str = "opened") -> ComplaintRecord:
        return ComplaintRecord(day * DAY_US, "price", severity, step)

    contact = Contact(
        complaints={
            "a": opened(LAST - 6, 4),
            "b": opened(LAST - 9, 4),
            "c": opened(LAST - 1, 5),
            "d": opened(LAST - 40, 2),
            "e": opened(LAST - 50, 5, "rejected"),
            "f": ComplaintRecord(step="accepted"),
        }
    )
    found = facts(Customer(contact=contact), LAST)
    assert [one.complaint_id for one in found.severe] == ["c", "b", "a"]
    assert [(one.complaint_id, one.open_days) for one in found.overdue] == [
        ("d", 40), ("b", 9), ("a", 6),
    ]  # fmt: skip


def test_in_a_window_of_less_than_two_quarters_nothing_is_known_of_a_drop() -> None:
    customer = Customer(days=[Day(18_000, 400_000, 0, 1, 0), Day(18_100, 10, 0, 1, 0)])
    for window, dropped in ((180, True), (179, False)):
        rules = parse_rules(f"[business]\nwindow_days = {window}\n", "the test's rules")
        standing = assess(customer, 18_100, NO_BORDERS, rules)
        found = facts_of(customer, standing, SMALL, 18_100, rules, CALENDAR)
        assert found.dropped == dropped
        change = next_change(customer, found, 18_100, rules, CALENDAR)
        assert (change == NEVER) == (not dropped)
