"""The state of a customer as bytes."""

from __future__ import annotations

import pytest

from streams.domain.customer import (
    SUM_LIMIT,
    CallDay,
    Churn,
    Contact,
    Customer,
    Day,
    SeenChunk,
)
from streams.domain.packed import (
    VERSION,
    StateVersionError,
    brought_up,
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


#: Written by the program of version 1.
OF_VERSION_1 = bytes.fromhex(
    "01dc00189295cd4e20cd04d2ccc8010095cd4e27fb00ffffcd04cd01cd0514cd4a38cd4c2c9292c0cf800000000000"
    "000592cf0006239b5a2c000007919200cf000622b28586f000c3959193cd4e210201c00590800201cd0221cd04cdcc"
    "c801cd04cd93ffffffcd4e2fc4157b22637573746f6d65725f6964223a22616e6e227da36d6569a3416e6ec2970101"
    "c290900209"
)


def test_a_state_of_version_1_is_brought_up_whole() -> None:
    assert decode_customer(brought_up(OF_VERSION_1)) == Customer(
        days=[Day(20_000, 1234, 200, 1, 0), Day(20_007, -5, 0, -1, -1)],
        lifetime_revenue=1229,
        lifetime_orders=1,
        turnover=1300,
        first_let_go=19_000,
        last_let_go=19_500,
        seen=[2**63 + 5, 7],
        seen_us=[None, 1_728_000_000_000_000],
        seen_chunks=[SeenChunk(0, 1_727_000_000_000_000)],
        contacted=True,
        contact=Contact(call_days=[CallDay(20_001, 2, 1)], reached_us=5),
        tier=2,
        stage=1,
        rfm=545,
        revenue=1229,
        profit=200,
        frequency=1,
        rank=1229,
        due=20_015,
        file=b'{"customer_id":"ann"}',
        account_manager="mei",
        name="Ann",
        churn=Churn(best_tier=1, stage=1, severity=2, until_us=9),
    )
    assert brought_up(OF_VERSION_1)[0] == VERSION


#: Written by the program of version 2.
OF_VERSION_2 = bytes.fromhex(
    "02dc00199295cd4d47cd03e800010195cd4d4fcd03e8000101cd07d002cd07d0d3ffffff0000000000d3ffffff0000"
    "00000092cf80000000000000050792c00590c3c0ff00000000000093ffffffcf0000010000000000c4027b7da36d65"
    "69c0c2c0"
)


def test_a_state_of_version_2_is_brought_up_whole() -> None:
    customer = ordered("2024-03-01", "2024-03-09")
    customer.account_manager, customer.file = "mei", b"{}"
    customer.seen, customer.seen_us = [2**63 + 5, 7], [None, 5]
    state = brought_up(OF_VERSION_2)
    assert (state[0], decode_customer(state)) == (VERSION, customer)


def test_sums_up_to_their_limit_can_be_encoded() -> None:
    customer = Customer(days=[Day(0, -SUM_LIMIT, SUM_LIMIT, 1, 1)], rank=SUM_LIMIT)
    assert decode_customer(encode_customer(customer)) == customer


def test_a_state_of_a_newer_version_is_refused() -> None:
    data = bytes([VERSION + 1]) + encode_customer(Customer())[1:]
    with pytest.raises(StateVersionError, match="version 4, this program knows 3: run the newer"):
        brought_up(data)


def test_the_state_of_a_customer_with_five_orders_takes_less_than_200_bytes() -> None:
    days = [f"2024-0{month}-01" for month in range(1, 6)]
    assert len(encode_customer(ordered(*days))) < 200
