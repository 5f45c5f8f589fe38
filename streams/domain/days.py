"""Calendar days in the business time zone, and instants as whole microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_US = timedelta(microseconds=1)
_MINUTE_US = 60_000_000
_SLICE_US = 900_000_000
_MANY_SLICES = 200_000  # a few years of quarters of an hour: some 20 MB


def micros(moment: datetime) -> int:
    """The instant as microseconds since 1970-01-01T00:00:00Z, exactly."""
    return (moment - _EPOCH) // _US


def instant(moment_us: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return _EPOCH + moment_us * _US


def as_date(day: int) -> date:
    """The calendar day of a day number (days since 1970-01-01)."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


def as_day(day: date) -> int:
    """The day number (days since 1970-01-01) of a calendar day."""
    return day.toordinal() - _EPOCH_ORDINAL


class Calendar:
    """Which day an instant falls on in a time zone, and when a day begins there."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)
        self._utc = time_zone == "UTC"
        self._today: int | None = None  # of the last look, and when the day after it begins
        self._tomorrow_us = 0
        self._days: dict[int, int] = {}  # quarter of an hour -> day number, where it has but one

    def day_of(self, moment_us: int) -> int:
        """The day number of an instant."""
        if self._utc:
            return moment_us // DAY_US
        quarter = moment_us // _SLICE_US
        day = self._days.get(quarter)
        return self._look_up(moment_us, quarter) if day is None else day

    def today_at(self, moment_us: int) -> int:
        """The newest day that has begun by an instant: where clocks go back over midnight, `day_of`
        is the day before for an hour once more, and what has fallen due can't be undone."""
        if self._utc:
            return moment_us // DAY_US
        day = self.day_of(moment_us)
        if day != self._today:
            self._today, self._tomorrow_us = day, self.start_of(day + 1)
        return day + 1 if moment_us >= self._tomorrow_us else day

    def start_of(self, day: int) -> int:
        """The first instant of a day, in microseconds since 1970.

        Of a day that a time zone left out (Samoa's 2011-12-30): that of the next.
        """
        if self._utc:
            return day * DAY_US
        midnight = datetime.combine(as_date(day), datetime.min.time(), self._zone)
        start = micros(midnight.astimezone(UTC))
        while self.day_of(start - 1) >= day:  # clocks jumped over midnight from the day before
            start -= _MINUTE_US
        return start

    def _look_up(self, moment_us: int, quarter: int) -> int:
        first = self._local_day(quarter * _SLICE_US)
        if first == self._local_day((quarter + 1) * _SLICE_US - 1):
            if len(self._days) >= _MANY_SLICES:
                self._days.clear()
            self._days[quarter] = first
            return first
        # Some offsets were no whole quarters, and some clocks changed a minute past midnight.
        return self._local_day(moment_us)

    def _local_day(self, moment_us: int) -> int:
        return as_day(instant(moment_us).astimezone(self._zone).date())
