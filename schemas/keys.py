"""A record's key is its customer_id."""

from __future__ import annotations

from schemas.invalid import InvalidRecord, shortened, shown


def check_key(key: bytes | None, customer_id: str) -> None:
    """Raises InvalidRecord (no_key, key_mismatch) unless `key` is `customer_id` in UTF-8."""
    if key is None:
        raise InvalidRecord("no_key", f"the key must be customer_id {shown(customer_id)}, got none")
    if key != customer_id.encode():
        raise InvalidRecord(
            "key_mismatch",
            f"the key must be customer_id {shown(customer_id)},"
            f" got {shown(key.decode(errors='replace'))}",
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
        got = shortened(repr(key[:60]))
        raise InvalidRecord("not_utf8", f"the key must be UTF-8, got {got}") from error
    if not 1 <= len(customer_id) <= 128:
        raise InvalidRecord(
            "bad_identifier", f"the key must have 1 to 128 characters, got {shown(customer_id)}"
        )
    return customer_id
