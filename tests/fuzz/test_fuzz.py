"""A short run of what `make fuzz` does at length: always the same records."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from schemas.invalid import CODES
from tests.fuzz.by_hand import PARTITIONS, fuzz_round
from tests.fuzz.by_worker import fuzz_worker
from tests.fuzz.inputs import make_input

SEED = 20_261_122
ROUNDS = 8
WORKER_INPUTS = 2_000


@pytest.mark.parametrize("number", range(ROUNDS))
def test_every_hostile_record_is_counted_repeated_or_dead(number: int) -> None:
    fates = fuzz_round(SEED, number)
    assert fates.total() == 1000
    assert fates["counted"] > 100


def test_the_fuzzer_finds_its_way_to_every_code() -> None:
    fates: set[str] = set()
    for number in range(ROUNDS):
        fates |= fuzz_round(SEED, number).keys()
    out_of_reach = {"too_large"}  # a megabyte of complaints of one customer
    assert fates >= {"counted", "repeated", *CODES} - out_of_reach


def test_the_same_seed_gives_the_same_records() -> None:
    once, again = (
        [make_input(chance, PARTITIONS) for _ in range(50)]
        for chance in (Random("1/2"), Random("1/2"))
    )
    assert once == again


def test_a_whole_worker_accounts_for_every_hostile_record(tmp_path: Path) -> None:
    fates = fuzz_worker(tmp_path, SEED, WORKER_INPUTS)
    assert fates.total() == WORKER_INPUTS
    assert fates["counted"] > WORKER_INPUTS // 10
