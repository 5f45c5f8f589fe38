"""The bound that the README states."""

from __future__ import annotations

BOUND_MB = 512  # of a worker with four partitions, whatever comes
