"""`tierstream demo`: real orders through a real worker, and what came of them in the terminal."""

from __future__ import annotations

from streams.demo.play import run

__all__ = ["run"]
