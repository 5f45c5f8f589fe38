"""How a Redis is named in sentences, and how long it is waited for."""

from __future__ import annotations

from redis.connection import ConnectionPool

from streams.errors import UserError

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0


def place_of(url: str) -> str:
    """Host, port and database of a URL, or the path of its socket: no user, no password.

    UserError, without the URL, where it can't be used.
    """
    try:
        pool = ConnectionPool.from_url(url)
        pool.make_connection()  # refuses unknown options; does not connect
    except (ValueError, TypeError):
        raise UserError(
            "TIERSTREAM_REDIS_URL can't be used, got a value not shown here: it must be a URL such "
            "as redis://localhost:6379/0, rediss://user:password@host:6380/0 or unix:///path"
        ) from None
    held = pool.connection_kwargs
    where = held.get("path") or f"{held.get('host', 'localhost')}:{held.get('port', 6379)}"
    return f"{where}/{held.get('db', 0)}"
