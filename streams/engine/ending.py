"""Ending tasks for certain.

A cancellation may be lost in code that isn't ours: aiokafka swallows one that comes while it stops,
and `wait_for` (before Python 3.12) one that comes just as what it waits for is done. Whoever waits
for a task cancelled once may then wait for ever, and with it a rebalance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

_AGAIN_SECONDS = 2.0  # what is cancelled has so long for cleaning up

_Result = TypeVar("_Result")
_going_on: set[asyncio.Task[Any]] = set()  # asyncio itself holds tasks weakly


async def ended(tasks: Iterable[asyncio.Task[Any]], again_seconds: float = _AGAIN_SECONDS) -> None:
    """Cancel these, and again while any goes on; return once all have ended. What they raised is
    for their callbacks to tell."""
    going_on = set(tasks)
    while going_on:
        for task in going_on:
            task.cancel()
        _, going_on = await asyncio.wait(going_on, timeout=again_seconds)


async def to_its_end(work: Coroutine[Any, Any, _Result]) -> _Result:
    """`work`, in a task of its own that a cancellation doesn't reach: who waits here is cancelled
    at once, and the work goes on."""
    task = asyncio.create_task(work)
    _going_on.add(task)
    task.add_done_callback(_going_on.discard)
    return await asyncio.shield(task)
