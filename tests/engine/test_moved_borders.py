"""Borders that move while a sweep is under way: whoever it passes over has been judged, too."""

from __future__ import annotations

import json

from streams.domain.pyramid import NOWHERE, Borders, rank_code
from streams.domain.rules import parse_rules
from streams.engine.chores import MovedBorders
from streams.engine.records import Record
from tests.engine.machine import Machine

TOPMOST, SMALLER = range(20), range(20, 40)


def borders(version: int, top: int, medium: int) -> Borders:
    values = (top, 5000, medium)
    falls = [rank_code(int(value * 0.98)) for value in values]
    tiers = [rank_code(value) for value in values]
    return Borders(version, tuple(tiers), tuple(falls), (NOWHERE,) * 4, (NOWHERE,) * 4)  # type: ignore[arg-type]


def order(number: int, amount: int) -> Record:
    value = {
        "event_id": "e",
        "customer_id": f"c{number:03d}",
        "order_id": "o",
        "type": "placed",
        "ordered_at": "2026-01-01T00:00:00Z",
        "amount": amount,
    }
    return Record(number, f"c{number:03d}".encode(), json.dumps(value).encode(), (), 0)


def test_who_is_passed_over_by_borders_that_go_again_is_looked_at_once_more() -> None:
    machine = Machine(None, parse_rules("", "test"))
    partition = machine.partitions[0]
    partition.scene.borders = borders(1, 10_000, 2000)
    machine.feed(0, "orders", [order(number, 10_050) for number in TOPMOST])
    machine.feed(0, "orders", [order(number, 1000) for number in SMALLER])
    sweep = MovedBorders(partition)

    def sweep_on(customers: int) -> bool:
        done = sweep.slice(customers)
        machine.commit(partition)
        return done

    assert sweep_on(100)
    partition.scene.borders = borders(2, 10_100, 500)  # those of 1000 become medium
    assert not sweep_on(1)
    partition.scene.borders = borders(3, 10_100, 2000)  # while it is swept they don't any more
    while not sweep_on(1):
        pass
    partition.scene.borders = borders(4, 10_100, 500)  # and now they do
    while sweep.pending():
        sweep_on(100)
    tiers = {change["customer_id"]: change["to"] for change in machine.values("tier-changes")}
    assert {tiers[f"c{number:03d}"] for number in SMALLER} == {"medium"}


def test_a_sweep_that_was_interrupted_begins_again_with_who_takes_the_partition_over() -> None:
    machine = Machine(None, parse_rules("", "test"))
    machine.partitions[0].scene.borders = borders(1, 10_000, 2000)
    machine.feed(0, "orders", [order(number, 1000) for number in SMALLER])
    for scene_of, slices in ((borders(1, 10_000, 2000), 100), (borders(2, 10_000, 500), 1)):
        machine.partitions[0].scene.borders = scene_of
        MovedBorders(machine.partitions[0]).slice(slices)
        machine.commit(machine.partitions[0])
    machine.restart(0)
    machine.partitions[0].scene.borders = borders(2, 10_000, 500)
    sweep = MovedBorders(machine.partitions[0])
    while sweep.pending():
        sweep.slice(100)
        machine.commit(machine.partitions[0])
    tiers = {change["customer_id"]: change["to"] for change in machine.values("tier-changes")}
    assert {tiers[f"c{number:03d}"] for number in SMALLER} == {"medium"}
