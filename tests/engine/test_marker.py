"""Markers of older and newer programs."""

from __future__ import annotations

import msgspec
import pytest

from streams.engine.marker import (
    VERSION,
    Marker,
    MarkerVersionError,
    decode_marker,
    encode_marker,
)

MARKER = Marker("state", 4, "UTC", "CNY", positions={"orders": 7})


def of_version(version: int) -> bytes:
    fields = msgspec.msgpack.decode(encode_marker(MARKER)) | {"version": version}
    del fields["trusting"]
    return msgspec.msgpack.encode(fields)


def test_a_marker_is_decoded_as_it_was_encoded() -> None:
    assert decode_marker(encode_marker(MARKER)) == MARKER


def test_one_of_version_1_is_brought_up_and_may_have_trusted_producers() -> None:
    marker = decode_marker(of_version(1))
    assert (marker.version, marker.trusting, marker.positions) == (VERSION, True, {"orders": 7})


def test_one_of_a_newer_version_is_refused() -> None:
    with pytest.raises(MarkerVersionError, match="run the newer program again"):
        decode_marker(of_version(VERSION + 1))
