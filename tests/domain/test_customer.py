"""The state of a customer as bytes."""

from __future__ import annotations

import msgspec
import pytest

from streams.domain.customer import (
    SUM_LIMIT,
    VERSION,
    Churn,
    Customer,
    Day,
    StateVersionError,
    decode_customer,
    encode_customer,
)
from tests.domain.customers import ordered


def test_a_state_is_decoded_as_it_was_encoded() -> None:
    customer = ordered("2024-03-01", "2024-03-09")
    customer.file, customer.name = b'{"a": 1}', "冯"
    assert decode_customer(encode_customer(customer)) == customer
    customer.churn = Churn(best_tier=1, severe=["k-7"], severity=2, until_us=1_700_000_000_000_000)
    assert decode_customer(encode_customer(customer)) == customer


def test_a_state_of_before_there_were_alerts_is_read_without_one() -> None:
    customer = ordered("2024-03-01", "2024-03-09")
    fields = msgspec.msgpack.decode(encode_customer(customer)[1:])
    before = fields[: Customer.__struct_fields__.index("churn")]
    assert decode_customer(bytes([VERSION]) + msgspec.msgpack.encode(before)) == customer


def test_sums_up_to_their_limit_can_be_encoded() -> None:
    customer = Customer(days=[Day(0, -SUM_LIMIT, SUM_LIMIT, 1, 1)], rank=SUM_LIMIT)
    assert decode_customer(encode_customer(customer)) == customer


def test_a_state_of_a_newer_version_is_refused() -> None:
    data = bytes([VERSION + 1]) + encode_customer(Customer())[1:]
    with pytest.raises(StateVersionError, match="version 2, this program knows 1: run the newer"):
        decode_customer(data)


def test_the_state_of_a_customer_with_five_orders_is_some_hundred_bytes() -> None:
    days = [f"2024-0{month}-01" for month in range(1, 6)]
    assert len(encode_customer(ordered(*days))) < 150
