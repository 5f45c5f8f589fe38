"""Keeps libraries from flooding the worker's log: a client without a broker says the same forty
times a second."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import monotonic

AGAIN_SECONDS = 30.0


class Seldom(logging.Filter):
    """For a handler: what these loggers, and those under them, say again in the same words (their
    arguments left out) passes once in `AGAIN_SECONDS`, with how often it was said meanwhile."""

    def __init__(self, loggers: Iterable[str], clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._loggers = frozenset(loggers)
        self._clock = clock
        self._passed: dict[tuple[str, str], tuple[float, int]] = {}  # when; how often since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in self._loggers:
            return True
        words, now = (record.name, str(record.msg)), self._clock()
        at, since = self._passed.get(words, (-AGAIN_SECONDS, 0))
        if now - at < AGAIN_SECONDS:
            self._passed[words] = at, since + 1
            return False
        self._passed[words] = now, 0
        if since:
            record.msg = f"{record.getMessage()} (and {since:,} times before)"
            record.args = None
        return True
