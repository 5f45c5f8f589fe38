"""Days are calendar days in the business time zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.days import Calendar, as_date, as_day, instant, micros

# Half hours and quarters, clocks that change at midnight or a minute past it, a day left out,
# an offset that was no whole minute, and the zone of the defaults.
ZONES = [
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Africa/Monrovia",
]


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", "2026-11-21T23:59:59.999999Z", "2026-11-21"),
        ("UTC", "2026-11-22T00:00:00Z", "2026-11-22"),
        ("UTC", "2026-11-22T07:00:00+08:00", "2026-11-21"),
        ("Asia/Shanghai", "2026-11-21T15:59:59Z", "2026-11-21"),
        ("Asia/Shanghai", "2026-11-21T16:00:00Z", "2026-11-22"),
        ("Pacific/Chatham", "2026-01-01T10:14:59Z", "2026-01-01"),  # +13:45
        ("Pacific/Chatham", "2026-01-01T10:15:00Z", "2026-01-02"),
        ("America/New_York", "2026-03-08T04:59:59Z", "2026-03-07"),  # the day of 23 hours
        ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09"),
        ("America/New_York", "2026-11-02T04:59:59Z", "2026-11-01"),  # the day of 25 hours
        ("America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07"),  # 00:00:30; at 00:01 clocks
        ("America/St_Johns", "2010-11-07T02:31:00Z", "2010-11-06"),  # go back to 23:01
        ("America/St_Johns", "2010-11-07T03:30:00Z", "2010-11-07"),
        ("UTC", "1969-12-31T23:59:59.999999Z", "1969-12-31"),
        ("Asia/Shanghai", "1969-12-31T16:00:00Z", "1970-01-01"),
    ],
)
def test_an_instant_falls_on_the_day_of_the_business_time_zone(
    zone: str, moment: str, day: str
) -> None:
    assert as_date(Calendar(zone).day_of(at(moment))) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("UTC", "2026-11-21", "2026-11-21T00:00:00Z"),
        ("Asia/Shanghai", "2026-11-21", "2026-11-20T16:00:00Z"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),  # began at 01:00
        (
            "America/St_Johns",
            "2010-11-07",
            "2010-11-07T02:30:00Z",
        ),  # of its two midnights the first
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z"),  # 23:30 became 00:30
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # a day that was left out
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_day_begins_with_its_first_instant(zone: str, day: str, moment: str) -> None:
    start = Calendar(zone).start_of(as_day(date.fromisoformat(day)))
    assert instant(start) == datetime.fromisoformat(moment)


def moments(begin: str, end: str) -> st.SearchStrategy[datetime]:
    first, last = (datetime.fromisoformat(f"{day}T00:00:00Z") for day in (begin, end))
    microseconds = st.integers(0, (last - first) // timedelta(microseconds=1))
    return microseconds.map(lambda number: first + timedelta(microseconds=number))


MOMENTS = moments("1890-01-01", "2100-01-01")


@given(st.sampled_from(ZONES), MOMENTS, st.lists(st.integers(0, 3600), max_size=5))
def test_days_are_those_of_the_time_zone_whatever_was_asked_before(
    zone: str, moment: datetime, seconds: list[int]
) -> None:
    calendar = Calendar(zone)
    for later in [moment, *[moment + timedelta(seconds=n) for n in seconds]]:
        expected = later.astimezone(ZoneInfo(zone)).date()
        assert as_date(calendar.day_of(micros(later))) == expected


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2010-11-07T02:29:59Z", "2010-11-06"),
        ("2010-11-07T02:30:00Z", "2010-11-07"),
        ("2010-11-07T02:31:00Z", "2010-11-07"),  # 23:01 of the day before, once more
        ("2010-11-07T03:29:59Z", "2010-11-07"),
        ("2010-11-08T03:29:59Z", "2010-11-07"),
        ("2010-11-08T03:30:00Z", "2010-11-08"),
        ("1970-01-01T12:00:00Z", "1970-01-01"),
    ],
)
def test_a_day_that_has_begun_stays_today_where_clocks_go_back(moment: str, day: str) -> None:
    assert as_date(Calendar("America/St_Johns").today_at(at(moment))) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("America/St_Johns", "2010-11-07"),  # to 23:01
        ("America/Sao_Paulo", "2018-02-18"),  # to 23:00 as soon as it was midnight
        ("Asia/Amman", "2021-10-29"),  # to 00:00
        ("Pacific/Apia", "2011-12-30"),  # left out
    ],
)
@given(data=st.data(), minutes=st.lists(st.integers(0, 300), min_size=1, max_size=5))
def test_today_is_the_newest_day_so_far_whatever_was_asked_before(
    zone: str, change: str, data: st.DataObject, minutes: list[int]
) -> None:
    day = date.fromisoformat(change)
    moment = data.draw(moments(f"{day - timedelta(days=1)}", f"{day + timedelta(days=2)}"))
    calendar = Calendar(zone)
    for number in minutes:
        later = micros(moment + timedelta(minutes=number))
        so_far = (calendar.day_of(later - back * 60_000_000) for back in range(121))
        assert calendar.today_at(later) == max(so_far)


@given(MOMENTS | moments("0002-01-01", "9998-12-31"))
def test_instants_keep_every_microsecond(moment: datetime) -> None:
    assert instant(micros(moment)) == moment
