"""The partitioner against hashes that Kafka's own tests give."""

import pytest

from tests.oracle.murmur2 import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_that_of_kafka(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected


def test_a_negative_hash_loses_its_sign_bit() -> None:
    assert 2**31 - 973932308 == 1173551340
    assert partition_of(b"21", 7) == 1173551340 % 7 == 3
    assert partition_of(b"abc", 7) == 479470107 % 7 == 4
