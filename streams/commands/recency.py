"""Brings recency and alert in a standing up to the stream time of the customer's partition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from streams.domain.days import Calendar, as_day, micros


class Recency:
    """Knows what day it is in each partition; None where there is no stream time."""

    def __init__(self, time_zone: str, stream_times: Mapping[int, datetime | None]) -> None:
        calendar = Calendar(time_zone)
        self._now = stream_times
        self._today = {
            partition: calendar.today_at(micros(time))
            for partition, time in stream_times.items()
            if time is not None
        }

    def brought_up(self, standing: dict[str, Any], partition: int) -> dict[str, Any]:
        """The standing as of now: `recency_days` = today − last_order_day, and no alert that has
        ended.

        A recency of null stays null: no order stands. Without a stream time nothing changes.
        """
        now, today = self._now.get(partition), self._today.get(partition)
        until = standing.get("alert_until")
        if now is not None and until is not None and datetime.fromisoformat(until) <= now:
            standing = {**standing, "alert": None, "alert_until": None}
        last = standing.get("last_order_day")
        if today is None or last is None or standing.get("recency_days") is None:
            return standing
        return {**standing, "recency_days": today - as_day(date.fromisoformat(last))}
