"""How the text of a variable becomes a value. Each raises ValueError with the way out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LEGAL = re.compile(r"[A-Za-z0-9._-]{0,100}")  # of topic names; Kafka's 249 leave room for both


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 takes any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def text(given: str) -> str | None:
    """The text, or None where there is none."""
    return given or None


def file(given: str) -> Path | None:
    """The path of a file that is there, or None where none is named."""
    if not given:
        return None
    if not Path(given).is_file():
        raise ValueError("must be the path of a file that exists")
    return Path(given)


def topic_prefix(given: str) -> str:
    """A prefix that is legal in topic names."""
    if not _LEGAL.fullmatch(given):
        raise ValueError("must be at most 100 letters, digits, dots, hyphens and underscores")
    return given


def app_id(given: str) -> str:
    """A name that is legal in topic names, and not empty."""
    return topic_prefix(given)


def partitions(given: str) -> int:
    """A number of partitions."""
    return _whole(given, 1, 10_000)


def standbys(given: str) -> int:
    """A number of copies."""
    return _whole(given, 0, 100)


def retention_days(given: str) -> int | None:
    """Whole days, or None for ever."""
    if given == "unlimited":
        return None
    try:
        return _whole(given, 1, 36_500)
    except ValueError as error:
        raise ValueError(f"{error}, or unlimited") from None


def seconds(given: str) -> float:
    """Seconds, with decimals where wanted."""
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 86_400:
        raise ValueError("must be a number of seconds from 0 to 86400")
    return value


def switch(given: str) -> bool:
    """`on` or `off`."""
    if given not in ("on", "off"):
        raise ValueError("must be on or off")
    return given == "on"


def one_of(*words: str, none: str | None = None) -> Callable[[str], str | None]:
    """A reader that takes these words alone; the word `none` becomes None."""

    def read(given: str) -> str | None:
        if given not in words:
            raise ValueError(f"must be one of {', '.join(word for word in words if word)}")
        return None if given == none else given

    return read


def redis_url(given: str) -> str | None:
    """The URL of a Redis, or None."""
    if given and urlsplit(given).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must be a URL such as redis://localhost:6379/0")
    return given or None


def address(given: str) -> Address:
    """HOST:PORT; an IPv6 host in square brackets."""
    host, separator, port = given.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    plain = ":" not in host or bare != host
    if not (separator and bare and plain and port.isdecimal() and int(port) < 65_536):
        raise ValueError("must be HOST:PORT, such as 127.0.0.1:6066")
    return Address(bare, int(port))


def _whole(given: str, least: int, most: int) -> int:
    if not (given.isascii() and given.isdecimal() and least <= int(given) <= most):
        raise ValueError(f"must be a whole number from {least} to {most}")
    return int(given)
