"""JSON as lines: one document a line, ASCII alone, so that a line is a record for every tool."""

from __future__ import annotations

import re
from base64 import b64encode
from json.encoder import encode_basestring_ascii
from typing import Any

import msgspec
import orjson

_BREAKS = bytes.maketrans(b"\r\n", b"  ")  # outside strings; inside, JSON has none
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")


def json_line(value: Any) -> bytes:
    """A value as one line of ASCII JSON; integers of any size."""
    return one_line(msgspec.json.encode(value))


def one_line(document: bytes) -> bytes:
    """A JSON document as one line of ASCII, numbers and spelling kept as they are."""
    flat = document.translate(_BREAKS)
    if flat.isascii():
        return flat
    return _NON_ASCII.sub(_escape, flat.decode()).encode()


def shown(raw: bytes | None) -> tuple[bytes, bool]:
    """Bytes of a record as a JSON document of one line, and whether they had to go as base64.

    JSON stays JSON, other text becomes a string, what isn't UTF-8 a string of base64, and
    nothing null.
    """
    if raw is None:
        return b"null", False
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _as_string(raw)
    return one_line(raw), False


def shown_text(raw: bytes | None) -> tuple[bytes, bool]:
    """Like `shown`, for bytes that are text even where they look like JSON: keys, headers."""
    return (b"null", False) if raw is None else _as_string(raw)


def _as_string(raw: bytes) -> tuple[bytes, bool]:
    try:
        return encode_basestring_ascii(raw.decode()).encode(), False
    except UnicodeDecodeError:
        return b'"' + b64encode(raw) + b'"', True


def _escape(run: re.Match[str]) -> str:
    return encode_basestring_ascii(run[0])[1:-1]
