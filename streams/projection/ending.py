"""Ending tasks that talk to Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_SECONDS = 0.1


async def end(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel until all have ended. Once is not enough: where a cancel comes just as a command has
    been sent, Python 3.11's `wait_for`, by which redis-py sends, loses it."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)  # nobody asks for what they brought
