"""A worker that was stopped, taken for dead and replaced, and that wakes up again: it must be
refused whatever it still wants to write, at whichever point it slept.

Not inside of a transaction: there it holds up everybody who writes to its log.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.cases import single_at, text_of
from tests.kills.checks import check
from tests.kills.killing import Ended, outlived

POINTS = (
    "after fold",
    "before begin",
    "after commit",
    "before store write",
    "before source offset commit",
    "before border publication",
    "before due days",
    "before standings",
)


@pytest.mark.parametrize("point", POINTS)
def test_who_wakes_up_after_another_took_over_is_refused(
    point: str, unkilled: Ended, seed: int, tmp_path: Path
) -> None:
    # Not at the last times: who has nothing to write any more can't be refused.
    case = single_at(point, {point: unkilled.reached[point] - 3}, seed)
    (nap,) = case
    ended, outcome, said = outlived(tmp_path, nap)
    check(ended, unkilled)
    assert outcome == ended.outcome, f"it wrote all the same: {text_of(case)}"
    assert "another worker of 'tierstream' has taken" in said, f"not refused: {text_of(case)}"
