"""`tierstream worker` that ends itself, or falls asleep, at a fault point; for tests alone.

Arguments: `kill` or `sleep`, then the points: when the first was reached it waits for the second,
and so on; at the last it happens. A worker on Kafka is missed in less than the usual time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

from streams import app
from streams.cli import main
from streams.engine import fault_points

SESSION_SECONDS = 3.0  # the tests' node takes it, brokers as they are shipped take 6 s
HOW = {"kill": signal.SIGKILL, "sleep": signal.SIGSTOP}


def doom(how: signal.Signals, points: Iterator[str]) -> Callable[[str], None]:
    """A listener that waits for these points, one after another."""
    awaited = next(points, None)

    def on_point(point: str) -> None:
        nonlocal awaited
        if point != awaited:
            return
        awaited = next(points, None)
        if awaited is None:
            os.kill(os.getpid(), how)

    return on_point


if __name__ == "__main__":
    _, how, *points = sys.argv
    assert set(points) <= set(fault_points.POINTS), points
    vars(app).update(SESSION_SECONDS=SESSION_SECONDS)
    fault_points.listen(doom(HOW[how], iter(points)))
    sys.exit(main(["worker"]))
