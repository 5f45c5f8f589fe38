"""Who looks after whom in the demo."""

from __future__ import annotations

from collections import Counter

import orjson

from streams.demo.faults import CUSTOMERS
from streams.demo.managers import MANAGERS, file_lines
from streams.demo.orders import order_lines


def test_everybody_with_an_order_has_one_file_with_one_of_twelve_account_managers() -> None:
    files = [orjson.loads(line) for line in file_lines(order_lines())]
    ordered = {orjson.loads(line)["customer_id"] for line in order_lines()}
    assert len(files) == CUSTOMERS
    assert {file["customer_id"] for file in files} == ordered
    heads = Counter(file["account_manager"] for file in files)
    assert len(set(MANAGERS)) == 12
    assert heads.keys() == set(MANAGERS)
    assert max(heads.values()) - min(heads.values()) <= 1


def test_the_files_are_the_same_whatever_the_order_of_the_orders() -> None:
    lines = order_lines()
    assert file_lines(reversed(lines)) == file_lines(lines)
