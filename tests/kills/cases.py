"""Which kills there are: at every point each time it is reached, and at every two points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from random import Random

from streams.engine.fault_points import POINTS
from tests.kills.life import Kill

Case = tuple[Kill, ...]
_SOON = 3  # half of the kills drawn come this early: that is where recovery is


def singles(reached: Mapping[str, int]) -> Iterator[Case]:
    """One kill: each point, each time that it is reached in the run without a kill."""
    for point in POINTS:
        for number in range(1, reached[point] + 1):
            yield (Kill(point, number),)


def single_at(point: str, reached: Mapping[str, int], seed: int) -> Case:
    """One kill at this point, at a time that the seed chooses."""
    return (Kill(point, Random(f"{seed} {point}").randint(1, reached[point])),)


def pairs(reached: Mapping[str, int], seed: int) -> Iterator[Case]:
    """Two kills: each point, and each point again in the process that goes on; the seed chooses
    when. Both in the first half, so that the second comes to pass."""
    for first, second in product(POINTS, POINTS):
        random = Random(f"{seed} {first} {second}")
        yield (
            Kill(first, _early(first, reached, random)),
            Kill(second, _early(second, reached, random)),
        )


def text_of(case: Case) -> str:
    """A case as it is named: `before send:3, after fold:1`."""
    return ", ".join(f"{kill.point}:{kill.number}" for kill in case)


def case_of(text: str) -> Case:
    """The case that has this name."""
    kills = (part.strip().rpartition(":") for part in text.split(","))
    return tuple(Kill(point, int(number)) for point, _, number in kills)


def _early(point: str, reached: Mapping[str, int], random: Random) -> int:
    half = (reached[point] + 1) // 2
    return random.randint(1, min(half, _SOON) if random.random() < 0.5 else half)
