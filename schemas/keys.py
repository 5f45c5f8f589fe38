"""A record's key is its customer_id."""

from __future__ import annotations

import json

from schemas.invalid import InvalidRecord, shortened


def check_key(key: bytes | None, customer_id: str) -> None:
    """Raises InvalidRecord (no_key, key_mismatch) unless `key` is `customer_id` in UTF-8."""
    if key is None:
        raise InvalidRecord(
            "no_key", f"the key must be customer_id {_shown(customer_id)}, got none"
        )
    if key != customer_id.encode():
        raise InvalidRecord(
            "key_mismatch",
            f"the key must be customer_id {_shown(customer_id)},"
            f" got {_shown(key.decode(errors='replace'))}",
        )


def customer_id_of(key: bytes | None) -> str:
    """The customer whom a tombstone names by its key.

    Raises InvalidRecord: no_key, not_utf8, bad_identifier.
    """
    if key is None:
        raise InvalidRecord("no_key", "the key of a tombstone must be a customer_id, got none")
    try:
        customer_id = key.decode()
    except UnicodeDecodeError as error:
        shown = shortened(repr(key[:60]))
        raise InvalidRecord("not_utf8", f"the key must be UTF-8, got {shown}") from error
    if not 1 <= len(customer_id) <= 128:
        raise InvalidRecord(
            "bad_identifier", f"the key must have 1 to 128 characters, got {_shown(customer_id)}"
        )
    return customer_id


def _shown(text: str) -> str:
    return json.dumps(shortened(text), ensure_ascii=False)
