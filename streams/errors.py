"""The error that a user sees: one sentence that names the thing, the value and the way out."""

from __future__ import annotations


class UserError(Exception):
    """Something that the user can put right; the message is the sentence they are told."""
