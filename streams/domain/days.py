"""Calendar days in the business time zone, and instants as whole microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_US = timedelta(microseconds=1)
_SLICE_US = 900_000_000  # offsets from UTC change at quarters of an hour only


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
        self._days: dict[int, int] = {}  # quarter of an hour -> day number

    def day_of(self, moment_us: int) -> int:
        """The day number of an instant."""
        if self._utc:
            return moment_us // DAY_US
        quarter = moment_us // _SLICE_US
        day = self._days.get(quarter)
        if day is None:
            day = self._days[quarter] = self._local_day(quarter * _SLICE_US)
            if len(self._days) > 200_000:  # bounded: a few years of quarters of an hour
                self._days = {quarter: day}
        return day

    def start_of(self, day: int) -> int:
        """The first instant of a day, in microseconds since 1970."""
        if self._utc:
            return day * DAY_US
        midnight = datetime.combine(as_date(day), datetime.min.time(), self._zone)
        start = micros(midnight.astimezone(UTC))
        while self.day_of(start) < day:  # a midnight that clocks jump over
            start += _SLICE_US
        return start

    def _local_day(self, moment_us: int) -> int:
        try:
            return as_day(instant(moment_us).astimezone(self._zone).date())
        except OverflowError:  # the first or last day that datetime knows
            return moment_us // DAY_US
