"""A worker whose commits are not measured: `tierstream worker` without its metrics."""

from __future__ import annotations

import sys

from streams.cli import main
from streams.engine.landed import Landed
from streams.metrics.commits import CommitMeter


def _unmeasured(_: CommitMeter, __: Landed) -> None:
    """Nothing is counted."""


if __name__ == "__main__":
    CommitMeter.landed = _unmeasured  # type: ignore[method-assign,assignment]
    sys.exit(main(["worker"]))
