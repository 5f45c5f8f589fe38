"""The places at which a test may kill the worker: before and after each step that could be torn.

A step says that it begins and that it is done; nobody hears of it but a test that listens.
Called once a batch, a commit or a slice, never once a record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Step = Literal[
    "fold",  # of a batch into the states, in memory
    "begin",  # of a transaction of the log
    "send",  # of what the transaction holds; on the embedded log of each topic partition
    "commit",  # of the transaction
    "store write",  # RocksDB
    "source offset commit",  # the hint to the consumer group
    "border publication",
    "moved borders",  # their application to the tiers, a slice
    "moved scores",  # and to the scores
    "due days",  # a slice, as are the three below
    "changed rules",
    "counts",
    "standings",
    "topic creation",  # of all that are missing
    "one topic",
    "recovery",  # of a partition's store
    "take-over",  # of a partition: from the fence to the release of its inputs
    "release",  # of a partition: what is under way lands, then it is given back
]
STEPS: tuple[Step, ...] = get_args(Step)
POINTS = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))

_listener: Callable[[str], None] | None = None


def listen(listener: Callable[[str], None] | None) -> None:
    """From now on `listener` is told of every point that is reached; None: nobody is."""
    global _listener  # noqa: PLW0603 - one worker a process, and one test that kills it
    _listener = listener


def before(step: Step) -> None:
    """The step begins."""
    if _listener is not None:
        _listener(f"before {step}")


def after(step: Step) -> None:
    """The step is done."""
    if _listener is not None:
        _listener(f"after {step}")
