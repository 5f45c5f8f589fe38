"""What is cancelled ends, whatever the code in between does with a cancellation."""

from __future__ import annotations

import asyncio

from streams.engine.ending import ended, to_its_end

FOR_EVER = 3600


async def hard_of_hearing(times: int) -> None:
    """Swallows so many cancellations."""
    for _ in range(times):
        try:
            await asyncio.sleep(FOR_EVER)
        except asyncio.CancelledError:
            continue
    await asyncio.sleep(FOR_EVER)


def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    async def story() -> None:
        async with asyncio.timeout(60):
            deaf, other = (asyncio.create_task(hard_of_hearing(times)) for times in (3, 0))
            await asyncio.sleep(0)
            await ended([deaf, other], again_seconds=0)
            assert deaf.cancelled()
            assert other.cancelled()

    asyncio.run(story())


def test_what_has_ended_with_an_error_has_ended() -> None:
    async def fail() -> None:
        raise ValueError

    async def story() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await ended([task])
        assert isinstance(task.exception(), ValueError)
        await ended([])

    asyncio.run(story())


def test_who_waits_for_work_to_its_end_is_cancelled_at_once_and_the_work_goes_on() -> None:
    async def story() -> None:
        go_on, done = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            await go_on.wait()
            done.set()

        waiting = asyncio.create_task(to_its_end(work()))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        go_on.set()
        await done.wait()

    asyncio.run(story())


def test_work_to_its_end_gives_its_result_and_raises_its_error() -> None:
    async def work(divisor: int) -> float:
        await asyncio.sleep(0)
        return 6 / divisor

    async def story() -> None:
        assert await to_its_end(work(2)) == 3
        try:
            await to_its_end(work(0))
        except ZeroDivisionError:
            return
        raise AssertionError

    asyncio.run(story())
