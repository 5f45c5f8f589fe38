"""A record's key is its customer_id."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.invalid import InvalidRecord
from schemas.keys import check_key, customer_id_of

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)


@given(NAMES)
def test_the_customer_id_in_utf_8_is_the_key(name: str) -> None:
    check_key(name.encode(), name)
    assert customer_id_of(name.encode()) == name


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "no_key"),
        (b"", "key_mismatch"),
        (b"C-2", "key_mismatch"),
        (b"C-1 ", "key_mismatch"),
        (b'"C-1"', "key_mismatch"),
        (b"c-1", "key_mismatch"),
        (b"C-1\xff", "key_mismatch"),
        (b"\xff" * 1000, "key_mismatch"),
    ],
)
def test_another_key_is_refused(key: bytes | None, code: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        check_key(key, "C-1")
    assert refused.value.code == code
    assert refused.value.reason.startswith("the key must be customer_id 'C-1', got ")
    assert len(refused.value.reason) < 200


def test_a_key_in_another_unicode_form_is_another_customer() -> None:
    with pytest.raises(InvalidRecord):
        check_key("e\u0301".encode(), "\u00e9")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "no_key"),
        (b"", "bad_identifier"),
        (b"x" * 129, "bad_identifier"),
        (b"\xff", "not_utf8"),
        ("王".encode("gbk"), "not_utf8"),
    ],
)
def test_a_tombstones_key_names_a_customer(key: bytes | None, code: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        customer_id_of(key)
    assert refused.value.code == code


@given(st.binary())
def test_any_bytes_as_a_tombstones_key_are_a_customer_or_refused(key: bytes) -> None:
    refused = None
    try:
        assert customer_id_of(key).encode() == key
    except InvalidRecord as error:
        refused = error.code
    assert refused in {None, "bad_identifier", "not_utf8"}
