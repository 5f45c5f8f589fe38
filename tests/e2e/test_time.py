"""Time alone moves customers, and how it comes makes no difference to what is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.against_oracle import UNDAMPED, check_against, expected_of
from tests.e2e.conftest import EMBEDDED, KAFKA
from tests.e2e.driver import Tierstream
from tests.oracle.sending import Sent, order, tick

BEGIN = datetime(2021, 1, 1, 12, tzinfo=UTC)
DAYS = 500  # the last order of all has left the window by then


def orders() -> Iterator[Sent]:
    """Habits of a few gaps, some of them too short to have one, and ties."""
    for number in range(24):
        for visit in range(1 + number % 5):
            day = BEGIN + timedelta(days=visit * (1 + number % 7) * 4)
            yield order(f"customer {number}", day.isoformat(), 100 * (1 + number // 2))


def ticks(step: int) -> list[Sent]:
    return [tick((BEGIN + timedelta(days=n)).isoformat()) for n in range(step, DAYS + 1, step)]


@pytest.mark.parametrize(
    ("log", "way"),
    [
        (EMBEDDED, "in one jump"),
        (EMBEDDED, "day by day"),
        (EMBEDDED, "with rests between"),
        pytest.param("kafka", "day by day", marks=KAFKA.marks),
    ],
    indirect=["log"],
)
def test_time_alone_moves_everybody_the_same_however_it_comes(
    tierstream: Tierstream, way: str
) -> None:
    tierstream.rules(UNDAMPED)
    tierstream.start()
    tierstream.send(*orders())
    tierstream.settle()
    if way == "in one jump":
        tierstream.send(*ticks(DAYS))
    elif way == "day by day":
        tierstream.send(*ticks(1))
    else:
        for one in ticks(125):
            tierstream.send(one)
            tierstream.settle()
    tierstream.settle()
    oracle = expected_of([*orders(), *ticks(DAYS)])
    standings = check_against(tierstream, oracle)
    assert {value["stage"] for value in standings.values()} == {"inactive"}
    stages = {value["stage"] for value in tierstream.values("dormant-customers")}
    assert stages >= {"slipping", "dormant", "inactive"}
