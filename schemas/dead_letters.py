"""A record that can't be used, wrapped as JSON, and unwrapped again byte for byte."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.invalid import InvalidRecord
from schemas.outputs import DeadLetter, Encoding, Header, Source


class Original(NamedTuple):
    """A record as it was sent."""

    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def dead_letter(
    source: Source,
    original: Original,
    why: InvalidRecord,
    *,
    at: datetime | None,
    rules: str,
) -> DeadLetter:
    """The dead letter of the record at `source`, whatever its bytes."""
    key, key_encoding = _as_text(original.key)
    value, encoding = _as_text(original.value)
    return DeadLetter(
        event_id=f"{source.topic}/{source.partition}/{source.offset}",
        customer_id=None,
        at=at,
        rules=rules,
        source=source,
        topic=source.topic,
        partition=source.partition,
        offset=source.offset,
        key=key,
        value=value,
        encoding=encoding,
        key_encoding=key_encoding,
        headers=_wrapped(original.headers),
        code=why.code,
        reason=why.reason,
    )


def original(letter: DeadLetter) -> Original:
    """The record that `letter` wraps, byte for byte.

    Raises ValueError where a letter that was put right by hand holds base64 that is none.
    """
    return Original(
        _as_bytes(letter.key, letter.key_encoding),
        _as_bytes(letter.value, letter.encoding),
        tuple((one.key, _as_bytes(one.value, one.encoding)) for one in letter.headers),
    )


def _wrapped(headers: Sequence[tuple[str, bytes | None]]) -> list[Header]:
    return [Header(name, *_as_text(value)) for name, value in headers]


def _as_text(raw: bytes | None) -> tuple[str | None, Encoding]:
    if raw is None:
        return None, "text"
    try:
        return raw.decode(), "text"
    except UnicodeDecodeError:
        return b64encode(raw).decode(), "base64"


def _as_bytes(text: str | None, encoding: Encoding) -> bytes | None:
    if text is None:
        return None
    return text.encode() if encoding == "text" else b64decode(text, validate=True)
