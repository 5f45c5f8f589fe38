"""What came of the rounds, as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from tests.faults.rounds import Outcome

WORDS = {
    "kill": "worker killed (SIGKILL)",
    "kill-recovery": "worker killed while it recovers, three times",
    "stop": "worker stopped (SIGTERM)",
    "join": "worker joined",
    "freeze": "worker frozen (SIGSTOP) and thawed",
    "data": "data folder deleted",
    "disk": "disk full for a while",
    "broker-restart": "broker restarted",
    "broker-kill": "broker killed",
    "cut": "network cut for a while",
    "mixed": "all of these, one into the other",
}
_HEAD = (
    "| log | fault | workers | times | records | outputs | in flight, median (most) | lost "
    "| counted or said twice | broken chains | other faults | seconds to resume, median (most) |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)


def table(outcomes: Iterable[Outcome]) -> str:
    """A row for each round."""
    return _HEAD + "".join(map(_row, outcomes))


def _row(outcome: Outcome) -> str:
    verdict = outcome.verdict
    cells = [
        outcome.plan.log,
        WORDS[outcome.plan.name],
        outcome.workers,
        outcome.struck,
        f"{verdict.records:,}",
        f"{verdict.outputs:,}",
        _middle_and_most(outcome.in_flight, ",.0f"),
        verdict.lost,
        verdict.twice,
        verdict.broken,
        len(verdict.faults),
        _middle_and_most(outcome.resumed, ".1f"),
    ]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def _middle_and_most(values: list[float] | list[int], form: str) -> str:
    if not values:
        return ""
    return f"{median(values):{form}} ({max(values):{form}})"
