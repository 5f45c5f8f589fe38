"""An owner, and a standby of its partition on another machine; and what recovery finds there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from streams.engine.standby import Standbys, Standing, Waits
from tests.engine.owner import MEMORY, RULES, Found, Log, Owner, open_log, place_in, recovered
from tests.oracle.sending import Sent, order

SECONDS = 60
HOUR = 3600
NO_WAITS = Waits(0, 0, 0)
NAMES = [f"customer {number}" for number in range(600)]


class Scene:
    """An owner, and a standby of its partition on another machine."""

    def __init__(self, folder: Path, log: Log, waits: Waits = NO_WAITS) -> None:
        self.log = log
        self.owner = Owner(log)
        self.place = place_in(folder / "standby")
        self.rests = 0
        self.on_rest: Callable[[], None] = lambda: None
        standing = Standing(
            log, lambda _: self.place, MEMORY, RULES, self._looks_whether_busy, waits
        )
        self.standbys = Standbys(standing)

    def _looks_whether_busy(self) -> bool:
        self.rests += 1
        self.on_rest()
        return False

    def keep(self) -> None:
        """The group wants a copy here."""
        self.standbys.keep([0], [])

    async def copied(self) -> None:
        """Return when the copy has all that the owner has committed."""
        end = len(self.owner.changelogs[0])
        await until(lambda: self.standbys.positions() == {0: end})

    async def taken_over(self) -> Found:
        """What the standby's worker finds when it becomes the owner."""
        return await recovered(self.log, self.place, self.standbys.hand_over(0))


@asynccontextmanager
async def scene_in(folder: Path, waits: Waits = NO_WAITS) -> AsyncIterator[Scene]:
    async with open_log(folder) as log, asyncio.timeout(SECONDS):
        scene = Scene(folder, log, waits)
        try:
            yield scene
        finally:
            await scene.standbys.close()


async def until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - what happens in between happens on this loop
        await asyncio.sleep(0)


async def anew(scene: Scene, folder: Path) -> Found:
    """What recovery makes of the changelog alone."""
    return await recovered(scene.log, place_in(folder / "anew"))


def same(found: Found, expected: Found) -> bool:
    """But for the records read."""
    return found._replace(read=0) == expected._replace(read=0)


def orders(day: str, *names: str) -> list[Sent]:
    return [order(name, day, 100 * number) for number, name in enumerate(names, 1)]
