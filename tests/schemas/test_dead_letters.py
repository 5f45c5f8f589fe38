"""A dead letter holds its record whole, whatever the bytes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letters import Original, dead_letter, original
from schemas.encoding import encode
from schemas.invalid import InvalidRecord
from schemas.outputs import DeadLetter, Source
from streams.topics import DEAD_LETTERS

SOURCE = Source("test.orders", 3, 41)
WHY = InvalidRecord("not_json", "the value must be JSON, got something else")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
BYTES = st.none() | st.binary() | TEXT.map(str.encode)
ORIGINALS = st.builds(Original, BYTES, BYTES, st.lists(st.tuples(TEXT, BYTES)).map(tuple))


def wrapped(record: Original) -> bytes:
    return encode(dead_letter(SOURCE, record, WHY, at=None, rules="0123456789ab"))


@given(ORIGINALS)
def test_what_was_wrapped_is_unwrapped_byte_for_byte(record: Original) -> None:
    assert original(msgspec.json.decode(wrapped(record), type=DeadLetter)) == record


def test_text_stays_readable_and_the_rest_is_base64() -> None:
    record = Original(b"C-1", b"\xff\x00", (("trace", b"abc"), ("raw", b"\xfe"), ("none", None)))
    assert msgspec.json.decode(wrapped(record)) == {
        "event_id": "test.orders/3/41",
        "customer_id": None,
        "at": None,
        "rules": "0123456789ab",
        "source": {"topic": "test.orders", "partition": 3, "offset": 41},
        "topic": "test.orders",
        "partition": 3,
        "offset": 41,
        "key": "C-1",
        "value": "/wA=",
        "encoding": "base64",
        "key_encoding": "text",
        "headers": [
            {"key": "trace", "value": "abc", "encoding": "text"},
            {"key": "raw", "value": "/g==", "encoding": "base64"},
            {"key": "none", "value": None, "encoding": "text"},
        ],
        "code": "not_json",
        "reason": "the value must be JSON, got something else",
    }


def test_no_value_and_an_empty_one_stay_apart() -> None:
    for value in (None, b""):
        letter = msgspec.json.decode(wrapped(Original(value, value, ())), type=DeadLetter)
        assert original(letter) == Original(value, value, ())


@pytest.mark.parametrize("worst", [b"\x00", b'"', b"\xff", "😀".encode()])
def test_the_largest_record_fits_wrapped(worst: bytes) -> None:
    largest = worst * (1_048_588 // len(worst))
    assert DEAD_LETTERS.max_record_bytes is not None
    assert len(wrapped(Original(b"C-1", largest, ()))) < DEAD_LETTERS.max_record_bytes


def test_the_record_with_most_headers_fits_wrapped() -> None:
    smallest = ("", None)  # two bytes of a record
    most = Original(b"C-1", b"{}", (smallest,) * (1_048_588 // 2))
    assert DEAD_LETTERS.max_record_bytes is not None
    assert len(wrapped(most)) < DEAD_LETTERS.max_record_bytes


def test_base64_that_was_spoilt_by_hand_is_an_error() -> None:
    letter = msgspec.json.decode(wrapped(Original(None, b"\xff", ())), type=DeadLetter)
    with pytest.raises(ValueError, match=r"(?i)base64|padding"):
        original(msgspec.structs.replace(letter, value="/!w=="))
