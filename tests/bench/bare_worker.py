"""A worker that looks for no alerts and doesn't measure its commits: what these two cost."""

from __future__ import annotations

import sys
from typing import Any

from streams.cli import main
from streams.domain import decide
from streams.metrics.commits import CommitMeter


def _no_alerts(*_: Any) -> list[Any]:
    return []


def _unmeasured(*_: Any) -> None:
    """Nothing is counted."""


if __name__ == "__main__":
    for where, name, instead in (
        (decide, "consider", _no_alerts),
        (CommitMeter, "landed", _unmeasured),
    ):
        getattr(where, name)  # which must be there
        setattr(where, name, instead)
    sys.exit(main(["worker"]))
