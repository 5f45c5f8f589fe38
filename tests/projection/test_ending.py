"""A task that has lost a cancel is ended all the same."""

from __future__ import annotations

import asyncio

from streams.projection.ending import end


def test_tasks_are_cancelled_until_they_end() -> None:
    lost: list[str] = []

    async def stubborn() -> None:
        while len(lost) < 3:
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                lost.append("a cancel")
        await asyncio.get_running_loop().create_future()

    async def failing() -> None:
        raise ValueError

    async def story() -> None:
        tasks = [asyncio.create_task(stubborn()), asyncio.create_task(failing())]
        await asyncio.sleep(0)
        await end(tasks)
        assert [task.done() for task in tasks] == [True, True]
        await end([])

    asyncio.run(story())
    assert len(lost) == 3
